"""Creation functions, beside NumPy; none of them computes anything."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy

DTYPES = "?bBhilLefdFD"
PROGRAMS = [
    lambda xp: xp.arange(0, 10, 1),
    lambda xp: xp.arange(0, 1, 0.1),
    lambda xp: xp.arange(10, 0, -1),
    lambda xp: xp.arange(0, 10, 3),
    lambda xp: xp.arange(5),
    lambda xp: xp.arange(2.5),
    lambda xp: xp.arange(0, -5, -1),
    lambda xp: xp.arange(1, 2, 1e-3),
    lambda xp: xp.arange(-3, 3),
    lambda xp: xp.arange(3, -3),
    lambda xp: xp.arange(0, 1e3, 7.3),
    lambda xp: xp.arange(1e20, 1e20 + 1e5, 1e4),
    lambda xp: xp.arange(0, 200, 1),
    lambda xp: xp.arange(250, 260),
    lambda xp: xp.arange(-1, -1, 1),
    lambda xp: xp.arange(0, 0),
    lambda xp: xp.arange(0, 1),
    lambda xp: xp.arange(0, 2),
    lambda xp: xp.arange(0, 5, -1),
    lambda xp: xp.arange(1e-5, 1, 0.3),
    lambda xp: xp.arange(np.float32(0), np.float32(1), np.float32(0.1)),
    lambda xp: xp.arange(np.int8(0), np.int8(100), np.int8(7)),
    lambda xp: xp.arange(0, 1, np.inf),
    lambda xp: xp.arange(0, np.nan, 1),
    lambda xp: xp.arange(0, 1, 0),
    lambda xp: xp.arange(True, 5),
    lambda xp: xp.arange(1j, 2),
    lambda xp: xp.arange(0, 3, 1j),
    lambda xp: xp.arange(2**62, 2**62 + 5),
    lambda xp: xp.arange(-(2**63), -(2**63) + 3),
    lambda xp: xp.arange(2**63, 2**63 + 3),
    lambda xp: xp.linspace(0, 1, 5),
    lambda xp: xp.linspace(0, 3, 7, retstep=True),
    lambda xp: xp.linspace(xp.asarray([0, 1], dtype="f4"), 3, 4),
    lambda xp: xp.linspace(0, xp.asarray([2, 5]), 4, endpoint=False, retstep=True),
    lambda xp: xp.linspace(0, 1, 5, endpoint=False),
    lambda xp: xp.linspace(0, 1, 2),
    lambda xp: xp.linspace(0, 1, 2, endpoint=False),
    lambda xp: xp.linspace(0, 1, 1),
    lambda xp: xp.linspace(0, 1, 1, endpoint=False),
    lambda xp: xp.linspace(0, 1, 0),
    lambda xp: xp.linspace(0, 1, 0, endpoint=False),
    lambda xp: xp.linspace(0, 1, -1),
    lambda xp: xp.linspace(0, 1, -1, endpoint=False),
    lambda xp: xp.linspace(0, 10, 50),
    lambda xp: xp.linspace(0, 10, 50, endpoint=False),
    lambda xp: xp.linspace(1, -1, 7),
    lambda xp: xp.linspace(1, -1, 7, endpoint=False),
    lambda xp: xp.linspace(0, 1, 101),
    lambda xp: xp.linspace(0, 1, 101, endpoint=False),
    lambda xp: xp.linspace(-1e30, 1e30, 11),
    lambda xp: xp.linspace(-1e30, 1e30, 11, endpoint=False),
    lambda xp: xp.linspace(0, 0, 5),
    lambda xp: xp.linspace(0, 0, 5, endpoint=False),
    lambda xp: xp.linspace(3, 3, 4),
    lambda xp: xp.linspace(3, 3, 4, endpoint=False),
    lambda xp: xp.linspace(1e-320, 2e-320, 7),
    lambda xp: xp.linspace(1e-320, 2e-320, 7, endpoint=False),
    lambda xp: xp.linspace(0, 1e-310, 33),
    lambda xp: xp.linspace(0, 1e-310, 33, endpoint=False),
    lambda xp: xp.linspace(np.inf, 1, 4),
    lambda xp: xp.linspace(np.inf, 1, 4, endpoint=False),
    lambda xp: xp.linspace(0, np.inf, 4),
    lambda xp: xp.linspace(0, np.inf, 4, endpoint=False),
    lambda xp: xp.linspace(np.nan, 1, 4),
    lambda xp: xp.linspace(np.nan, 1, 4, endpoint=False),
    lambda xp: xp.linspace(0, 1j, 5),
    lambda xp: xp.linspace(0, 1j, 5, endpoint=False),
    lambda xp: xp.linspace(1 + 2j, 3, 9),
    lambda xp: xp.linspace(1 + 2j, 3, 9, endpoint=False),
    lambda xp: xp.linspace(np.float32(0), np.float32(1), 9),
    lambda xp: xp.linspace(np.float32(0), np.float32(1), 9, endpoint=False),
    lambda xp: xp.linspace(0, 1, 5, False),
    lambda xp: xp.linspace(0, 1, 5, False, endpoint=False),
    lambda xp: xp.linspace(0, 7, 1000),
    lambda xp: xp.linspace(0, 7, 1000, endpoint=False),
    lambda xp: xp.linspace([0, 1], [2, 3], 4),
    lambda xp: xp.linspace([0, 1], [2, 3], 4, endpoint=False),
    lambda xp: xp.linspace(0, 1, 3.0),
    lambda xp: xp.linspace(0, 1, 3.0, endpoint=False),
    lambda xp: xp.linspace(1e308, -1e308, 7),
    lambda xp: xp.linspace(1e308, -1e308, 7, endpoint=False),
    lambda xp: xp.linspace(0, 1),
    lambda xp: xp.zeros(3),
    lambda xp: xp.zeros((2, 3)),
    lambda xp: xp.zeros(()),
    lambda xp: xp.zeros((0, 3)),
    lambda xp: xp.zeros(-1),
    lambda xp: xp.zeros((2, -1)),
    lambda xp: xp.zeros(2.5),
    lambda xp: xp.zeros(3, int),
    lambda xp: xp.zeros(3, "f2"),
    lambda xp: xp.zeros(np.int64(3)),
    lambda xp: xp.zeros([2, 3]),
    lambda xp: xp.ones(3),
    lambda xp: xp.ones((2, 3)),
    lambda xp: xp.ones(()),
    lambda xp: xp.ones((0, 3)),
    lambda xp: xp.ones(-1),
    lambda xp: xp.ones((2, -1)),
    lambda xp: xp.ones(2.5),
    lambda xp: xp.ones(3, int),
    lambda xp: xp.ones(3, "f2"),
    lambda xp: xp.ones(np.int64(3)),
    lambda xp: xp.ones([2, 3]),
    lambda xp: xp.full(3, 7),
    lambda xp: xp.full((2, 2), 1.5),
    lambda xp: xp.full(2, 1j),
    lambda xp: xp.full(2, 7, "u1"),
    lambda xp: xp.full(2, 300, "u1"),
    lambda xp: xp.full(2, -1, "u1"),
    lambda xp: xp.full(2, 2.7, "i4"),
    lambda xp: xp.full(2, np.nan, "i4"),
    lambda xp: xp.full(2, [1, 2]),
    lambda xp: xp.full((2, 2), [1, 2]),
    lambda xp: xp.full(2, [1, 2, 3]),
    lambda xp: xp.full(2, np.float32(3)),
    lambda xp: xp.full(2, 2**63),
    lambda xp: xp.full(2, 2**64),
    lambda xp: xp.full((), 5),
    lambda xp: xp.full(2, 1j, "f4"),
    lambda xp: xp.full(2, 1e10, "f2"),
    lambda xp: xp.full(3, xp.array(4) * 2),
    lambda xp: xp.zeros_like(xp.array([[1, 2], [3, 4]], dtype="i2")),
    lambda xp: xp.zeros_like(xp.array([[1, 2], [3, 4]], dtype="i2"), "f4"),
    lambda xp: xp.zeros_like(xp.array([[1, 2], [3, 4]], dtype="i2"), dtype=bool),
    lambda xp: xp.zeros_like(5),
    lambda xp: xp.zeros_like([1, 2.5]),
    lambda xp: xp.ones_like(xp.array([[1, 2], [3, 4]], dtype="i2")),
    lambda xp: xp.ones_like(xp.array([[1, 2], [3, 4]], dtype="i2"), "f4"),
    lambda xp: xp.ones_like(xp.array([[1, 2], [3, 4]], dtype="i2"), dtype=bool),
    lambda xp: xp.ones_like(5),
    lambda xp: xp.ones_like([1, 2.5]),
    lambda xp: xp.full_like(xp.array([[1, 2], [3, 4]], dtype="i2"), 7),
    lambda xp: xp.full_like(xp.array([[1, 2], [3, 4]], dtype="i2"), 2.5),
    lambda xp: xp.full_like(xp.array([[1, 2], [3, 4]], dtype="i2"), 7, "f8"),
    lambda xp: xp.full_like(xp.array([[1, 2], [3, 4]], dtype="i2"), 70000),
    lambda xp: xp.eye(3),
    lambda xp: xp.eye(3, 4),
    lambda xp: xp.eye(3, 4, 1),
    lambda xp: xp.eye(3, 4, -1),
    lambda xp: xp.eye(3, 3, 7),
    lambda xp: xp.eye(0),
    lambda xp: xp.eye(0, 2),
    lambda xp: xp.eye(3, None, 1),
    lambda xp: xp.eye(3, 3, 0, int),
    lambda xp: xp.eye(2, 2, 0, "c8"),
    lambda xp: xp.eye(3, 4, -5),
    lambda xp: xp.eye(-1),
    lambda xp: xp.identity(3),
    lambda xp: xp.identity(3, int),
    lambda xp: xp.tril(xp.array(np.arange(12).reshape(3, 4), dtype="i4")),
    lambda xp: xp.tril(xp.array(np.arange(12).reshape(3, 4)), 1.5),
    lambda xp: xp.triu(xp.array(np.arange(12).reshape(3, 4)), 1.5),
    lambda xp: xp.triu(xp.array(np.arange(12).reshape(3, 4)), -1.0),
    lambda xp: xp.tril(xp.array(np.arange(12).reshape(3, 4), dtype="f4")),
    lambda xp: xp.tril(xp.array(np.arange(12).reshape(3, 4), dtype="?")),
    lambda xp: xp.tril(xp.array(np.arange(12).reshape(3, 4), dtype="c8")),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), -5),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), k=-5),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), -1),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), k=-1),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), 0),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), k=0),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), 1),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), k=1),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), 7),
    lambda xp: xp.tril(xp.array(np.arange(24).reshape(2, 3, 4)), k=7),
    lambda xp: xp.tril(xp.array([1, 2])),
    lambda xp: xp.tril(xp.array([[np.nan, np.inf], [-0.0, 1]])),
    lambda xp: xp.triu(xp.array(np.arange(12).reshape(3, 4), dtype="i4")),
    lambda xp: xp.triu(xp.array(np.arange(12).reshape(3, 4), dtype="f4")),
    lambda xp: xp.triu(xp.array(np.arange(12).reshape(3, 4), dtype="?")),
    lambda xp: xp.triu(xp.array(np.arange(12).reshape(3, 4), dtype="c8")),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), -5),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), k=-5),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), -1),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), k=-1),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), 0),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), k=0),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), 1),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), k=1),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), 7),
    lambda xp: xp.triu(xp.array(np.arange(24).reshape(2, 3, 4)), k=7),
    lambda xp: xp.triu(xp.array([1, 2])),
    lambda xp: xp.triu(xp.array([[np.nan, np.inf], [-0.0, 1]])),
    lambda xp: xp.meshgrid(xp.arange(3), xp.arange(2)),
    lambda xp: xp.meshgrid(xp.arange(3), xp.arange(2), indexing="ij"),
    lambda xp: xp.meshgrid(xp.arange(3)),
    lambda xp: xp.meshgrid(),
    lambda xp: xp.meshgrid(xp.arange(3), xp.arange(2), xp.arange(4)),
    lambda xp: xp.meshgrid(5, xp.arange(3)),
    lambda xp: xp.meshgrid(xp.arange(3), xp.arange(2), indexing="q"),
    lambda xp: xp.meshgrid(xp.array([[1, 2], [3, 4]]), xp.arange(2)),
    lambda xp: xp.asarray([1, 2]),
    lambda xp: xp.array([1, 2]),
    lambda xp: xp.asarray([1, 2.5]),
    lambda xp: xp.array([1, 2.5]),
    lambda xp: xp.asarray([[1, 2], [3]]),
    lambda xp: xp.array([[1, 2], [3]]),
    lambda xp: xp.asarray(5),
    lambda xp: xp.array(5),
    lambda xp: xp.asarray(5.0),
    lambda xp: xp.array(5.0),
    lambda xp: xp.asarray(True),
    lambda xp: xp.array(True),
    lambda xp: xp.asarray(1j),
    lambda xp: xp.array(1j),
    lambda xp: xp.asarray(np.float32(2)),
    lambda xp: xp.array(np.float32(2)),
    lambda xp: xp.asarray([]),
    lambda xp: xp.array([]),
    lambda xp: xp.asarray([[]]),
    lambda xp: xp.array([[]]),
    lambda xp: xp.asarray((1, 2)),
    lambda xp: xp.array((1, 2)),
    lambda xp: xp.asarray(range(4)),
    lambda xp: xp.array(range(4)),
    lambda xp: xp.asarray([True, 2]),
    lambda xp: xp.array([True, 2]),
    lambda xp: xp.asarray([2**63]),
    lambda xp: xp.array([2**63]),
    lambda xp: xp.asarray(np.arange(3)),
    lambda xp: xp.array(np.arange(3)),
    lambda xp: xp.asarray(np.arange(3), "f4"),
    lambda xp: xp.array(np.arange(3), "f4"),
    lambda xp: xp.asarray(np.arange(3), dtype="f4"),
    lambda xp: xp.asarray([1, 2], dtype="u1"),
    lambda xp: xp.asarray([300], dtype="u1"),
    lambda xp: xp.asarray([1.5], dtype="i4"),
    lambda xp: xp.asarray(np.float16(1)),
    lambda xp: xp.array(np.float16(1)),
    lambda xp: xp.asarray([xp.array(1), xp.array(2)]),
    lambda xp: xp.array([xp.array(1), xp.array(2)]),
    lambda xp: xp.asarray([xp.array([1, 2]), [3, 4]]),
    lambda xp: xp.array([xp.array([1, 2]), [3, 4]]),
    lambda xp: xp.asarray(np.array(5)),
    lambda xp: xp.array(np.array(5)),
    lambda xp: xp.asarray(np.arange(3), copy=True),
    lambda xp: xp.asarray(np.arange(3), copy=False),
    lambda xp: xp.asarray([1, 2], copy=False),
    lambda xp: xp.asarray(np.arange(3), dtype="f4", copy=False),
    lambda xp: xp.array([1, 2], "f4"),
    lambda xp: xp.array([1, 2], dtype="f4", copy=False),
    lambda xp: xp.array([1, 2], ndmin=2),
    lambda xp: xp.array([[1, 2]], order="F"),
    lambda xp: xp.from_dlpack(np.arange(3)),
    lambda xp: xp.asarray(3)[()],
]
RANGES = [
    lambda xp, dtype: xp.arange(-1, -1, 1, dtype=dtype),
    lambda xp, dtype: xp.arange(-(2**63), -(2**63) + 3, dtype=dtype),
    lambda xp, dtype: xp.arange(-3, 3, dtype=dtype),
    lambda xp, dtype: xp.arange(0, -5, -1, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 0, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 1, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 1, 0, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 1, 0.1, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 1, np.inf, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 10, 1, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 10, 3, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 1e3, 7.3, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 2, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 200, 1, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 3, 1j, dtype=dtype),
    lambda xp, dtype: xp.arange(0, 5, -1, dtype=dtype),
    lambda xp, dtype: xp.arange(0, np.nan, 1, dtype=dtype),
    lambda xp, dtype: xp.arange(1, 2, 1e-3, dtype=dtype),
    lambda xp, dtype: xp.arange(10, 0, -1, dtype=dtype),
    lambda xp, dtype: xp.arange(1e-5, 1, 0.3, dtype=dtype),
    lambda xp, dtype: xp.arange(1e20, 1e20 + 1e5, 1e4, dtype=dtype),
    lambda xp, dtype: xp.arange(1j, 2, dtype=dtype),
    lambda xp, dtype: xp.arange(2**62, 2**62 + 5, dtype=dtype),
    lambda xp, dtype: xp.arange(2**63, 2**63 + 3, dtype=dtype),
    lambda xp, dtype: xp.arange(2.5, dtype=dtype),
    lambda xp, dtype: xp.arange(250, 260, dtype=dtype),
    lambda xp, dtype: xp.arange(3, -3, dtype=dtype),
    lambda xp, dtype: xp.arange(5, dtype=dtype),
    lambda xp, dtype: xp.arange(True, 5, dtype=dtype),
    lambda xp, dtype: xp.arange(
        np.float32(0), np.float32(1), np.float32(0.1), dtype=dtype
    ),
    lambda xp, dtype: xp.arange(np.int8(0), np.int8(100), np.int8(7), dtype=dtype),
]
SPACES = [
    lambda xp, dtype: xp.linspace(-1e30, 1e30, 11, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 0, 5, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, -1, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, 0, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, 1, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, 101, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, 2, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, 3.0, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, 5, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1, 5, False, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 10, 50, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1e-310, 33, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 1j, 5, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, 7, 1000, dtype=dtype),
    lambda xp, dtype: xp.linspace(0, np.inf, 4, dtype=dtype),
    lambda xp, dtype: xp.linspace(1 + 2j, 3, 9, dtype=dtype),
    lambda xp, dtype: xp.linspace(1, -1, 7, dtype=dtype),
    lambda xp, dtype: xp.linspace(1e-320, 2e-320, 7, dtype=dtype),
    lambda xp, dtype: xp.linspace(1e308, -1e308, 7, dtype=dtype),
    lambda xp, dtype: xp.linspace(3, 3, 4, dtype=dtype),
    lambda xp, dtype: xp.linspace([0, 1], [2, 3], 4, dtype=dtype),
    lambda xp, dtype: xp.linspace(np.float32(0), np.float32(1), 9, dtype=dtype),
    lambda xp, dtype: xp.linspace(np.inf, 1, 4, dtype=dtype),
    lambda xp, dtype: xp.linspace(np.nan, 1, 4, dtype=dtype),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_gives_what_numpy_gives(program):
    assert_matches_numpy(program)


@pytest.mark.parametrize("program", RANGES + SPACES)
def test_progressions_have_numpys_bits_in_every_dtype(program):
    for dtype in DTYPES:
        assert_matches_numpy(lambda xp, dtype=dtype: program(xp, dtype))


@pytest.mark.parametrize(
    "program",
    [
        lambda xp: xp.arange(-0.0, 5.0),
        lambda xp: xp.arange(0.1, 1e11, 1e10),
        lambda xp: xp.arange(1.0, 2.0, 1e-3),
        lambda xp: xp.arange(0.3, 300.0, 0.7),
        lambda xp: xp.arange(1e308, -1e308, -1e307),
        lambda xp: xp.arange(-5, 1_000, 17, dtype="f2"),
        lambda xp: xp.linspace(-1e300, 1e308, 1001),
        lambda xp: xp.linspace(0.1, 0.7, 1_000, dtype="f4"),
    ],
)
def test_long_progressions_have_numpys_bits(program):
    assert_matches_numpy(program)


@pytest.mark.parametrize(
    "wrong",
    ["a", None, {1: 2}, np.datetime64("2020"), np.longdouble(1), [2**64], ["a"]],
)
def test_what_is_no_number_is_numpys(wrong):
    found, wanted = la.asarray(wrong), np.asarray(wrong)
    assert type(found) is np.ndarray
    assert found.dtype == wanted.dtype
    assert found.tolist() == wanted.tolist()
    with pytest.raises(la.DTypeError, match=r"not supported.*np\.asarray"):
        la.asarray(wrong, device="gpu")


def test_creating_computes_nothing():
    with RaiseIfComputed():
        made = [
            la.zeros((10**6, 10**6)),
            la.full((10**9,), 7),
            la.arange(10**12),
            la.linspace(0, 1, 10**9),
            la.eye(10**6),
            la.tril(la.ones((10**5, 10**5))),
            *la.meshgrid(la.arange(10**6), la.arange(10**6)),
        ]
    assert [x.size for x in made[:3]] == [10**12, 10**9, 10**12]


@pytest.mark.usefixtures("planned")
def test_a_wrapped_array_is_read_when_the_plan_runs():
    data = np.arange(3.0)
    wrapped, snapshot = la.asarray(data) + 0, la.asarray(data, copy=True) + 0
    data[:] = 9
    assert wrapped.compute().tolist() == [9, 9, 9]
    assert snapshot.compute().tolist() == [0, 1, 2]


def test_a_wrapped_array_is_never_written():
    data = np.arange(3.0)
    x = la.asarray(data)
    x[:] = 7
    x += 1
    assert x.compute().tolist() == [8, 8, 8]
    assert data.tolist() == [0, 1, 2]


def test_foreign_byte_orders_become_native():
    swapped = np.arange(3).astype(">i4")
    assert la.asarray(swapped).dtype == np.dtype("i4")
    assert la.asarray(swapped).compute().tolist() == [0, 1, 2]


def test_empty_has_the_shape_and_dtype_asked_for():
    assert la.empty((2, 3), dtype="f4").dtype == np.float32
    assert la.empty_like(la.ones((2, 3), dtype=int)).shape == (2, 3)


def test_arrays_of_no_axes_are_changed_in_place():
    for made in (la.asarray(1), la.zeros(()), la.full((), 1), la.array(1).copy()):
        alias = made
        made += 1
        assert alias is made
        assert int(alias) == int(made)


def test_rows_of_lists_fill_arrays():
    filled = la.full((2, 3), fill_value=([1], [2]))
    assert filled.compute().tolist() == [[1, 1, 1], [2, 2, 2]]
    assert la.full((2, 3), ([1], [2])).compute().tolist() == filled.tolist()
    with pytest.raises(TypeError, match="is not a shape"):
        la.zeros(([1], 2))


@pytest.mark.parametrize("shape", [True, (True, 2), [2, False], (np.True_, 2)])
def test_truth_values_are_no_sides(shape):
    for xp in (np, la):
        for make in (xp.zeros, xp.ones, xp.empty, lambda n, xp=xp: xp.full(n, 3)):
            with pytest.raises(TypeError):
                make(shape)


def test_an_integer_that_fills_does_not_decide_the_dtype_of_the_next():
    with la.config(small_bytes=0):
        unsigned = la.ones(3, dtype=np.uint64)
        for number in (5, 2**63, 5, 2**63, 6):
            made = la.full(3, number)
            assert made.dtype == np.full(3, number).dtype
            assert made.compute().tolist() == [number] * 3
            np.asarray(unsigned * 5)
            np.asarray(unsigned * 6)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize(
    "value", [[1], [[1]], [[1, 2, 3]], [[1], [2], [3]], [], np.ones((1, 1, 3))], ids=str
)
def test_full_stretches_arrays_as_an_assignment_does(value, shape):
    try:
        expected = np.full(shape, value)
    except ValueError:
        with pytest.raises(ValueError, match="could not broadcast"):
            la.full(shape, value)
    else:
        np.testing.assert_array_equal(la.full(shape, value).compute(), expected)


@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize(
    "program",
    [
        lambda xp: xp.ones((1,) * 65),
        lambda xp: xp.empty((1,) * 65),
        lambda xp: xp.full((1,) * 65, 2),
        lambda xp: xp.zeros_like(xp.ones(2), shape=(1,) * 65),
        lambda xp: xp.tensordot(xp.ones((1,) * 40), xp.ones((1,) * 25) * 2, 0),
        lambda xp: xp.ones((1,) * 64),
    ],
)
def test_no_array_has_more_axes_than_numpys(program, small_path):
    with la.config(small_path=small_path):
        assert_matches_numpy(program)
