"""These tests look at graphs: no array is small enough to go without one."""

import pytest


@pytest.fixture(autouse=True)
def _planned(planned):
    """Let no operation be evaluated on the spot."""
