"""SciPy's array API mode takes lazy arrays and gives lazy arrays back."""

from __future__ import annotations

import pytest

from tests.interop.report import report
from tests.interop.scipy_calls import CALLS

pytest.importorskip("scipy", reason="SciPy is not installed (pip install scipy)")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    return report("tests.interop.scipy_calls")


@pytest.mark.parametrize("call", CALLS)
def test_scipy_gives_a_lazy_array_of_its_own_values(found, call):
    assert found[call] == {"kind": "Array", "dtype": True, "close": True}
