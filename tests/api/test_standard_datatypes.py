"""Dtypes and the namespace's own description, beside NumPy and the standard's words."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed

DTYPES = [np.dtype(c) for c in "?bhilBHILefdFD"]
KINDS = [
    "bool",
    "signed integer",
    "unsigned integer",
    "integral",
    "real floating",
    "complex floating",
    "numeric",
]


def test_promotion_is_numpy_s():
    with RaiseIfComputed():
        for a in DTYPES:
            for b in DTYPES:
                expected = np.result_type(a, b)
                assert la.result_type(a, b) == expected
                assert la.result_type(la.ones(2, dtype=a)[1:], b) == expected
                assert la.can_cast(a, b) == np.can_cast(a, b)
                assert la.can_cast(la.ones((), dtype=a), b) == np.can_cast(a, b)
            for scalar in (True, 1, 1.0, 1j):
                expected = np.result_type(a, scalar)
                assert la.result_type(a, scalar) == expected
                assert la.result_type(scalar, la.zeros(2, dtype=a)) == expected
    with pytest.raises(ValueError, match="at least one"):
        la.result_type()


def test_a_zero_dimensional_array_is_no_weak_scalar():
    assert la.result_type(la.asarray(1.0), la.float32) == np.float64
    assert la.result_type(np.float64(1), la.float32) == np.float64


def test_kinds():
    for dtype in DTYPES:
        for kind in (*KINDS, np.dtype("f4"), ("bool", "integral"), (la.int8, "bool")):
            assert la.isdtype(dtype, kind) is np.isdtype(dtype, kind)
    with pytest.raises(ValueError, match="kind"):
        la.isdtype(la.int8, "whole")


@pytest.mark.parametrize("dtype", ["e", "f", "d", "F", "D"])
def test_limits_of_floats_are_python_floats(dtype):
    expected = np.finfo(dtype)
    for given in (dtype, np.dtype(dtype), la.ones(2, dtype=dtype), np.ones(1, dtype)):
        found = la.finfo(given)
        assert (found.bits, found.dtype) == (expected.bits, expected.dtype)
        for name in ("eps", "max", "min", "smallest_normal", "tiny", "resolution"):
            assert type(getattr(found, name)) is float
            assert getattr(found, name) == float(getattr(expected, name))
    assert str(la.finfo(dtype)) == str(expected)
    with pytest.raises(AttributeError):
        assert la.finfo(dtype).largest


def test_limits_of_integers():
    for dtype in "bhilBHIL":
        for given in (dtype, la.ones(2, dtype=dtype)):
            found = la.iinfo(given)
            expected = np.iinfo(dtype)
            assert (found.min, found.max, found.bits, found.dtype) == (
                expected.min,
                expected.max,
                expected.bits,
                np.dtype(dtype),
            )


def test_what_has_no_limits_is_refused():
    with pytest.raises(ValueError, match=r"inexact|finfo"):
        la.finfo(la.int8)
    with pytest.raises(ValueError, match=r"[Ii]nvalid integer"):
        la.iinfo(la.float32)


def test_the_namespace_describes_itself():
    info = la.__array_namespace_info__()
    assert info.capabilities() == {
        "boolean indexing": True,
        "data-dependent shapes": True,
        "max dimensions": 64,
    }
    assert info.default_device() is None
    assert type(info.devices()) is tuple
    assert info.devices()[0] == "cpu"
    assert info.default_dtypes(device="cpu") == {
        "real floating": np.dtype("f8"),
        "complex floating": np.dtype("c16"),
        "integral": np.dtype("i8"),
        "indexing": np.dtype("i8"),
    }
    every = info.dtypes()
    assert len(every) == 13
    assert all(dtype == np.dtype(name) for name, dtype in every.items())
    for kind in KINDS:
        expected = {n: d for n, d in every.items() if np.isdtype(d, kind)}
        assert info.dtypes(kind=kind) == expected
    assert set(info.dtypes(kind=("bool", "real floating"))) == {
        "bool",
        "float32",
        "float64",
    }
    with pytest.raises(ValueError, match="kind"):
        info.dtypes(kind="whole")
    with pytest.raises(la.DeviceError, match="tpu"):
        info.dtypes(device="tpu")


def test_dimensions_are_as_many_as_it_says():
    most = la.__array_namespace_info__().capabilities()["max dimensions"]
    x = la.ones((1,) * most) + 1
    assert x.compute().ndim == most


@pytest.mark.parametrize(
    "make",
    [
        lambda **o: la.ones(3, **o),
        lambda **o: la.zeros(3, **o),
        lambda **o: la.empty(3, **o),
        lambda **o: la.full(3, 2, **o),
        lambda **o: la.ones_like(la.ones(3), **o),
        lambda **o: la.arange(3, **o),
        lambda **o: la.linspace(0, 1, 3, **o),
        lambda **o: la.eye(3, **o),
        lambda **o: la.asarray([1, 2], **o),
        lambda **o: la.from_dlpack(np.ones(3), **o),
        lambda **o: la.astype(la.ones(3), la.int8, **o),
        lambda **o: la.fft.fftfreq(3, **o),
        lambda **o: la.fft.rfftfreq(3, **o),
        lambda **o: la.ones(3).to_device(o["device"]),
    ],
)
def test_devices_are_taken_by_name(make):
    for device in (None, "cpu", "auto"):
        assert make(device=device).device == "cpu"
    with pytest.raises(la.DeviceError, match="no device 'tpu'"):
        make(device="tpu")
    with pytest.raises(la.DeviceError, match="no device 3"):
        make(device=3)
