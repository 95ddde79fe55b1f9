"""Settings of all tests: hypothesis draws the same examples in every run, without a deadline."""

import gc
import os

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:  # there are as many of them as cores
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--jit", action="store_true", help="compile the derivatives in the tests of the engine"
    )
    parser.addoption("--native", action="store_true", help="compile to machine code")
    parser.addoption("--programs", type=int, default=12, help="how many random programs are run")


def pytest_configure(config: pytest.Config) -> None:
    """Compile to machine code, if it is tested."""
    if config.getoption("--native"):
        os.environ["WENGERT_NATIVE"] = "1"


def pytest_collection_finish() -> None:
    """Keep the tests themselves out of garbage collections, which many tests ask for."""
    gc.collect()
    gc.freeze()
