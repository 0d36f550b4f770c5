"""Arguments and keywords that few programs use, of small known arrays and of others.

Each case runs with NumPy, with arrays that are known and with arrays that are not: what
it returns, or the kind of error that it raises, is NumPy's.
"""

import operator
import pickle

import numpy as np
import pytest


def a(xp):
    return xp.asarray(np.array([[3.0, 1.0, 2.0], [0.5, -4.0, 9.0]]))


def v(xp):
    return xp.asarray(np.array([3.0, 1.0, 2.0, 7.0, 5.0]))


def i(xp):
    return xp.asarray(np.array([3, 1, 2, 7, 5]))


def z(xp):
    return xp.asarray(np.array([3.0 + 1j, np.nan - 2j, complex(np.inf, -np.inf)]))


def zz(xp):
    return xp.asarray(np.array([1.234 + 5.678j, -2.5 + 0.5j]))


def h(xp):
    return xp.asarray(np.array([3.0, 1.0, 2.0], dtype=np.float16))


def sym(xp):
    return xp.asarray(np.array([[2.0, 1.0], [1.0, 3.0]]))


def into(xp, function, like):
    """Return an array like another, written into by a function."""
    out = xp.asarray(np.zeros_like(np.asarray(like))).copy()
    function(out)
    return out


def doubled(xp):
    w = v(xp).copy()
    with xp.nditer(w, op_flags=["readwrite"]) as steps:
        for x in steps:
            x[...] = 2 * x
    return w


CASES = {
    "real variance of complex numbers": lambda xp: xp.var(zz(xp), dtype="f8"),
    "real deviation of complex numbers": lambda xp: xp.std(
        zz(xp), 0, "f4", ddof=1, keepdims=True
    ),
    "real variance of some complex numbers": lambda xp: xp.var(
        zz(xp), dtype="f2", where=[True, False]
    ),
    "real variance about a mean": lambda xp: xp.var(
        zz(xp), dtype="f8", mean=zz(xp)[:1]
    ),
    "histogram by name": lambda xp: xp.histogram(v(xp), "auto"),
    "histogram by name with weights": lambda xp: xp.histogram(
        v(xp), "auto", weights=v(xp)
    ),
    "histogram weights": lambda xp: xp.histogram(v(xp), 3, weights=v(xp)),
    "histogram wrong weights": lambda xp: xp.histogram(v(xp), 3, weights=v(xp)[:2]),
    "edges by name": lambda xp: xp.histogram_bin_edges(v(xp), "sturges"),
    "compress 2d condition": lambda xp: xp.compress([[True]], v(xp)),
    "piecewise of a number": lambda xp: xp.piecewise(
        xp.sum(v(xp)), xp.sum(v(xp)) > 3, [lambda y: y * 2, 0]
    ),
    "piecewise wrong count": lambda xp: xp.piecewise(v(xp), [v(xp) > 2], [1, 2, 3]),
    "piecewise default": lambda xp: xp.piecewise(v(xp), [v(xp) > 2], [1, 2]),
    "require C and F": lambda xp: xp.require(a(xp), requirements=["C", "F"]),
    "require own": lambda xp: xp.require(a(xp)[0], requirements=["O"]).flags.owndata,
    "shares real imag": lambda xp: (lambda w: xp.shares_memory(w.real, w.imag))(
        zz(xp).copy()
    ),
    "shares real whole": lambda xp: (lambda w: xp.shares_memory(w.real, w))(
        zz(xp).copy()
    ),
    "shares reshape": lambda xp: (lambda w: xp.shares_memory(w.reshape(3, 2)[0], w[1]))(
        a(xp).copy()
    ),
    "shares same": lambda xp: (lambda w: xp.shares_memory(w, w))(a(xp).copy()),
    "shares scalar": lambda xp: xp.shares_memory(1, v(xp)),
    "qr raw": lambda xp: xp.linalg.qr(sym(xp), "raw"),
    "svd hermitian": lambda xp: xp.linalg.svd(sym(xp), hermitian=True),
    "svd hermitian values": lambda xp: xp.linalg.svd(
        sym(xp), compute_uv=False, hermitian=True
    ),
    "svd values": lambda xp: xp.linalg.svd(sym(xp), compute_uv=False),
    "reflected floor divide": lambda xp: 7 // v(xp)[1],
    "fraction floor divide": lambda xp: np.float64(7) // v(xp)[1],
    "pickle element": lambda xp: pickle.loads(pickle.dumps(v(xp)[1])),
    "index of float": lambda xp: operator.index(v(xp)[1]),
    "index of int": lambda xp: operator.index(i(xp)[1]),
    "at slice": lambda xp: into(
        xp, lambda o: xp.add.at(o, slice(1, 3), 2.0), np.zeros(5)
    ),
    "at slice array": lambda xp: into(
        xp, lambda o: xp.add.at(o, slice(1, 3), v(xp)[:2]), np.zeros(5)
    ),
    "at slice cast": lambda xp: into(
        xp, lambda o: xp.add.at(o, slice(1, 3), 2.5), np.zeros(5, int)
    ),
    "at list": lambda xp: into(xp, lambda o: xp.add.at(o, [0, 0, 1], 2.0), np.zeros(5)),
    "at unary": lambda xp: into(xp, lambda o: xp.negative.at(o, [0, 0, 1]), np.ones(5)),
    "at unary slice": lambda xp: into(
        xp, lambda o: xp.negative.at(o, slice(2)), np.ones(5)
    ),
    "at of numpy": lambda xp: (lambda o: (xp.add.at(o, [0, 0], v(xp)[:2]), o)[1])(
        np.zeros(3)
    ),
    "np at": lambda xp: into(xp, lambda o: np.add.at(o, [0, 0, 1], 2.0), np.zeros(5)),
    "greater reduce": lambda xp: xp.greater.reduce(v(xp)),
    "reduce where": lambda xp: xp.add.reduce(a(xp), 0, where=a(xp) > 1),
    "reduce out keyword tuple": lambda xp: into(
        xp, lambda o: xp.add.reduce(a(xp), 0, out=(o,)), np.zeros(3)
    ),
    "sum where int": lambda xp: xp.sum(v(xp), where=i(xp)),
    "sum where broadcast": lambda xp: xp.sum(
        a(xp), axis=0, where=xp.asarray([True, False, True])
    ),
    "max empty initial": lambda xp: xp.max(v(xp)[:0], initial=3.0),
    "max where initial": lambda xp: xp.max(a(xp), axis=1, initial=-9, where=a(xp) > 1),
    "max initial array": lambda xp: xp.max(a(xp), initial=v(xp)[0]),
    "modf out": lambda xp: xp.modf(v(xp), xp.zeros(5), xp.zeros(5)),
    "modf out tuple": lambda xp: xp.modf(v(xp), out=(xp.zeros(5), xp.zeros(5))),
    "modf out both": lambda xp: xp.modf(v(xp), xp.zeros(5), out=(xp.zeros(5), None)),
    "modf too many": lambda xp: xp.modf(v(xp), xp.zeros(5), xp.zeros(5), xp.zeros(5)),
    "modf short tuple": lambda xp: xp.modf(v(xp), out=(xp.zeros(5),)),
    "matvec wrong": lambda xp: xp.matvec(v(xp), v(xp)),
    "matvec mismatch": lambda xp: xp.matvec(a(xp), v(xp)),
    "vecmat": lambda xp: xp.vecmat(v(xp)[:2], a(xp)),
    "quantile weights": lambda xp: xp.quantile(
        v(xp), 0.5, weights=i(xp), method="inverted_cdf"
    ),
    "quantile axis weights": lambda xp: xp.quantile(
        a(xp),
        [0.5, 0.2],
        axis=1,
        weights=xp.abs(a(xp)),
        method="inverted_cdf",
        keepdims=True,
    ),
    "nanquantile weights": lambda xp: xp.nanquantile(
        v(xp), 0.5, weights=i(xp), method="inverted_cdf"
    ),
    "percentile half": lambda xp: xp.percentile(h(xp), [20, 30]),
    "quantile int": lambda xp: xp.quantile(i(xp), 0.3),
    "quantile of single": lambda xp: xp.quantile(
        v(xp).astype(np.float32), np.float64(0.3)
    ),
    "nanargmax int": lambda xp: xp.nanargmax(i(xp)),
    "nanargmax all": lambda xp: xp.nanargmax(a(xp)),
    "nanargmin axis": lambda xp: xp.nanargmin(a(xp), axis=1),
    "nanargmax all nan": lambda xp: xp.nanargmax(xp.asarray([np.nan, np.nan])),
    "argpartition none": lambda xp: xp.partition(a(xp), 2, axis=None),
    "interp empty": lambda xp: xp.interp(v(xp), v(xp)[:0], v(xp)[:0]),
    "interp unequal": lambda xp: xp.interp(v(xp), v(xp), v(xp)[:2]),
    "interp 2d": lambda xp: xp.interp(v(xp), a(xp), a(xp)),
    "lexsort none": lambda xp: xp.lexsort(()),
    "lexsort unequal": lambda xp: xp.lexsort((v(xp), v(xp)[:2])),
    "lexsort": lambda xp: xp.lexsort((v(xp), i(xp))),
    "einsum lists": lambda xp: xp.einsum(a(xp), [0, 1], v(xp)[:3], [1]),
    "einsum lists out": lambda xp: xp.einsum(a(xp), [0, 1], a(xp), [0, 1], [1]),
    "einsum ellipsis": lambda xp: xp.einsum(a(xp), [Ellipsis, 1], [Ellipsis]),
    "einsum dtype": lambda xp: xp.einsum(
        "ij->j", i(xp)[:4].reshape(2, 2), dtype=np.float32, casting="unsafe"
    ),
    "einsum dtype refused": lambda xp: xp.einsum("ij->j", a(xp), dtype=int),
    "einsum terms": lambda xp: xp.einsum("ij,j", a(xp)),
    "einsum repeated": lambda xp: xp.einsum("ii->i", sym(xp)),
    "einsum wrong sides": lambda xp: xp.einsum("ij,jk", a(xp), a(xp)),
    "where one": lambda xp: xp.where(v(xp) > 1, v(xp)),
    "clip none": lambda xp: xp.clip(v(xp), None, None),
    "clip none out": lambda xp: into(
        xp, lambda o: xp.clip(v(xp), None, None, out=o), np.zeros(5)
    ),
    "clip wide": lambda xp: xp.clip(xp.asarray(np.array([1, 200], np.uint8)), 0, 255),
    "clip out": lambda xp: into(xp, lambda o: xp.clip(v(xp), 2, 3, out=o), np.zeros(5)),
    "round complex": lambda xp: xp.round(zz(xp), 1),
    "round complex out": lambda xp: into(
        xp, lambda o: xp.round(zz(xp), 1, out=o), np.zeros(2, complex)
    ),
    "round out": lambda xp: into(
        xp, lambda o: xp.round(v(xp) / 3, 2, out=o), np.zeros(5)
    ),
    "round int negative": lambda xp: xp.round(i(xp) * 7, -1),
    "nan_to_num complex": lambda xp: xp.nan_to_num(z(xp)),
    "nan_to_num complex given": lambda xp: xp.nan_to_num(
        z(xp), nan=1.0, posinf=2.0, neginf=3.0
    ),
    "nan_to_num in place": lambda xp: (lambda w: (xp.nan_to_num(w, copy=False), w)[1])(
        z(xp).copy()
    ),
    "array_equal shapes": lambda xp: xp.array_equal(v(xp), v(xp)[:2]),
    "array_equal nan": lambda xp: xp.array_equal(
        z(xp)[:2].real, z(xp)[:2].real, equal_nan=True
    ),
    "sinc int": lambda xp: xp.sinc(i(xp)),
    "sort none": lambda xp: xp.sort(a(xp), axis=None),
    "argsort none": lambda xp: xp.argsort(a(xp), axis=None),
    "argsort order": lambda xp: xp.argsort(v(xp), order="x"),
    "split at": lambda xp: xp.split(v(xp), xp.asarray([1, 3])),
    "split at list": lambda xp: xp.split(v(xp), [1, 3]),
    "flat array": lambda xp: np.asarray(a(xp).flat),
    "flat copy": lambda xp: a(xp).flat.copy(),
    "flat set": lambda xp: into(
        xp, lambda o: o.flat.__setitem__([0, 1], [7, 8]), np.zeros(5)
    ),
    "flat set empty": lambda xp: into(
        xp, lambda o: o.flat.__setitem__(0, []), np.zeros(5)
    ),
    "copyto numpy": lambda xp: (lambda o: (xp.copyto(o, v(xp), where=v(xp) > 2), o)[1])(
        np.zeros(5)
    ),
    "put numpy": lambda xp: (lambda o: (xp.put(o, i(xp)[1:3], v(xp)[:2]), o)[1])(
        np.zeros(5)
    ),
    "put mode": lambda xp: into(
        xp, lambda o: xp.put(o, [9], 1, mode="clop"), np.zeros(5)
    ),
    "put clip": lambda xp: into(
        xp, lambda o: xp.put(o, [9], 1, mode="clip"), np.zeros(5)
    ),
    "var dtype int": lambda xp: xp.var(v(xp), dtype=int),
    "std halves out": lambda xp: into(
        xp,
        lambda o: xp.std(a(xp).astype(np.float16), axis=0, out=o),
        np.zeros(3, np.float16),
    ),
    "mean halves where": lambda xp: xp.mean(h(xp), where=h(xp) > 1),
    "nonzero element": lambda xp: xp.nonzero(v(xp)[1]),
    "where element": lambda xp: xp.where(v(xp)[1]),
    "where element chosen": lambda xp: xp.where(v(xp)[1] > 0, v(xp), 0),
    "gradient": lambda xp: xp.gradient(v(xp), 2.0),
    "insert slice": lambda xp: xp.insert(v(xp), slice(1, 3), 9.0),
    "delete slice": lambda xp: xp.delete(v(xp), slice(None, None, 2)),
    "random out": lambda xp: into(
        xp,
        lambda o: xp.random.default_rng(np.random.Philox(3)).random(out=o),
        np.zeros(5),
    ),
    "nditer with": doubled,
    "nditer items": lambda xp: [float(x) for x in xp.nditer(v(xp))],
    "nditer two": lambda xp: [
        (float(x), float(y)) for x, y in xp.nditer([v(xp), v(xp)])
    ],
    "nditer parts": lambda xp: (lambda it: (len(it), float(it[0])))(
        xp.nditer([v(xp), v(xp)])
    ),
    "broadcast reset": lambda xp: (lambda b: (next(b), b.reset(), next(b)))(
        xp.broadcast(v(xp), v(xp))
    ),
    "ndarray": lambda xp: xp.ndarray((2,), float, buffer=np.arange(3.0)),
    "select": lambda xp: xp.select([v(xp) > 2, v(xp) > 6], [v(xp), -v(xp)], 9),
    "set different kinds": lambda xp: xp.isin(v(xp), [1, "a"]),
    "matmul out tuple": lambda xp: into(
        xp, lambda o: xp.matmul(sym(xp), sym(xp), out=(o,)), np.zeros((2, 2))
    ),
    "add out tuple": lambda xp: into(
        xp, lambda o: xp.add(v(xp), 1, out=(o,)), np.zeros(5)
    ),
    "add where": lambda xp: xp.add(v(xp), 1, where=v(xp) > 2, out=xp.zeros(5)),
    "add where kind": lambda xp: xp.add(
        v(xp), 1, where=v(xp) > 2, out=xp.zeros(5, int)
    ),
    "add dtype": lambda xp: xp.add(i(xp), 1, dtype=np.float32),
    "add matrix of lists": lambda xp: xp.add([1, 2], v(xp)[:2]),
    "power small broadcast": lambda xp: v(xp) ** v(xp)[:1],
    "power of ints to negative": lambda xp: i(xp) ** -1,
    "ipow": lambda xp: into(xp, lambda o: o.__ipow__(v(xp)), np.ones(5) * 2),
    "ipow int by float": lambda xp: into(
        xp, lambda o: o.__ipow__(0.5), np.ones(5, int) * 2
    ),
    "ipow borrowed": lambda xp: (lambda w: w.__ipow__(2))(v(xp).copy()),
    "divide by zero": lambda xp: v(xp) / xp.zeros(5),
    "negative of unsigned min": lambda xp: -xp.asarray(np.array([0, 1], np.uint8)),
    "mask of all": lambda xp: a(xp)[xp.asarray(True)],
    "assign array of one": lambda xp: into(
        xp, lambda o: o.__setitem__(0, v(xp)[:1]), np.zeros(5)
    ),
    "assign array to element": lambda xp: into(
        xp, lambda o: o.__setitem__(0, v(xp)), np.zeros(5)
    ),
    "index by int element": lambda xp: v(xp)[i(xp)[1]],
    "fliplr": lambda xp: xp.fliplr(v(xp)),
    "asarray copy False cast": lambda xp: xp.asarray(v(xp), dtype=int, copy=False),
    "asarray order copy False": lambda xp: xp.asarray(a(xp), order="F", copy=False),
    "finfo repr": lambda xp: repr(xp.finfo(float)),
    "finfo missing": lambda xp: xp.finfo(float).__wrong__,
    "mgrid floats": lambda xp: xp.mgrid[0:1:3j],
    "ogrid": lambda xp: xp.ogrid[0:2, 0:3],
    "cumsum out tuple": lambda xp: into(
        xp, lambda o: xp.cumsum(v(xp), out=o), np.zeros(5)
    ),
    "method clip": lambda xp: v(xp).clip(2, 3),
    "method std out": lambda xp: into(
        xp, lambda o: a(xp).std(axis=0, out=o), np.zeros(3)
    ),
    "method trace out": lambda xp: into(
        xp, lambda o: a(xp).dot(v(xp)[:3], out=o), np.zeros(2)
    ),
    "method choose out": lambda xp: into(
        xp,
        lambda o: xp.asarray([0, 1]).choose([sym(xp)[0], sym(xp)[1]], out=o),
        np.zeros(2),
    ),
    "method compress": lambda xp: into(
        xp, lambda o: v(xp).compress([1, 0, 1], out=o), np.zeros(2)
    ),
    "view type": lambda xp: type(v(xp).view(np.ma.MaskedArray)).__name__,
    "concat dtype": lambda xp: xp.concatenate([v(xp), v(xp)], dtype=np.float32),
    "concat refused": lambda xp: xp.concatenate([v(xp), v(xp)], dtype=int),
    "concat unsafe": lambda xp: xp.concatenate(
        [v(xp), v(xp)], dtype=int, casting="unsafe"
    ),
    "stack dtype": lambda xp: xp.stack([v(xp), v(xp)], dtype=np.float32),
    "stack out": lambda xp: xp.stack([v(xp), v(xp)], out=xp.zeros((2, 5)), axis=0),
    "vstack dtype": lambda xp: xp.vstack([v(xp), v(xp)], dtype=np.float32),
    "too many indices": lambda xp: a(xp)[1, 2, 3],
    "two ellipses": lambda xp: a(xp)[..., ...],
    "reshape copy False": lambda xp: xp.reshape(a(xp).T, (6,), copy=False),
    "transpose none": lambda xp: xp.transpose(a(xp), None),
    "matrix_transpose vector": lambda xp: xp.matrix_transpose(v(xp)),
    "diagonal one axis": lambda xp: xp.diagonal(a(xp), 0, 1, 1),
    "flags text": lambda xp: str(a(xp).copy().flags),
    "flags of view": lambda xp: str(a(xp).copy()[:, 1].flags),
    "flag names": lambda xp: [
        bool(a(xp).copy().flags[n])
        for n in ("C", "F", "O", "W", "A", "B", "CA", "FA", "FNC", "FORC", "CARRAY")
    ],
    "flag unknown": lambda xp: a(xp).flags["Q"],
    "flag set": lambda xp: (
        lambda w: (w.flags.__setitem__("W", False), w.flags.writeable)[1]
    )(a(xp).copy()),
    "flag set other": lambda xp: a(xp).copy().flags.__setitem__("C", False),
    "flag attributes": lambda xp: (
        lambda f: [f.owndata, f.behaved, f.carray, f.aligned, f.forc, f.fnc]
    )(a(xp).copy().flags),
    "setflags uic": lambda xp: a(xp).copy().setflags(uic=True),
    "setflags view of locked": lambda xp: (
        lambda w: (w.setflags(write=False), w[0].setflags(write=True))
    )(a(xp).copy()),
    "lock then write": lambda xp: (
        lambda w: (w.setflags(write=False), w.__setitem__(0, 1))
    )(a(xp).copy()),
    "fftn no axes": lambda xp: xp.fft.fftn(a(xp), axes=()),
    "rfftn no axes": lambda xp: xp.fft.rfftn(a(xp), axes=()),
    "len of no axes": lambda xp: len(xp.asarray(3.0) * 2),
    "iteration of no axes": lambda xp: iter(xp.asarray(3.0) * 2),
    "power of itself": lambda xp: v(xp) ** v(xp),
    "equal to a text": lambda xp: v(xp) == "a",
    "count of no axes": lambda xp: xp.count_nonzero(xp.asarray(3.0)),
    "argwhere of no axes": lambda xp: xp.argwhere(xp.asarray(3.0)),
    "inner of a number": lambda xp: xp.inner(2.0, v(xp)),
    "angle": lambda xp: xp.angle(zz(xp), deg=True),
    "clip above": lambda xp: xp.clip(v(xp), None, 3.0),
    "diff with a number before": lambda xp: xp.diff(v(xp), prepend=0.0, append=[1.0]),
    "shape as an array": lambda xp: xp.zeros(xp.asarray([2, 3])).shape,
    "number in a set": lambda xp: xp.isin(i(xp), 7),
    "number that fits no set": lambda xp: xp.isin(i(xp), 2.5),
    "complex number in a set": lambda xp: xp.isin(i(xp), 1j),
    "quantile by a text": lambda xp: xp.quantile(v(xp), "a"),
    "copy in its order": lambda xp: xp.copy(a(xp).T, order="A").flags.f_contiguous,
    "require its order": lambda xp: xp.asarray(a(xp).T, order="A").flags.f_contiguous,
    "permute to the front": lambda xp: xp.permute_dims(a(xp)),
    "flags are equal": lambda xp: v(xp).flags == v(xp).flags,
    "flags of what out takes": lambda xp: (
        xp.clip(v(xp), 1, 2, out=xp.zeros(5)).flags == xp.zeros(5).flags
    ),
    "flags and a text": lambda xp: v(xp).flags == "C",
    "lock twice": lambda xp: (
        lambda w: (w.setflags(write=False), w.setflags(write=False), w.flags.writeable)
    )(a(xp).copy()),
    "steps of several": lambda xp: [float(x * y) for x, y in xp.nditer([v(xp), i(xp)])],
    "steps that are closed": lambda xp: (
        lambda w, steps: (steps[0].__setitem__(..., 9.0), steps.close(), w)[2]
    )(*(lambda w: (w, xp.nditer(w, op_flags=["readwrite"])))(v(xp).copy())),
    "steps of what is broadcast": lambda xp: [
        float(x) for x in xp.nditer(xp.broadcast_to(a(xp).T, (2, 3, 2)))
    ],
    "steps of a shape": lambda xp: xp.nditer(a(xp)).shape,
    "where in atanh": lambda xp: xp.atanh(v(xp) / 8, where=v(xp) < 6, out=xp.zeros(5)),
    "where in all": lambda xp: xp.all(a(xp), axis=1, where=a(xp) > 1),
    "power of a matrix, none": lambda xp: xp.linalg.matrix_power(sym(xp), 0),
    "power of a matrix, many": lambda xp: xp.linalg.matrix_power(sym(xp), 13),
    "power of a matrix, inverse": lambda xp: xp.linalg.matrix_power(sym(xp), -2).round(
        12
    ),
    "rank with a bound": lambda xp: xp.linalg.matrix_rank(sym(xp), tol=2.0),
    "rank with a relative bound": lambda xp: xp.linalg.matrix_rank(sym(xp), rtol=0.9),
    "rank of nothing": lambda xp: xp.linalg.matrix_rank(xp.zeros((2, 0, 3))),
    "condition in another norm": lambda xp: xp.linalg.cond(sym(xp), 1),
    "norm of a vector as a matrix": lambda xp: xp.linalg.matrix_norm(v(xp)),
    "inverse over no axes": lambda xp: xp.linalg.tensorinv(sym(xp), ind=0),
    "tensor equation over axes": lambda xp: xp.linalg.tensorsolve(
        sym(xp).reshape(1, 2, 2), v(xp)[:2], axes=(0,)
    ).round(12),
    "tensor equation that is none": lambda xp: xp.linalg.tensorsolve(a(xp), v(xp)[:2]),
    "sum into a text": lambda xp: xp.sum(v(xp), out="text"),
    "largest into a list": lambda xp: v(xp).max(out=[0.0, 0.0]),
    "mean into a number": lambda xp: xp.mean(v(xp), out=5),
    "running sum into a tuple": lambda xp: xp.cumsum(v(xp), 0, out=(1,)),
    "fold into a mapping": lambda xp: xp.add.reduce(v(xp), 0, None, {}),
    "einsum by no rule": lambda xp: xp.einsum("ij->ji", a(xp), casting="other"),
    "einsum in no order": lambda xp: xp.einsum("ij->i", a(xp), order="other"),
    "concatenate by no rule": lambda xp: xp.concatenate([v(xp)], casting="other"),
    "stack by no rule": lambda xp: xp.stack([v(xp)], casting="other"),
    "too many axes": lambda xp: xp.reshape(v(xp), (1,) * 64 + (-1,)),
    "too many new axes": lambda xp: xp.expand_dims(v(xp), tuple(range(64))),
    "stretched along too many": lambda xp: xp.broadcast_to(v(xp), (1,) * 64 + (5,)),
    "as many axes as there are": lambda xp: xp.reshape(v(xp), (1,) * 63 + (-1,)),
    "draws into steps": lambda xp: xp.random.default_rng(1).random(
        out=xp.zeros((4, 4))[::2]
    ),
    "draws into an array backwards": lambda xp: xp.random.default_rng(
        1
    ).standard_normal(out=xp.zeros(4)[::-1]),
    "draws into an array": lambda xp: (
        xp.random.default_rng(1).random(out=xp.zeros((3, 4), order="F")).shape
    ),
    "little": lambda xp: (lambda w, k: [w[k], w[k].sum(), k])(v(xp) * 2, v(xp) > 2),
    "little text": lambda xp: (lambda w, k: [str(w[k]), k])(v(xp) * 2, v(xp) > 2),
}


@pytest.mark.parametrize("small", [True, False], ids=["known", "planned"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_rare_argument_does_what_numpys_does(case, small, does_what_numpys_does):
    does_what_numpys_does(case, small)
