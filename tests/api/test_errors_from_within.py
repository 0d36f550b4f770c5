"""What is raised within a call is raised once, and tells where."""

from __future__ import annotations

import traceback

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.handle import node_of

TEXTS = np.array(["a", "b", "c"])
ERRORS = {
    "type": lambda: int([]),
    "value": lambda: int("no number"),
    "arithmetic": lambda: 1 // 0,
    "key": lambda: {}["no"],
    "foreign": lambda: node_of(TEXTS),
}
CALLS = {
    "fromfunction": lambda xp, x, function: xp.fromfunction(function, x.shape),
    "piecewise": lambda xp, x, function: xp.piecewise(x, [x > 1], [function]),
    "pad": lambda xp, x, function: xp.pad(x, 1, function),
    "apply_over_axes": lambda xp, x, function: xp.apply_over_axes(function, x, 0),
    "apply_along_axis": lambda xp, x, function: xp.apply_along_axis(function, 0, x),
}


@pytest.mark.parametrize("size", [3, 100_000])
@pytest.mark.parametrize("fail", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("xp", [la, np], ids=["lazyarr", "numpy"])
def test_a_function_that_fails_is_called_once(xp, call, fail, size):
    raised = []

    def function(*args, **options):
        try:
            fail()
        except Exception as error:
            raised.append(error)
            raise

    with pytest.raises(Exception) as caught:  # noqa: PT011 - any of them
        call(xp, la.arange(float(size)), function)
    assert raised == [caught.value]
    assert "function" in [frame.name for frame in traceback.extract_tb(caught.tb)]
    told = "".join(traceback.format_exception(caught.value))
    assert "lazyarr.api.known.Unknown" not in told  # how the library found its way


def test_a_call_with_a_function_may_be_numpys_all_the_same():
    found = la.piecewise(TEXTS.astype(object), [TEXTS == "b"], [lambda x: x + x, "-"])
    assert found.tolist() == ["-", "bb", "-"]
