"""A call for every public function of NumPy: what the coverage table observes.

Each example takes the namespace, `np`, and its inputs, `x`; the same example runs with
NumPy and NumPy's arrays, and with lazyarr and expressions that nobody has computed.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy

Example = Callable[[Any, Any], Any]

ARRAYS = {
    "m": numpy.array(
        [[4.0, -1.5, 2.0, 0.5], [1.0, 3.0, -2.0, 8.0], [0.25, 7.0, 6.0, -3.0]]
    ),
    "s": numpy.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]]),
    "v": numpy.array([1.0, 2.5, 4.0, 8.0]),
    "w": numpy.array([0.5, -1.0, 3.0, 2.0]),
    "n": numpy.array([1.0, numpy.nan, 3.0, -2.0]),
    "i": numpy.array([3, 1, 2, 1]),
    "j": numpy.array([[1, 5, 0], [2, 2, 7]]),
    "u": numpy.array([7, 200, 0, 3], dtype=numpy.uint8),
    "b": numpy.array([True, False, True, True]),
    "c": numpy.array([1 + 2j, -3.0, 0.5j, 2 - 1j]),
}


def numpys() -> SimpleNamespace:
    """Return the inputs as arrays of NumPy's, fresh ones."""
    return SimpleNamespace(**{name: array.copy() for name, array in ARRAYS.items()})


def lazy(la: Any) -> SimpleNamespace:
    """Return the inputs as expressions of lazyarr's."""
    made = {name: la.asarray(array) for name, array in ARRAYS.items()}
    return SimpleNamespace(
        **{n: a ^ False if a.dtype == bool else a * 1 for n, a in made.items()}
    )


def changed(
    function: Callable[..., None], array: Any, *args: Any, **options: Any
) -> Any:
    """Return an array after a function that writes into it."""
    array = array.copy()
    function(array, *args, **options)
    return array


def text(np: Any, name: str, *arrays: Any) -> Any:
    """Return what a function writes to a file, and what it reads from it."""
    file = io.BytesIO()
    getattr(np, name)(file, *arrays)
    file.seek(0)
    return np.load(file)


def through_text(np: Any, array: Any) -> Any:
    """Return an array that was written as text and read again."""
    file = io.StringIO()
    np.savetxt(file, array)
    file.seek(0)
    return np.loadtxt(file)


UNARY = [
    "abs",
    "absolute",
    "acosh",
    "arccosh",
    "asinh",
    "arcsinh",
    "atan",
    "arctan",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_not",
    "negative",
    "positive",
    "rad2deg",
    "radians",
    "reciprocal",
    "rint",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
    "spacing",
    "frexp",
    "modf",
    "fix",
    "isposinf",
    "isneginf",
    "iscomplex",
    "isreal",
    "real",
    "imag",
    "angle",
    "sinc",
    "nan_to_num",
    "i0",
    "conj",
    "conjugate",
    "round",
    "around",
]
BINARY = [
    "add",
    "arctan2",
    "atan2",
    "copysign",
    "divide",
    "equal",
    "float_power",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "less",
    "less_equal",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nextafter",
    "not_equal",
    "remainder",
    "subtract",
    "true_divide",
    "divmod",
    "isclose",
]
INTEGER = [
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "gcd",
    "lcm",
    "bitwise_left_shift",
    "bitwise_right_shift",
    "left_shift",
    "right_shift",
]
HALF = ["acos", "arccos", "asin", "arcsin", "atanh", "arctanh"]
FOLDS = [
    "all",
    "any",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "count_nonzero",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
    "nanmax",
    "nanmin",
    "nanargmax",
    "nanargmin",
    "nanmean",
    "nanmedian",
    "nanstd",
    "nansum",
    "nanprod",
    "nanvar",
    "nancumsum",
    "nancumprod",
    "sort",
    "argsort",
    "average",
    "flip",
]

FUNCTIONS: dict[str, Example] = {
    **{name: lambda np, x, f=name: getattr(np, f)(x.v) for name in UNARY},
    **{name: lambda np, x, f=name: getattr(np, f)(x.v, x.w) for name in BINARY},
    **{name: lambda np, x, f=name: getattr(np, f)(x.i, x.i) for name in INTEGER},
    **{name: lambda np, x, f=name: getattr(np, f)(x.v / 16) for name in HALF},
    **{name: lambda np, x, f=name: getattr(np, f)(x.m, axis=0) for name in FOLDS},
    "allclose": lambda np, x: np.allclose(x.v, x.v),
    "append": lambda np, x: np.append(x.v, x.w),
    "apply_along_axis": lambda np, x: np.apply_along_axis(lambda r: r[:2], 1, x.m),
    "apply_over_axes": lambda np, x: np.apply_over_axes(np.sum, x.m, [0]),
    "arange": lambda np, x: np.arange(2, 9, 2),
    "argpartition": lambda np, x: np.argpartition(x.v, 2)[2],
    "argwhere": lambda np, x: np.argwhere(x.j),
    "array": lambda np, x: np.array(x.v),
    "array2string": lambda np, x: np.array2string(x.v),
    "array_equal": lambda np, x: np.array_equal(x.v, x.v),
    "array_equiv": lambda np, x: np.array_equiv(x.v, x.v),
    "array_repr": lambda np, x: np.array_repr(x.v),
    "array_split": lambda np, x: np.array_split(x.v, 3),
    "array_str": lambda np, x: np.array_str(x.v),
    "asanyarray": lambda np, x: np.asanyarray(x.v),
    "asarray": lambda np, x: np.asarray(x.v),
    "asarray_chkfinite": lambda np, x: np.asarray_chkfinite(x.v),
    "ascontiguousarray": lambda np, x: np.ascontiguousarray(x.m.T),
    "asfortranarray": lambda np, x: np.asfortranarray(x.m),
    "astype": lambda np, x: np.astype(x.v, int),
    "atleast_1d": lambda np, x: np.atleast_1d(x.v),
    "atleast_2d": lambda np, x: np.atleast_2d(x.v),
    "atleast_3d": lambda np, x: np.atleast_3d(x.m),
    "bartlett": lambda np, x: np.bartlett(5),
    "base_repr": lambda np, x: np.base_repr(5, 3),
    "binary_repr": lambda np, x: np.binary_repr(5),
    "bincount": lambda np, x: np.bincount(x.i),
    "bitwise_count": lambda np, x: np.bitwise_count(x.i),
    "bitwise_invert": lambda np, x: np.bitwise_invert(x.i),
    "bitwise_not": lambda np, x: np.bitwise_not(x.i),
    "blackman": lambda np, x: np.blackman(5),
    "block": lambda np, x: np.block([[x.m, x.m], [x.m, x.m]]),
    "broadcast_arrays": lambda np, x: np.broadcast_arrays(x.v, x.m),
    "broadcast_shapes": lambda np, x: np.broadcast_shapes((3, 1), (4,)),
    "broadcast_to": lambda np, x: np.broadcast_to(x.v, (2, 4)),
    "can_cast": lambda np, x: np.can_cast(x.v.dtype, "f4"),
    "choose": lambda np, x: np.choose(x.i - 1, [x.v, x.w, x.v]),
    "clip": lambda np, x: np.clip(x.v, 2, 5),
    "column_stack": lambda np, x: np.column_stack((x.v, x.w)),
    "common_type": lambda np, x: np.common_type(x.v, x.i),
    "compress": lambda np, x: np.compress(x.b, x.v),
    "concat": lambda np, x: np.concat((x.v, x.w)),
    "concatenate": lambda np, x: np.concatenate((x.v, x.w)),
    "convolve": lambda np, x: np.convolve(x.v, x.w),
    "copy": lambda np, x: np.copy(x.v),
    "copyto": lambda np, x: changed(np.copyto, x.v, x.w),
    "corrcoef": lambda np, x: np.corrcoef(x.m),
    "correlate": lambda np, x: np.correlate(x.v, x.w),
    "cov": lambda np, x: np.cov(x.m),
    "cross": lambda np, x: np.cross(x.s, x.s[::-1]),
    "delete": lambda np, x: np.delete(x.v, 1),
    "diag": lambda np, x: np.diag(x.v),
    "diag_indices": lambda np, x: np.diag_indices(3),
    "diag_indices_from": lambda np, x: np.diag_indices_from(x.s),
    "diagflat": lambda np, x: np.diagflat(x.m),
    "diagonal": lambda np, x: np.diagonal(x.s),
    "diff": lambda np, x: np.diff(x.v),
    "digitize": lambda np, x: np.digitize(x.w, x.v),
    "dot": lambda np, x: np.dot(x.m, x.v),
    "dsplit": lambda np, x: np.dsplit(x.m.reshape(3, 2, 2), 2),
    "dstack": lambda np, x: np.dstack((x.v, x.w)),
    "ediff1d": lambda np, x: np.ediff1d(x.v),
    "einsum": lambda np, x: np.einsum("ij,j->i", x.m, x.v),
    "einsum_path": lambda np, x: np.einsum_path("ij,j->i", x.m, x.v)[0],
    "empty": lambda np, x: np.empty((2, 3)).shape,
    "empty_like": lambda np, x: np.empty_like(x.m).shape,
    "expand_dims": lambda np, x: np.expand_dims(x.v, 0),
    "extract": lambda np, x: np.extract(x.b, x.v),
    "eye": lambda np, x: np.eye(3),
    "fill_diagonal": lambda np, x: changed(np.fill_diagonal, x.s, 7),
    "flatnonzero": lambda np, x: np.flatnonzero(x.b),
    "fliplr": lambda np, x: np.fliplr(x.m),
    "flipud": lambda np, x: np.flipud(x.m),
    "format_float_positional": lambda np, x: np.format_float_positional(1.5),
    "format_float_scientific": lambda np, x: np.format_float_scientific(1.5),
    "from_dlpack": lambda np, x: np.from_dlpack(numpy.arange(3)),
    "frombuffer": lambda np, x: np.frombuffer(b"abcd", "u1"),
    "fromfunction": lambda np, x: np.fromfunction(lambda i, j: i * 2 + j, (2, 3)),
    "fromiter": lambda np, x: np.fromiter(range(3), int),
    "frompyfunc": lambda np, x: np.frompyfunc(abs, 1, 1)(-3),
    "fromstring": lambda np, x: np.fromstring("1 2", sep=" "),
    "full": lambda np, x: np.full((2, 2), 3.0),
    "full_like": lambda np, x: np.full_like(x.m, 3),
    "genfromtxt": lambda np, x: np.genfromtxt(io.StringIO("1,2\n3,4"), delimiter=","),
    "geomspace": lambda np, x: np.geomspace(1, 1000, 4),
    "get_printoptions": lambda np, x: np.get_printoptions()["precision"],
    "getbufsize": lambda np, x: np.getbufsize(),
    "geterr": lambda np, x: np.geterr(),
    "geterrcall": lambda np, x: np.geterrcall(),
    "gradient": lambda np, x: np.gradient(x.m),
    "hamming": lambda np, x: np.hamming(5),
    "hanning": lambda np, x: np.hanning(5),
    "histogram": lambda np, x: np.histogram(x.m, bins=5),
    "histogram2d": lambda np, x: np.histogram2d(x.v, x.w, bins=3),
    "histogram_bin_edges": lambda np, x: np.histogram_bin_edges(x.m, bins=5),
    "histogramdd": lambda np, x: np.histogramdd(x.m.T, bins=2),
    "hsplit": lambda np, x: np.hsplit(x.m, 2),
    "hstack": lambda np, x: np.hstack((x.v, x.w)),
    "identity": lambda np, x: np.identity(3),
    "indices": lambda np, x: np.indices((2, 3)),
    "inner": lambda np, x: np.inner(x.v, x.w),
    "insert": lambda np, x: np.insert(x.v, 1, 9.0),
    "interp": lambda np, x: np.interp(x.w, x.v, x.v * 2),
    "intersect1d": lambda np, x: np.intersect1d(x.v, x.w),
    "invert": lambda np, x: np.invert(x.i),
    "iscomplexobj": lambda np, x: np.iscomplexobj(x.c),
    "isdtype": lambda np, x: np.isdtype(x.v.dtype, "real floating"),
    "isfortran": lambda np, x: np.isfortran(x.m.T),
    "isin": lambda np, x: np.isin(x.i, [1, 2]),
    "isrealobj": lambda np, x: np.isrealobj(x.v),
    "isscalar": lambda np, x: np.isscalar(3.0),
    "issubdtype": lambda np, x: np.issubdtype(x.v.dtype, np.floating),
    "iterable": lambda np, x: np.iterable(x.v),
    "ix_": lambda np, x: np.ix_([0, 1], [2, 3]),
    "kaiser": lambda np, x: np.kaiser(5, 14),
    "kron": lambda np, x: np.kron(x.v, x.m),
    "ldexp": lambda np, x: np.ldexp(x.v, 2),
    "lexsort": lambda np, x: np.lexsort((x.v, x.i)),
    "linspace": lambda np, x: np.linspace(0, 1, 5),
    "load": lambda np, x: text(np, "save", x.v),
    "loadtxt": lambda np, x: through_text(np, x.m),
    "logspace": lambda np, x: np.logspace(0, 2, 5),
    "mask_indices": lambda np, x: np.mask_indices(3, np.triu),
    "matmul": lambda np, x: np.matmul(x.m, x.v),
    "matrix_transpose": lambda np, x: np.matrix_transpose(x.m),
    "matvec": lambda np, x: np.matvec(x.m, x.v),
    "may_share_memory": lambda np, x: np.may_share_memory(x.m, x.m[0]),
    "meshgrid": lambda np, x: list(np.meshgrid(x.v, x.w)),
    "min_scalar_type": lambda np, x: np.min_scalar_type(300),
    "mintypecode": lambda np, x: np.mintypecode("df"),
    "moveaxis": lambda np, x: np.moveaxis(x.m, 0, 1),
    "nanpercentile": lambda np, x: np.nanpercentile(x.n, 30),
    "nanquantile": lambda np, x: np.nanquantile(x.n, 0.3),
    "ndim": lambda np, x: np.ndim(x.m),
    "nonzero": lambda np, x: np.nonzero(x.j),
    "ones": lambda np, x: np.ones((2, 3)),
    "ones_like": lambda np, x: np.ones_like(x.m),
    "outer": lambda np, x: np.outer(x.v, x.w),
    "packbits": lambda np, x: np.packbits(x.b),
    "pad": lambda np, x: np.pad(x.m, 1, mode="edge"),
    "partition": lambda np, x: np.partition(x.v, 2)[2],
    "percentile": lambda np, x: np.percentile(x.m, 30, axis=0),
    "permute_dims": lambda np, x: np.permute_dims(x.m, (1, 0)),
    "piecewise": lambda np, x: np.piecewise(x.v, [x.v < 3, x.v >= 3], [-1, 1]),
    "place": lambda np, x: changed(np.place, x.v, numpy.array([1, 0, 1, 0], bool), [7]),
    "poly": lambda np, x: np.poly(x.v),
    "polyadd": lambda np, x: np.polyadd(x.v, x.w),
    "polyder": lambda np, x: np.polyder(x.v),
    "polydiv": lambda np, x: np.polydiv(x.v, x.w[1:]),
    "polyfit": lambda np, x: np.polyfit(x.v, x.w, 1),
    "polyint": lambda np, x: np.polyint(x.v),
    "polymul": lambda np, x: np.polymul(x.v, x.w),
    "polysub": lambda np, x: np.polysub(x.v, x.w),
    "polyval": lambda np, x: np.polyval(x.v, x.w),
    "pow": lambda np, x: np.pow(x.v, 2),
    "power": lambda np, x: np.power(x.v, x.w),
    "printoptions": lambda np, x: np.printoptions(precision=3).__class__.__name__,
    "promote_types": lambda np, x: np.promote_types("i4", "f4"),
    "put": lambda np, x: changed(np.put, x.v, [0, 2], [9.0, 8.0]),
    "put_along_axis": lambda np, x: changed(
        np.put_along_axis, x.m, numpy.array([[0], [1], [2]]), 9.0, 1
    ),
    "putmask": lambda np, x: changed(np.putmask, x.v, x.v > 2, x.w),
    "quantile": lambda np, x: np.quantile(x.m, 0.3, axis=1),
    "ravel": lambda np, x: np.ravel(x.m),
    "ravel_multi_index": lambda np, x: np.ravel_multi_index(([0, 1], [1, 2]), (2, 3)),
    "real_if_close": lambda np, x: np.real_if_close(x.c),
    "repeat": lambda np, x: np.repeat(x.v, 2),
    "require": lambda np, x: np.require(x.v, requirements="C"),
    "reshape": lambda np, x: np.reshape(x.m, (2, 6)),
    "resize": lambda np, x: np.resize(x.v, (2, 3)),
    "result_type": lambda np, x: np.result_type(x.v.dtype, x.i.dtype),
    "roll": lambda np, x: np.roll(x.v, 1),
    "rollaxis": lambda np, x: np.rollaxis(x.m, 1),
    "roots": lambda np, x: np.roots(x.v),
    "rot90": lambda np, x: np.rot90(x.m),
    "save": lambda np, x: text(np, "save", x.v),
    "savetxt": lambda np, x: through_text(np, x.m),
    "savez": lambda np, x: sorted(text(np, "savez", x.v)),
    "savez_compressed": lambda np, x: sorted(text(np, "savez_compressed", x.v)),
    "searchsorted": lambda np, x: np.searchsorted(x.v, x.w),
    "select": lambda np, x: np.select([x.v > 3, x.v > 1], [x.v, x.w], 0.0),
    "set_printoptions": lambda np, x: np.set_printoptions(precision=8),
    "setbufsize": lambda np, x: np.setbufsize(8192),
    "setdiff1d": lambda np, x: np.setdiff1d(x.v, x.w),
    "seterr": lambda np, x: sorted(np.seterr()),
    "seterrcall": lambda np, x: np.seterrcall(None),
    "setxor1d": lambda np, x: np.setxor1d(x.v, x.w),
    "shape": lambda np, x: np.shape(x.m),
    "shares_memory": lambda np, x: np.shares_memory(x.m, x.m[0]),
    "size": lambda np, x: np.size(x.m),
    "sort_complex": lambda np, x: np.sort_complex(x.c),
    "split": lambda np, x: np.split(x.v, 2),
    "squeeze": lambda np, x: np.squeeze(x.m[:1]),
    "stack": lambda np, x: np.stack((x.v, x.w)),
    "swapaxes": lambda np, x: np.swapaxes(x.m, 0, 1),
    "take": lambda np, x: np.take(x.v, [1, 0]),
    "take_along_axis": lambda np, x: np.take_along_axis(x.m, np.argsort(x.m, 1), 1),
    "tensordot": lambda np, x: np.tensordot(x.m, x.v, 1),
    "tile": lambda np, x: np.tile(x.v, 2),
    "trace": lambda np, x: np.trace(x.s),
    "transpose": lambda np, x: np.transpose(x.m),
    "trapezoid": lambda np, x: np.trapezoid(x.v),
    "tri": lambda np, x: np.tri(3),
    "tril": lambda np, x: np.tril(x.m),
    "tril_indices": lambda np, x: np.tril_indices(3),
    "tril_indices_from": lambda np, x: np.tril_indices_from(x.s),
    "trim_zeros": lambda np, x: np.trim_zeros(x.v),
    "triu": lambda np, x: np.triu(x.m),
    "triu_indices": lambda np, x: np.triu_indices(3),
    "triu_indices_from": lambda np, x: np.triu_indices_from(x.s),
    "typename": lambda np, x: np.typename("d"),
    "union1d": lambda np, x: np.union1d(x.v, x.w),
    "unique": lambda np, x: np.unique(x.i),
    "unique_all": lambda np, x: tuple(np.unique_all(x.i)),
    "unique_counts": lambda np, x: tuple(np.unique_counts(x.i)),
    "unique_inverse": lambda np, x: tuple(np.unique_inverse(x.i)),
    "unique_values": lambda np, x: np.sort(np.unique_values(x.i)),
    "unpackbits": lambda np, x: np.unpackbits(x.u),
    "unravel_index": lambda np, x: np.unravel_index(x.i, (2, 3)),
    "unstack": lambda np, x: np.unstack(x.m),
    "unwrap": lambda np, x: np.unwrap(x.v),
    "vander": lambda np, x: np.vander(x.v),
    "vdot": lambda np, x: np.vdot(x.v, x.w),
    "vecdot": lambda np, x: np.vecdot(x.v, x.w),
    "vecmat": lambda np, x: np.vecmat(x.v[:3], x.m),
    "vsplit": lambda np, x: np.vsplit(x.m, 3),
    "vstack": lambda np, x: np.vstack((x.v, x.w)),
    "where": lambda np, x: np.where(x.b, x.v, x.w),
    "zeros": lambda np, x: np.zeros((2, 3)),
    "zeros_like": lambda np, x: np.zeros_like(x.m),
}
FUNCTIONS["reciprocal"] = lambda np, x: np.reciprocal(x.v)

LINALG: dict[str, Example] = {
    **{
        name: lambda np, x, f=name: getattr(np.linalg, f)(x.s)
        for name in [
            "cholesky",
            "cond",
            "det",
            "eigvalsh",
            "inv",
            "matrix_norm",
            "matrix_rank",
            "matrix_transpose",
            "norm",
            "pinv",
            "svdvals",
            "trace",
            "diagonal",
            "vector_norm",
        ]
    },
    **{
        name: lambda np, x, f=name: tuple(getattr(np.linalg, f)(x.s))
        for name in ["eigh", "qr", "slogdet", "svd"]
    },
    "cross": lambda np, x: np.linalg.cross(x.s, x.s[::-1]),
    "eig": lambda np, x: tuple(np.linalg.eig(x.s + 0j)),
    "eigvals": lambda np, x: np.linalg.eigvals(x.s + 0j),
    "lstsq": lambda np, x: tuple(np.linalg.lstsq(x.m, x.s[0])),
    "matmul": lambda np, x: np.linalg.matmul(x.s, x.s),
    "matrix_power": lambda np, x: np.linalg.matrix_power(x.s, 3),
    "multi_dot": lambda np, x: np.linalg.multi_dot([x.s, x.m, x.v]),
    "outer": lambda np, x: np.linalg.outer(x.v, x.w),
    "solve": lambda np, x: np.linalg.solve(x.s, x.s[0]),
    "tensordot": lambda np, x: np.linalg.tensordot(x.m, x.v, axes=1),
    "tensorinv": lambda np, x: np.linalg.tensorinv(x.s.reshape(3, 3), ind=1),
    "tensorsolve": lambda np, x: np.linalg.tensorsolve(x.s, x.s[0]),
    "vecdot": lambda np, x: np.linalg.vecdot(x.v, x.w),
}
FFT: dict[str, Example] = {
    **{
        name: lambda np, x, f=name: getattr(np.fft, f)(x.m)
        for name in [
            "fft",
            "fft2",
            "fftn",
            "fftshift",
            "hfft",
            "ifft",
            "ifft2",
            "ifftn",
            "ifftshift",
            "ihfft",
            "irfft",
            "irfft2",
            "irfftn",
            "rfft",
            "rfft2",
            "rfftn",
        ]
    },
    "fftfreq": lambda np, x: np.fft.fftfreq(5),
    "rfftfreq": lambda np, x: np.fft.rfftfreq(5),
}


def _method(name: str, *args: Any, of: str = "m", **options: Any) -> Example:
    """Return a call of a method of one of the inputs."""
    return lambda np, x: getattr(getattr(x, of), name)(*args, **options)


def _kept(name: str, *args: Any, of: str = "v") -> Example:
    """Return a call of a method that changes the array."""

    def call(np: Any, x: Any) -> Any:
        array = getattr(x, of).copy()
        getattr(array, name)(*args)
        return array

    return call


def _attribute(name: str, of: str = "m") -> Example:
    return lambda np, x: getattr(getattr(x, of), name)


METHODS: dict[str, Example] = {
    **{
        name: _method(name)
        for name in [
            "all",
            "any",
            "argmax",
            "argmin",
            "conj",
            "conjugate",
            "copy",
            "cumprod",
            "cumsum",
            "flatten",
            "max",
            "mean",
            "min",
            "prod",
            "ravel",
            "round",
            "squeeze",
            "std",
            "sum",
            "trace",
            "transpose",
            "var",
            "argsort",
            "tolist",
            "nonzero",
            "tobytes",
        ]
    },
    **{
        name: _attribute(name)
        for name in [
            "T",
            "dtype",
            "itemsize",
            "nbytes",
            "ndim",
            "real",
            "imag",
            "shape",
            "size",
            "strides",
            "mT",
        ]
    },
    "argpartition": lambda np, x: x.v.argpartition(1)[1],
    "astype": _method("astype", int),
    "base": lambda np, x: x.v.copy().base,
    "byteswap": _method("byteswap", of="i"),
    "choose": lambda np, x: (x.i - 1).choose([x.v, x.w, x.v]),
    "clip": _method("clip", 0, 3),
    "compress": lambda np, x: x.v.compress(x.b),
    "ctypes": lambda np, x: type(x.v.ctypes).__name__,
    "data": lambda np, x: bytes(x.v.data),
    "diagonal": _method("diagonal", of="s"),
    "dot": lambda np, x: x.m.dot(x.v),
    "dump": lambda np, x: x.v.dump(io.BytesIO()),
    "dumps": lambda np, x: type(x.v.dumps()).__name__,
    "fill": _kept("fill", 3),
    "flags": lambda np, x: x.m.T.flags.f_contiguous,
    "flat": lambda np, x: x.m.flat[1:3],
    "item": _method("item", 2),
    "partition": lambda np, x: _kept("partition", 1)(np, x)[1],
    "put": _kept("put", [0], [9.0]),
    "repeat": _method("repeat", 2),
    "reshape": _method("reshape", 2, 6),
    "searchsorted": lambda np, x: x.v.searchsorted(x.w),
    "setflags": _kept("setflags", False),
    "sort": _kept("sort", of="w"),
    "swapaxes": _method("swapaxes", 0, 1),
    "take": _method("take", [1, 0]),
    "tofile": lambda np, x: x.v.tofile("/dev/null"),
    "view": lambda np, x: x.v.view("i8"),
    "device": _attribute("device"),
    "to_device": _method("to_device", "cpu"),
}
