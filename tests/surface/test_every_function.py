"""Every public function of NumPy, on lazy arrays: NumPy's values, dtypes and shapes."""

from __future__ import annotations

import types

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api import namespace
from tests.surface import examples

NEW = ("matvec", "vecmat")  # since NumPy 2.2
CALLS = {
    **examples.FUNCTIONS,
    **{f"linalg.{name}": call for name, call in examples.LINALG.items()},
    **{f"fft.{name}": call for name, call in examples.FFT.items()},
    **{f".{name}": call for name, call in examples.METHODS.items()},
}
# Dates, matrices, private matters of NumPy's, and an alias that NumPy warns of.
ELSEWHERE = {
    *("busday_count", "busday_offset", "datetime_as_string", "datetime_data"),
    *("is_busday", "isnat", "nested_iters", "row_stack", "fromregex", "fromfile"),
    *("asmatrix", "bmat"),
}


def compare(ours, theirs):
    """Check a result against NumPy's, part by part."""
    if isinstance(theirs, (list, tuple)):
        assert isinstance(ours, (list, tuple))
        assert len(ours) == len(theirs)
        for mine, its in zip(ours, theirs, strict=True):
            compare(mine, its)
        return
    if isinstance(theirs, (np.ndarray, np.generic)):
        kinds = la.Array if isinstance(theirs, np.ndarray) else (la.Array, np.generic)
        assert isinstance(ours, kinds)
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-12, atol=1e-14)
        return
    assert ours == theirs or theirs is ours


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore")
def test_it_gives_what_numpy_gives(name):
    if name in NEW and not hasattr(np, name):
        pytest.skip(f"this NumPy has no {name}")
    call = CALLS[name]
    compare(call(la, examples.lazy(la)), call(np, examples.numpys()))


# Functions that take no array make NumPy's arrays when NumPy's own are called.
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore")
def test_numpys_function_takes_lazy_arrays(name):
    if name in NEW and not hasattr(np, name):
        pytest.skip(f"this NumPy has no {name}")
    call = CALLS[name]
    ours, theirs = call(np, examples.lazy(la)), call(np, examples.numpys())
    if not isinstance(ours, np.ndarray):
        same = type(ours) is tuple and all(isinstance(one, np.ndarray) for one in ours)
        if not same:
            compare(ours, theirs)
            return
    np.testing.assert_equal(ours, theirs)


def test_every_public_function_has_an_example():
    functions = {
        name
        for name in np.__all__  # others may have added to its attributes
        if callable(getattr(np, name)) and not name.startswith("_")
        if not isinstance(getattr(np, name), (type, types.ModuleType))
    }
    offered = functions - set(namespace.NOT_OFFERED) - ELSEWHERE
    assert offered == set(examples.FUNCTIONS) & functions
    for module, table in ((np.linalg, examples.LINALG), (np.fft, examples.FFT)):
        public = {name for name in module.__all__ if name[0].islower()}
        assert public - {"test"} == set(table) & public


def test_every_method_has_an_example():
    public = {name for name in dir(np.ndarray) if not name.startswith("_")}
    assert public == set(examples.METHODS)


@pytest.mark.parametrize("name", sorted(namespace.NOT_OFFERED))
def test_what_is_not_offered_says_why(name):
    if hasattr(np, name):
        with pytest.raises(AttributeError, match=name):
            getattr(la, name)


def test_all_other_names_are_there():
    kept = {*namespace.NOT_OFFERED, "row_stack"}  # NumPy warns of the last
    for name in sorted(set(dir(np)) - kept):
        if not name.startswith("_"):
            assert getattr(la, name) is not None or name == "newaxis"


def test_names_of_modules():
    import lazyarr.fft as fft  # noqa: PLC0415
    from lazyarr.linalg import inv  # noqa: PLC0415

    assert fft is la.fft
    assert inv is la.linalg.inv


def test_a_star_imports_what_it_does_of_numpy():
    found = {}
    exec("from lazyarr import *", found)  # noqa: S102 - a function may not do it
    assert set(np.__all__) - set(namespace.NOT_OFFERED) <= set(found)
    assert found["mgrid"] is la.mgrid
