"""These tests look at plans: no array is small enough to go without one."""

import pytest

from lazyarr.runtime import threads


@pytest.fixture(autouse=True)
def _planned(planned):
    """Let no operation be evaluated on the spot."""


@pytest.fixture
def runs(monkeypatch):
    """Return a list that grows by the parts of each work that threads share."""
    counted = []
    run = threads.run

    def counting(worker, count, wanted, notes):
        counted.append(count)
        run(worker, count, wanted, notes)

    monkeypatch.setattr(threads, "run", counting)
    return counted
