"""What has to pass, as sessions of nox.

| | |
|---|---|
| `nox -f .noxfile.py -l` | lists the sessions |
| `nox -f .noxfile.py -s lint` | runs one of them, in an environment of its own |
| `nox -f .noxfile.py -R -s lint` | runs it again without installing |
| `nox -f .noxfile.py -s tests-3.13 -- tests/nn -x` | hands pytest what stands after `--` |

`.ci/run` runs all of them but the last two, two at a time, and so the longest first.
"""

import os
import re
import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent

PYTHONS = ["3.11", "3.12", "3.13"]
CHROMIUM = "chromium", "chromium-browser", "google-chrome", "chrome"

nox.needs_version = ">=2026.1"
nox.options.default_venv_backend = "uv|venv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
os.environ.setdefault("MPLBACKEND", "Agg")


def install(session: nox.Session, extras: str, *packages: str) -> None:
    """Install this checkout with some of its extras, and other packages."""
    session.install("-e", f".[{extras}]", *packages)


@nox.session(venv_backend="none")
def readme(session: nox.Session) -> None:
    """The README's two commands, word for word, with the newest Python and so the newest NumPy.

    They make the environment `.venv` here, as they do for a user.
    """
    text = Path("README.md").read_text(encoding="utf-8")
    train, test = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    python = ROOT / ".venv" / "bin" / "python"
    versions = *[f"python{version}" for version in reversed(PYTHONS)], "python3"
    newest = next(filter(None, map(shutil.which, versions)))
    session.env["PATH"] = os.pathsep.join([str(Path(newest).parent), os.environ["PATH"]])
    session.run("bash", "-euxc", train)
    with session.chdir(session.create_tmp()):  # away from the packages of the checkout
        session.run(python, "-m", "autograd", "--out", "installed.svg")
    session.run("bash", "-euxc", test)


@nox.session
def notebooks(session: nox.Session) -> None:
    """Copies of the notebooks, run from top to bottom; the tests of notebooks hold for them too."""
    install(session, "notebook,test", "nbmake")
    copy = Path(session.create_tmp())
    for name in "pyproject.toml", "tests/test_notebooks.py", "benchmarks/mnist.md":
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, copy / name)
    shutil.copytree("notebooks", copy / "notebooks", dirs_exist_ok=True)
    nbmake = "--nbmake", "--overwrite", "--nbmake-timeout=300", "--durations=0"
    with session.chdir(copy):
        session.run(
            *("pytest", "-W", "default", *nbmake, *sorted(Path("notebooks").glob("*.ipynb"))),
            env={"MPLBACKEND": None, "OPENBLAS_NUM_THREADS": "1"},
        )
        session.run("pytest", "tests/test_notebooks.py")


@nox.session
def oracles(session: nox.Session) -> None:
    """The results of PyTorch and JAX; and one benchmark beside them, that it runs, not how fast."""
    install(session, "bench,test")
    session.run("python", "-c", "import jax, torch")  # without them the tests would be skipped
    paths = [path for path in Path("tests").rglob("test_*.py") if "mark.oracle" in path.read_text()]
    session.run("pytest", "-m", "oracle", *paths)
    table = Path(session.create_tmp()).resolve() / "compiled-step.md"
    session.run(
        *("python", "-m", "benchmarks", "--quick", "--only", "compiled-step", "--out", table)
    )


@nox.session(python="3.11")
def numpy(session: nox.Session) -> None:
    """The engine and NumPy's functions with the oldest NumPy; `readme` has the newest.

    Left out is what depends on the engine alone.
    """
    install(session, "test", "numpy==2.0.*")
    folders = "batching", "diagnostics", "hips", "jit", "misc", "ode", "pictures"
    files = [
        *("test_docstrings", "test_partials", "test_taylor"),
        *("engine/test_depth", "engine/test_growth", "engine/test_random_programs"),
        *("engine/test_zero_times_infinity", "ops/test_fifty_digits", "ops/test_kinks"),
        *("scipy/test_compiled", "scipy/test_tails_and_borders"),
    ]
    left_out = [*folders, *[f"{name}.py" for name in files]]
    ignored = [f"--ignore=tests/autograd/{path}" for path in left_out]
    session.run("pytest", "-q", *ignored, "tests/autograd")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site, where warnings are errors, and that its links lead somewhere."""
    install(session, "docs")
    session.run("sphinx-build", "-q", "-W", "--keep-going", "docs", "docs/_build/html")
    session.run("python", "docs/check_links.py", "docs/_build/html")


@nox.session(requires=["docs"])
def browser(session: nox.Session) -> None:
    """Pages in Chromium, the site's among them."""
    install(session, "browser")
    if not any(map(shutil.which, CHROMIUM)):
        session.run("apt-get", "update", "-qq", external=True)
        packages = "chromium", "fonts-dejavu-core"
        apt = "apt-get", "install", "-y", "-qq", "--no-install-recommends"
        session.run(*apt, *packages, external=True, silent=True)
    session.run("pytest", "-rs", "tests/browser")


@nox.session
def compiled(session: nox.Session) -> None:
    """The engine's tests again, with derivatives that compile themselves.

    Left out are what has nothing to compile, and what its own tests compile anyway.
    """
    install(session, "test")
    folders = "diagnostics", "hips", "misc", "numpy", "ode", "pictures", "scipy"
    nothing_to_compile = *folders, "test_docstrings.py"
    modules = "test_random_programs.py", "test_zero_times_infinity.py"
    engine = [f"engine/{name}" for name in modules]
    ops = [f"ops/test_{name}.py" for name in ("integers", "special_values", "table")]
    compiled_anyway = "batching", "jit", *engine, *ops
    left_out = [f"--ignore=tests/autograd/{path}" for path in nothing_to_compile + compiled_anyway]
    session.run("pytest", "-q", "--jit", *left_out, "tests/autograd")


@nox.session
def native(session: nox.Session) -> None:
    """Machine code: its own tests, and those of the compiler that programs of all kinds pass."""
    install(session, "native,test")
    folder = "tests/autograd/jit"
    names = "native", "loops", "effects", "memory", "never_stale", "closed_branches", "outside"
    paths = [f"{folder}/test_{name}.py" for name in names]
    session.run("pytest", "-q", "--native", *paths)


# Written for HIPS autograd, which they require, and installed without it.
CLIENTS = [
    *("autograd-gamma==0.5.0", "lifelines==0.30.3", "pennylane==0.45.0"),
    *("pymanopt==2.2.1", "pymoo==0.6.1.5"),
]
CLIENTS_REQUIRE = [
    *("alive-progress", "appdirs", "autoray", "cachetools", "cma", "deprecated", "diastatic-malt"),
    *("dill", "formulaic", "hypothesis", "matplotlib", "moocore", "mpmath", "networkx"),
    *("packaging", "pandas<3", "pytest", "pytest-xdist", "requests", "rustworkx", "scipy"),
    *("tomlkit", "typing-extensions"),
]


@nox.session
def clients(session: nox.Session) -> None:
    """Libraries written for HIPS autograd, with this in its place."""
    session.install("-e", ".", *CLIENTS_REQUIRE)
    session.install("--no-deps", *CLIENTS)
    # Without one of them its tests would be skipped.
    session.run("python", "-c", "import autograd_gamma, lifelines, pennylane, pymanopt, pymoo")
    session.run("pytest", "-q", "tests/clients")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, and who may import whom."""
    install(session, "lint,test")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    session.run("mypy")
    session.run("pytest", "tests/autograd/test_types.py")


@nox.session
def types(session: nox.Session) -> None:
    """What another type checker knows of the public names: all."""
    session.install(".", "pyright==1.1.414", "scikit-learn-stubs==0.0.3")
    with session.chdir(session.create_tmp()):
        for package in "autograd", "nn":
            session.run("pyright", "--ignoreexternal", "--verifytypes", package)


@nox.session(python=PYTHONS)
def installed(session: nox.Session) -> None:
    """The wheel with NumPy alone; an editable install makes the same packages importable."""
    script, page = ROOT / ".ci" / "numpy_alone.py", ROOT / "docs" / "tour.md"
    folder = session.create_tmp()
    session.install(".")
    with session.chdir(folder):
        session.run("python", script, page)
    session.install("-e", ".")
    with session.chdir(folder):
        session.run("python", "-c", EDITABLE)


EDITABLE = """
import autograd, nn
from importlib.util import find_spec
assert not any(map(find_spec, ("tests", "docs", "benchmarks", "notebooks")))
"""


@nox.session(python=PYTHONS, default=False)
def tests(session: nox.Session) -> None:
    """The tests, or those that are named after `--`."""
    install(session, "test")
    session.run("pytest", *(session.posargs or ["-n", "auto"]))


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """The coverage of each package, with branches; it takes twice the time of the tests."""
    install(session, "test")
    session.run("pytest", "-n", "auto", "--cov", "--cov-report=")
    for package in "autograd", "nn":
        session.run("coverage", "report", f"--include={package}/*")
