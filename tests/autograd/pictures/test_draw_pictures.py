"""Drawings as pictures: files, programs that lay them out, and those that the README shows."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import sysconfig
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
import nn.scalar
from autograd import Drawing, DrawingError, Tensor, Value, draw
from autograd.pictures.drawing import drawing as drawing_module
from autograd.pictures.drawing.render import programs
from tests.autograd.pictures.dotfile import read
from tests.autograd.pictures.drawings import SVG, contrast, expression, needs_a_program, texts_of

PROJECT = Path(__file__).parents[3]


# --------------------------------------------------------------------------------------------------
# Pictures


@needs_a_program
def test_svg_holds_every_box_and_every_text(tmp_path: Path) -> None:
    drawing = draw(expression())
    drawing.save(tmp_path / "graph.svg")
    picture = read(drawing.source)
    root = ElementTree.fromstring((tmp_path / "graph.svg").read_bytes())
    groups = [group for group in root.iter(f"{SVG}g") if "node" in group.get("class", "")]
    titles = {group.findtext(f"{SVG}title"): group.get("class") for group in groups}
    assert titles == {name: f"node {box.role}" for name, box in picture.boxes.items()}
    cells = [cell for box in picture.boxes.values() for cell in box.cells]
    arrows = [text.strip() for _, _, text in picture.arrows if text]
    assert sorted(texts_of(tmp_path / "graph.svg")) == sorted(cells + arrows)


def deep_network() -> Tensor:
    model = nn.Sequential(*(nn.MLP([4, 6, 4], rng=0) for _ in range(3)), nn.Linear(4, 3, rng=0))
    loss = nn.cross_entropy(model(np.linspace(0, 1, 20).reshape(5, 4)), np.array([0, 1, 2, 0, 1]))
    loss.backward()
    return loss


def neurons() -> Value:
    model = nn.scalar.MLP(30, [20, 3], rng=0)
    total = sum(model(list(np.linspace(-1, 1, 30))), Value(0.0))
    total.backward()
    return total


@needs_a_program
@pytest.mark.parametrize(
    "drawing",
    [draw(expression()), draw(deep_network()), draw(deep_network(), fold=True), draw(neurons())],
    ids=["expression", "network", "folded network", "neurons"],
)
def test_no_text_overlaps_another_or_runs_off_the_picture(drawing: Drawing, tmp_path: Path) -> None:
    drawing.save(tmp_path / "graph.svg")
    root = ElementTree.fromstring((tmp_path / "graph.svg").read_bytes())
    _, _, width, height = map(float, root.get("viewBox", "").split())
    graph = root.find(f"{SVG}g")
    assert graph is not None
    moved = re.search(r"translate\(([\d.]+)[ ,]([\d.]+)\)", graph.get("transform", ""))
    assert moved
    places = []
    for text in root.iter(f"{SVG}text"):
        size, shown = float(text.get("font-size", "14")), "".join(text.itertext()).strip()
        across = 0.5 * size * len(shown)  # Helvetica's letters are half as wide as high
        x = float(text.get("x", "")) + float(moved[1])
        x -= {"middle": across / 2, "end": across}.get(text.get("text-anchor", "start"), 0)
        y = float(text.get("y", "")) + float(moved[2])
        assert x >= 0, shown
        assert x + across <= width, shown
        assert size <= y <= height, shown
        places.append((x, x + across, y - 0.7 * size, y, shown))
    for (left, right, top, bottom, one), (l2, r2, t2, b2, other) in combinations(places, 2):
        beside, above = right <= l2 or r2 <= left, bottom <= t2 or b2 <= top
        assert beside or above, f"{one!r} is written over {other!r}"


@needs_a_program
def test_a_picture_is_no_wider_than_its_page_and_dark_where_that_is(tmp_path: Path) -> None:
    draw(expression()).save(tmp_path / "graph.svg")
    root = ElementTree.fromstring((tmp_path / "graph.svg").read_bytes())
    assert root.get("style") == "max-width:100%;height:auto"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Drawing(6 nodes)"
    style = root.findtext(f"{SVG}style", "")
    assert style.startswith("@media (prefers-color-scheme:dark){")
    background, text = (
        re.search(rule + r"\{fill:(#\w{6})\}", style)
        for rule in (r"wengert>polygon", "wengert text")
    )
    assert background
    assert text
    fills = re.findall(r"\.(\w+) :not\(text,\[fill=none\]\)\{fill:(#\w{6})\}", style)
    assert {role for role, _ in fills} == {
        "leaf", "parameter", "data", "operation", "interior", "fold", "output"
    }  # fmt: skip
    for _, fill in [*fills, ("page", background[1])]:
        assert contrast(text[1], fill) > 4.5, "WCAG's contrast for AA"


@needs_a_program
def test_png_is_written_and_suffixes_may_be_capitals(tmp_path: Path) -> None:
    draw(expression()).save(tmp_path / "graph.PNG")
    assert (tmp_path / "graph.PNG").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@needs_a_program
def test_pdf_needs_dot_and_says_what_to_install(
    tmp_path: Path,
) -> None:
    path = tmp_path / "graph.pdf"
    if any(Path(program).stem == "dot" for program in programs()):
        draw(expression()).save(path)
        assert path.read_bytes().startswith(b"%PDF")
    else:
        with pytest.raises(DrawingError, match=r"no pdf could be made\. .*graphviz\.org.*with pdf"):
            draw(expression()).save(path)
        assert not path.exists()


@needs_a_program
def test_a_notebook_that_is_not_trusted_has_a_png_of_the_same_size_to_show() -> None:
    bundle, metadata = draw(expression())._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml", "image/png", "text/plain"]
    assert bundle["image/png"].startswith(b"\x89PNG")
    points = re.search(r'<svg width="(\d+)"', bundle["image/svg+xml"])
    assert points
    assert metadata["image/png"]["width"] == pytest.approx(int(points[1]), abs=2)


@needs_a_program
def test_a_drawing_has_the_methods_of_a_graphviz_object(tmp_path: Path) -> None:
    drawing = draw(expression())
    assert drawing.format == "svg"
    assert drawing.pipe() == drawing.pipe("svg", encoding="utf-8").encode()
    assert drawing.pipe(format="png").startswith(b"\x89PNG")
    path = drawing.render("graph.gv", directory=tmp_path / "new")
    assert path == str(tmp_path / "new" / "graph.gv.svg")
    assert Path(path).read_bytes() == drawing.pipe()
    assert (tmp_path / "new" / "graph.gv").read_text("utf-8") == drawing.source
    drawing.format = "png"
    other = drawing.render(tmp_path / "other", cleanup=True)
    assert other == str(tmp_path / "other.png")
    assert not (tmp_path / "other").exists()
    assert Path(other).read_bytes() == drawing.pipe()


def test_a_drawing_holds_a_graphviz_object(tmp_path: Path) -> None:
    graphviz = pytest.importorskip("graphviz")
    drawing = draw(expression())
    drawing.format = "pdf"
    assert isinstance(drawing.graph, graphviz.Source)
    assert drawing.graph.source == drawing.source
    assert drawing.graph.format == "pdf"
    assert Path(drawing.graph.save(tmp_path / "graph.gv")).read_text("utf-8") == drawing.source


@needs_a_program
def test_view_opens_the_picture_that_it_has_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphviz = pytest.importorskip("graphviz")
    opened: list[str] = []
    monkeypatch.setattr(graphviz, "view", opened.append)
    assert draw(expression()).view(tmp_path / "graph.gv", cleanup=True) == opened[0]
    assert opened == [str(tmp_path / "graph.gv.svg")]
    assert Path(opened[0]).exists()


def test_without_the_package_its_objects_say_which_pip_install_brings_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError, match=r'pip install "wengert\[draw\]"'):
        _ = draw(expression()).graph


def test_dot_is_the_source_as_utf8(tmp_path: Path) -> None:
    drawing = draw(Value(1.0, "α"))
    drawing.save(str(tmp_path / "graph.dot"))
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == drawing.source


@pytest.mark.parametrize("name", ["graph.jpeg", "graph", "svg", "graph.svg.txt"])
def test_an_unknown_suffix_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"does not end in \.html, \.svg, .*, \.dot or \.gv"):
        draw(Value(1.0)).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no directory '.*missing'"):
        draw(Value(1.0)).save(tmp_path / "missing" / "graph.dot")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_link_is_followed_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    drawing = draw(Value(2.0) * 3.0)
    (tmp_path / "link.dot").symlink_to(tmp_path / "real.dot")
    drawing.save(tmp_path / "link.dot")
    assert (tmp_path / "link.dot").is_symlink()
    assert (tmp_path / "real.dot").read_text() == drawing.source
    pipe = tmp_path / "pipe.dot"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    drawing.save(pipe)
    assert reader.communicate(timeout=60)[0].decode() == drawing.source
    assert pipe.is_fifo()


def test_a_file_is_replaced_whole_or_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "graph.dot"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="no space left"):
            draw(Value(1.0)).save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    draw(Value(1.0)).save(path)
    assert path.read_text().startswith("digraph")
    (tmp_path / "beside").write_text("")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "beside").stat().st_mode)


# --------------------------------------------------------------------------------------------------
# Programs


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program; what is put into the folder stands beside the interpreter."""
    beside = tmp_path / "bin"
    beside.mkdir()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path / "scripts"))
    return beside


PYTHON = sys.executable
posix_only = pytest.mark.skipif(os.name != "posix", reason="stands in for programs by scripts")


def install(folder: Path, name: str, body: str) -> None:
    program = folder / name
    program.write_text(f"#!{PYTHON}\nimport sys, time\nsource = sys.stdin.read()\n{body}\n")
    program.chmod(0o755)


def test_without_a_program_saving_says_in_a_sentence_how_to_get_one(
    bare_machine: Path, tmp_path: Path
) -> None:
    drawing = draw(expression())
    with pytest.raises(DrawingError, match=r'pip install "wengert\[draw\]"') as error:
        drawing.save(tmp_path / "graph.svg")
    assert "https://graphviz.org" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "graph.svg").exists()
    drawing.save(tmp_path / "graph.dot")


def test_without_a_program_reprs_do_not_raise_and_show_the_text(bare_machine: Path) -> None:
    drawing = draw(expression())
    assert repr(drawing) == "Drawing(6 nodes)"
    assert drawing._repr_svg_() is None
    bundle, _ = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    sentence, source = bundle["text/plain"].split("\n\n", 1)
    assert 'pip install "wengert[draw]"' in sentence
    assert source == drawing.source


@posix_only
def test_graphviz_pure_is_found_beside_the_interpreter(bare_machine: Path) -> None:
    install(bare_machine, "graphviz-pure", "print('<svg>', sys.argv[1], len(source), '</svg>')")
    drawing = draw(expression())
    bundle, _ = drawing._repr_mimebundle_(include=None, exclude=None)
    svg = bundle["image/svg+xml"]
    assert svg.startswith("<svg ")
    assert svg.endswith(f"</style> -Tsvg {len(drawing.source)} </svg>\n")
    assert bundle["image/png"].startswith(b"<svg> -Tpng")
    assert bundle["text/plain"] == "Drawing(6 nodes)"


@posix_only
def test_dot_goes_before_graphviz_pure_and_a_broken_dot_is_passed_over(
    bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "path"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    install(bare_machine, "graphviz-pure", "print('pure')")
    install(path, "dot", "print('dot')")
    assert draw(Value(1.0))._repr_svg_() == "dot\n"
    install(path, "dot", "sys.exit('Format: \"svg\" not recognized')")
    assert draw(Value(1.0))._repr_svg_() == "pure\n"
    (path / "dot").write_text("#!/nowhere/at/all\n")
    assert draw(Value(1.0))._repr_svg_() == "pure\n"


@posix_only
def test_a_program_that_fails_is_quoted(bare_machine: Path, tmp_path: Path) -> None:
    install(bare_machine, "graphviz-pure", "sys.exit('Format: \"pdf\" not recognized')")
    with pytest.raises(DrawingError, match=r'no pdf could be made(.|\n)*"pdf" not recognized'):
        draw(Value(1.0)).save(tmp_path / "graph.pdf")


@posix_only
def test_jupyter_does_not_wait_for_ever(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(bare_machine, "graphviz-pure", "time.sleep(60)")
    monkeypatch.setattr(drawing_module, "PATIENCE", 0.2)
    bundle, _ = draw(Value(1.0))._repr_mimebundle_()
    assert "takes more than 0.2 seconds" in bundle["text/plain"]
    assert "image/png" not in bundle


# --------------------------------------------------------------------------------------------------
# The pictures in the README and in the documentation

EXPRESSION = """
from autograd import Value, draw, tanh

a, b = Value(2.0, "a"), Value(-3.0, "b")
c = tanh(a * b + a**2)
c.label = "c"
c.backward()
draw(c).save("expression.svg")
"""

IMPORTS = "import numpy as np\nimport nn\nfrom autograd import draw\n"
NETWORK = IMPORTS + next(
    block
    for block in re.findall(
        "```python\n(.*?)```", (PROJECT / "docs" / "networks.md").read_text("utf-8"), re.S
    )
    if "network.svg" in block
)


@pytest.mark.parametrize(
    ("name", "script"), [("expression", EXPRESSION), ("network", NETWORK)], ids=["small", "large"]
)
def test_the_pictures_in_the_readme_are_what_draw_shows(
    name: str, script: str, tmp_path: Path
) -> None:
    """Each script, run in docs/images, makes its picture; with .dot for .svg, the text beside it.

    (They were laid out by graphviz-pure.)
    """
    without_program = script.replace(".svg", ".dot")
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    subprocess.run([PYTHON, "-c", without_program], cwd=tmp_path, env=environment, check=True)
    images = PROJECT / "docs" / "images"
    source = (tmp_path / f"{name}.dot").read_text(encoding="utf-8")
    assert source == (images / f"{name}.dot").read_text(encoding="utf-8")
    picture = read(source)
    cells = [cell for box in picture.boxes.values() for cell in box.cells]
    arrows = [text.strip() for _, _, text in picture.arrows if text]
    assert sorted(texts_of(images / f"{name}.svg")) == sorted(cells + arrows)
