"""Before each run the memory of compiled programs is overwritten, so that stale results show."""

import pytest

from tests.autograd.poison import poison


@pytest.fixture(autouse=True)
def spoilt_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch)
