"""Simulations and libraries written for HIPS autograd, before they are timed."""

from __future__ import annotations

import pytest

from benchmarks.problems import clients
from benchmarks.summary import disagreement
from benchmarks.systems.clients import ours


@pytest.mark.parametrize("variant", ["", "jit"])
def test_what_is_timed_is_right(variant: str) -> None:
    """Fits are among it where the libraries are installed."""
    given = {measure: case.answer() for measure, case in ours.clients(variant).items()}
    assert len(given) >= 3
    assert disagreement(given, clients.answers(), tolerance=1e-4) is None
