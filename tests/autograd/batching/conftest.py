"""In all of these tests compiled programs find their memory spoilt at the beginning of a run."""

import pytest

from tests.autograd.poison import poison


@pytest.fixture(autouse=True)
def spoilt_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch)
