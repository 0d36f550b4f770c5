"""Every row, for every dtype, edge value and layout, through compute(): NumPy's bits."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr import ops
from lazyarr.ops.row import Kind
from lazyarr.testing import assert_same_bits

ROWS = [
    op
    for op in ops.OPS.values()
    if op.kind is Kind.MAP
    and op.public
    and op.name not in ("astype", "copy", "where", "clip")
]
DTYPES = "?bhilqBHILQefdFD"


def edges(dtype):
    """Return the values of a dtype at which functions go wrong first."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return np.array([0, 1, 2, 3, 7, limits.min, limits.max, limits.max - 1], dtype)
    real = dtype.char.lower() if dtype.kind == "c" else dtype.char
    limits = np.finfo(real)
    tiny = limits.smallest_subnormal
    parts = [0.0, -0.0, 1.0, -1.5, 0.3, 30.0, np.nan, np.inf, -np.inf, limits.max, tiny]
    values = np.array(parts, real)
    if dtype.kind == "f":
        return values
    some = values[[0, 1, 2, 3, 6, 7, 8]]
    values = np.empty((len(some), len(some)), dtype)
    values.real, values.imag = some[:, None], some
    return values.ravel()


def operands(op, dtype):
    """Return operands that meet every edge value with every other one, as a matrix."""
    values = edges(dtype)
    if op.nin == 1:
        return (np.resize(values, (6, len(values))),)
    pairs = np.array(list(itertools.product(values, values)), dtype)
    side = len(values)
    return tuple(np.ascontiguousarray(pairs[:, k].reshape(side, side)) for k in (0, 1))


LAYOUTS = {
    "contiguous": lambda a: a,
    "transposed": lambda a: a.T,
    "reversed": lambda a: a[::-1, ::-1],
    "strided": lambda a: np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3],
    "far apart": lambda a: np.repeat(a[..., None], 4096, -1)[..., 0],
    "a row": lambda a: np.broadcast_to(a[-1], a.shape),
    "empty": lambda a: a[:0],
    "0-d": lambda a: a[-1, -1, ...],
}


def outcome(run):
    """Return a result's bytes and dtype, or the error, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = np.asarray(run())
        except Exception as error:  # noqa: BLE001 - compared, not hidden
            kind = next(k for k in (ValueError, TypeError) if isinstance(error, k))
            return kind, None
    bits = (result.dtype, result.shape, canonical(result).tobytes())
    return bits, {(w.category, str(w.message)) for w in caught}


def canonical(result):
    """Return the result with one NaN for all: payloads are nobody's promise."""
    if result.dtype.kind == "f":
        return np.where(np.isnan(result), np.asarray(np.nan, result.dtype), result)
    if result.dtype.kind == "c":
        parts = np.stack([canonical(result.real), canonical(result.imag)])
        return np.ascontiguousarray(parts)
    return result


@pytest.mark.parametrize("options", [{}, {"tile_elements": 64, "small_path": False}])
@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_every_row_gives_numpys_bits_and_warnings(op, options):
    function = getattr(la, op.name)
    with la.config(device="cpu", **options):
        for dtype in DTYPES:
            given = operands(op, dtype)
            try:
                op.resolve(tuple(a.dtype for a in given))
            except TypeError:
                with pytest.raises(TypeError):
                    function(*given)
                continue
            for name, layout in LAYOUTS.items():
                arrays = [layout(a) for a in given]
                expected = outcome(lambda arrays=arrays: op.numpy(*arrays))
                actual = outcome(lambda arrays=arrays: function(*arrays).compute())
                assert actual == expected, (op.name, dtype, name)


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_results_written_apart_are_those_written_together(op):
    """NumPy 2.4 is wrong in some functions where ``out`` has gaps."""
    for dtype in DTYPES:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for n, step, gap in itertools.product((1, 2, 17), (1, 2, 8), (2, 8)):
                values = np.resize(edges(dtype), n * step)[::step]
                given = [values] * op.nin
                try:
                    expected = op.numpy(*[np.ascontiguousarray(x) for x in given])
                except (TypeError, ValueError):  # a power of negative integers
                    break
                out = np.zeros(n * gap, expected.dtype)[::gap]
                op.numpy(*given, out)
                # The last bit may differ, as it does with NumPy's strides.
                np.testing.assert_allclose(out, expected, rtol=4e-3, atol=0)


@pytest.mark.parametrize("dtype", "lLd")
def test_negative_into_a_column(dtype):
    a = np.arange(1, 41).reshape(5, 8).astype(dtype)
    b = la.zeros((5, 8), dtype=dtype)
    b[:, 3] = -la.asarray(a)[:, 0]
    expected = np.zeros((5, 8), dtype)
    expected[:, 3] = -a[:, 0]
    assert_same_bits(b.compute(), expected)
    with la.config(tile_elements=1, small_path=False):
        x = la.asarray(a.reshape(5, 8))
        found = la.compute(-x, la.max(x, axis=0) - x)
    assert_same_bits(found[0], -a)
    assert_same_bits(found[1], a.max(axis=0) - a)
