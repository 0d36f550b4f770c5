"""Functions beyond the standard, by theme, on every operand: NumPy's bits and errors."""

from __future__ import annotations

import numpy as np
import pytest

from lazyarr.testing import assert_matches_numpy
from tests.cases import every
from tests.surface.operands import OPERANDS

SHAPES = {
    "pad": lambda xp, x: xp.pad(x, 1),
    "pad edge": lambda xp, x: xp.pad(x, 2, mode="edge"),
    "pad reflect": lambda xp, x: xp.pad(x, 1, mode="reflect"),
    "pad symmetric": lambda xp, x: xp.pad(x, 2, mode="symmetric"),
    "pad wrap": lambda xp, x: xp.pad(x, 3, mode="wrap"),
    "pad value": lambda xp, x: xp.pad(x, (1, 2), constant_values=(1, 0)),
    "pad ramp": lambda xp, x: xp.pad(x, 2, mode="linear_ramp"),
    "pad maximum": lambda xp, x: xp.pad(x, 1, mode="maximum"),
    "atleast_1d": lambda xp, x: xp.atleast_1d(x),
    "atleast_2d": lambda xp, x: xp.atleast_2d(x),
    "atleast_3d": lambda xp, x: xp.atleast_3d(x),
    "hstack": lambda xp, x: xp.hstack([x, x]),
    "vstack": lambda xp, x: xp.vstack([x, x]),
    "dstack": lambda xp, x: xp.dstack([x, x]),
    "column_stack": lambda xp, x: xp.column_stack([x, x]),
    "stack": lambda xp, x: xp.stack([x, x], axis=-1),
    "block": lambda xp, x: xp.block([[x, x], [x, x]]),
    "block of one": lambda xp, x: xp.block(x),
    "append": lambda xp, x: xp.append(x, x),
    "append along": lambda xp, x: xp.append(x, x, axis=0),
    "split": lambda xp, x: xp.split(x, 2),
    "split at": lambda xp, x: xp.split(x, [1, 2], axis=-1),
    "array_split": lambda xp, x: xp.array_split(x, 4),
    "array_split into none": lambda xp, x: xp.array_split(x, 0),
    "hsplit": lambda xp, x: xp.hsplit(x, 2),
    "vsplit": lambda xp, x: xp.vsplit(x, 1),
    "dsplit": lambda xp, x: xp.dsplit(x, 2),
    "rot90": lambda xp, x: xp.rot90(x),
    "fliplr": lambda xp, x: xp.fliplr(x),
    "flipud": lambda xp, x: xp.flipud(x),
    "rollaxis": lambda xp, x: xp.rollaxis(x, -1),
    "resize": lambda xp, x: xp.resize(x, (3, 5)),
    "delete": lambda xp, x: xp.delete(x, 0),
    "delete along": lambda xp, x: xp.delete(x, [0, -1], axis=0),
    "delete slice": lambda xp, x: xp.delete(x, slice(None, None, 2), axis=-1),
    "insert": lambda xp, x: xp.insert(x, 0, 1),
    "insert several": lambda xp, x: xp.insert(x, [0, 1], 1, axis=-1),
    "trim_zeros": lambda xp, x: xp.trim_zeros(x),
    "diag": lambda xp, x: xp.diag(x),
    "diag above": lambda xp, x: xp.diag(x, 1),
    "diagflat": lambda xp, x: xp.diagflat(x, -1),
    "tri": lambda xp, x: xp.tri(3, 4, -1, dtype=x.dtype),
    "vander": lambda xp, x: xp.vander(x, 3),
    "kron": lambda xp, x: xp.kron(x, x),
    "roll": lambda xp, x: xp.roll(x, 2),
    "tile": lambda xp, x: xp.tile(x, (2, 1)),
    "repeat": lambda xp, x: xp.repeat(x, repeats=2),
    "meshgrid": lambda xp, x: list(xp.meshgrid(x, x, sparse=True)),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (2, *x.shape), subok=True),
    "moveaxis": lambda xp, x: xp.moveaxis(x, source=0, destination=-1),
    "expand_dims": lambda xp, x: xp.expand_dims(a=x, axis=(0, -1)),
    "squeeze": lambda xp, x: xp.squeeze(x),
    "unstack": lambda xp, x: xp.unstack(x),
    "indices": lambda xp, x: xp.indices(x.shape),
    "ndim, shape, size": lambda xp, x: (xp.ndim(x), xp.shape(x), xp.size(x)),
}
VALUES = {
    "select": lambda xp, x: xp.select([x > 2, x > 0], [x, x * x], -1),
    "piecewise": lambda xp, x: xp.piecewise(x, [x > 1], [lambda v: v * 2, 1]),
    "piecewise thrice": lambda xp, x: xp.piecewise(x, [x > 1, x < 0], [1, 0]),
    "isreal": lambda xp, x: xp.isreal(x),
    "iscomplex": lambda xp, x: xp.iscomplex(x),
    "iscomplexobj": lambda xp, x: (xp.iscomplexobj(x), xp.isrealobj(x)),
    "real_if_close": lambda xp, x: xp.real_if_close(x),
    "isposinf": lambda xp, x: xp.isposinf(x),
    "isneginf": lambda xp, x: xp.isneginf(x),
    "fix": lambda xp, x: xp.fix(x),
    "ediff1d": lambda xp, x: xp.ediff1d(x),
    "ediff1d ends": lambda xp, x: xp.ediff1d(x, to_begin=x[:1], to_end=x[-1:]),
    "diff": lambda xp, x: xp.diff(x, prepend=1),
    "unwrap": lambda xp, x: xp.unwrap(x),
    "sort_complex": lambda xp, x: xp.sort_complex(x),
    "array_equal": lambda xp, x: bool(xp.array_equal(x, x)),
    "array_equiv": lambda xp, x: xp.array_equiv(x, x[:1]),
    "allclose": lambda xp, x: bool(xp.allclose(x, x)),
    "divmod": lambda xp, x: xp.divmod(x, 2),
    "modf": lambda xp, x: xp.modf(x),
    "frexp": lambda xp, x: xp.frexp(x),
    "ldexp": lambda xp, x: xp.ldexp(x, 2),
    "spacing": lambda xp, x: xp.spacing(x),
    "outer": lambda xp, x: xp.outer(x, x),
    "sort": lambda xp, x: xp.sort(x, axis=-1, stable=True),
    "argsort": lambda xp, x: xp.argsort(x, kind="stable"),
    "lexsort": lambda xp, x: xp.lexsort((x, x)),
    "partition": lambda xp, x: xp.sort(xp.partition(x, 1, axis=-1)),
    "partition beyond": lambda xp, x: xp.partition(x, 99),
    "searchsorted": lambda xp, x: xp.searchsorted(a=[0, 1, 5], v=x, side="right"),
    "digitize": lambda xp, x: xp.digitize(x, [0, 1, 5]),
    "digitize down": lambda xp, x: xp.digitize(x, [5, 1, 0], right=True),
    "union1d": lambda xp, x: xp.union1d(x, [1, 2]),
    "intersect1d": lambda xp, x: xp.intersect1d(x, [1, 2]),
    "setdiff1d": lambda xp, x: xp.setdiff1d(x, [1, 2]),
    "setxor1d": lambda xp, x: xp.setxor1d(x, [1, 2]),
    "unique": lambda xp, x: xp.unique(x, return_counts=True, return_inverse=True),
    "unique rows": lambda xp, x: xp.unique(x, axis=0),
    "isin": lambda xp, x: xp.isin(x, [1, 2]),
    "compress": lambda xp, x: xp.compress([True, False], x, axis=0),
    "extract": lambda xp, x: xp.extract(x > 1, x),
    "choose": lambda xp, x: xp.choose([0, 1, 1, 0], [x, x + x]),
    "choose wrapped": lambda xp, x: xp.choose([5, -1], [1, 2], mode="wrap"),
    "nonzero": lambda xp, x: xp.nonzero(x),
    "argwhere": lambda xp, x: xp.argwhere(x),
    "bincount": lambda xp, x: xp.bincount(x),
    "packbits": lambda xp, x: xp.packbits(x),
    "nan_to_num": lambda xp, x: xp.nan_to_num(x),
    "polyval": lambda xp, x: xp.polyval([1.0, -2.0, 0.5], x),
    "copy": lambda xp, x: xp.copy(x, order="F"),
    "ascontiguousarray": lambda xp, x: xp.ascontiguousarray(x),
    "zeros_like": lambda xp, x: xp.zeros_like(x, shape=(2, 2), dtype="i2"),
    "full_like": lambda xp, x: xp.full_like(x, 1),
}
MOMENTS = {
    "median": lambda xp, x: xp.median(x),
    "median along": lambda xp, x: xp.median(x, axis=-1, keepdims=True),
    "percentile": lambda xp, x: xp.percentile(x, [10, 75], axis=0),
    "percentile beyond": lambda xp, x: xp.percentile(x, 101),
    "quantile": lambda xp, x: xp.quantile(x, 0.4, method="higher"),
    "quantile kept": lambda xp, x: xp.quantile(x, [0.5], axis=-1, keepdims=True),
    "nanmedian": lambda xp, x: xp.nanmedian(x, axis=0),
    "nanquantile": lambda xp, x: xp.nanquantile(x, 0.25),
    "nanmax": lambda xp, x: xp.nanmax(x, axis=-1),
    "nanmin": lambda xp, x: xp.nanmin(x, keepdims=True),
    "nanmax from": lambda xp, x: xp.nanmax(x, initial=1),
    "nansum": lambda xp, x: xp.nansum(x, axis=0),
    "nanprod": lambda xp, x: xp.nanprod(x),
    "nanmean": lambda xp, x: xp.nanmean(x, axis=-1),
    "nanvar": lambda xp, x: xp.nanvar(x, axis=0),
    "nanstd": lambda xp, x: xp.nanstd(x, ddof=1),
    "nancumsum": lambda xp, x: xp.nancumsum(x),
    "average": lambda xp, x: xp.average(x),
    "average weighted": lambda xp, x: xp.average(x, weights=xp.ones_like(x) + 1),
    "ptp": lambda xp, x: xp.ptp(x, axis=-1),
    "sum where": lambda xp, x: xp.sum(x, where=x > 1, initial=2),
    "max from": lambda xp, x: xp.max(x, initial=4, axis=0),
    "max where": lambda xp, x: xp.max(x, where=x > 1, initial=0),
    "max where, from nowhere": lambda xp, x: xp.max(x, where=x > 1),
    "all where": lambda xp, x: xp.all(x, where=x > 1),
    "mean where": lambda xp, x: xp.mean(x, where=x < 100),
    "var where": lambda xp, x: xp.var(x, where=x < 100),
    "std about": lambda xp, x: xp.std(x, mean=xp.mean(x, keepdims=True)),
    "cumsum into": lambda xp, x: xp.cumsum(x, out=xp.zeros(x.size, x.dtype)),
    "trapezoid": lambda xp, x: xp.trapezoid(x, dx=0.5),
    "gradient": lambda xp, x: xp.gradient(x),
    "gradient along": lambda xp, x: xp.gradient(x, 2.0, axis=-1, edge_order=2),
    "cov": lambda xp, x: xp.cov(x),
    "corrcoef": lambda xp, x: xp.corrcoef(x),
    "convolve": lambda xp, x: xp.convolve(x, [1, 2, 1]),
    "convolve same": lambda xp, x: xp.convolve(x, [1, 2, 1], mode="same"),
    "correlate": lambda xp, x: xp.correlate(x, [1, 2, 1]),
    "interp": lambda xp, x: xp.interp(x, [0, 1, 5], [1.0, 3.0, -2.0], left=9),
    "histogram": lambda xp, x: xp.histogram(x, bins=4, range=(-4, 9)),
    "histogram edges": lambda xp, x: xp.histogram(x, [0, 1, 3, 9], density=True),
    "inner": lambda xp, x: xp.inner(x, x),
    "vdot": lambda xp, x: xp.vdot(x, x),
    "dot": lambda xp, x: xp.dot(x, x.T),
    "einsum": lambda xp, x: xp.einsum("...i->...", x, optimize="greedy"),
    "apply_along_axis": lambda xp, x: xp.apply_along_axis(np.sum, 0, x),
    "apply_over_axes": lambda xp, x: xp.apply_over_axes(xp.sum, x, [0]),
    "i0": lambda xp, x: xp.i0(x),
    "trace": lambda xp, x: xp.trace(x, dtype="f8"),
    "cross": lambda xp, x: xp.cross(x, x),
}
# Where the standard's values are others than NumPy's: docs/differences.md.
APART = {("divmod", "infinite")}


@pytest.mark.parametrize("call", SHAPES)
def test_shapes(call):
    every(lambda operand: check(SHAPES[call], operand, 0), OPERANDS)


@pytest.mark.parametrize("call", VALUES)
def test_values(call):
    operands = [name for name in OPERANDS if (call, name) not in APART]
    every(lambda operand: check(VALUES[call], operand, 0), operands)


@pytest.mark.parametrize("call", MOMENTS)
def test_moments(call):
    every(lambda operand: check(MOMENTS[call], operand, 8), OPERANDS)


def check(call, operand, ulp):
    array = OPERANDS[operand]
    assert_matches_numpy(
        lambda xp: call(xp, xp.asarray(array)), warnings=False, ulp=ulp
    )
