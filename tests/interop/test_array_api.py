"""array-api-compat and array-api-extra take lazyarr for an array API library."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

compat = pytest.importorskip("array_api_compat", reason="array-api-compat is missing")
extra = pytest.importorskip("array_api_extra", reason="array-api-extra is missing")

X = np.arange(12.0).reshape(3, 4)
V = np.array([3.0, 1.0, 2.0])


def test_the_namespace_is_lazyarr_itself():
    x = la.asarray(X)
    assert compat.array_namespace(x) is la
    assert compat.array_namespace(x * 2, la.asarray(V), 1.0, None) is la
    assert compat.is_array_api_obj(x)
    with pytest.raises(TypeError, match="Multiple namespaces"):
        compat.array_namespace(x, X)


def test_what_compat_asks_of_an_array():
    x = la.asarray(X) + 1
    assert compat.is_writeable_array(x)
    # "Lazy" means there that values cannot be asked for. Here they can.
    assert not compat.is_lazy_array(x)
    assert compat.device(x) == x.device == "cpu"
    assert compat.size(x) == 12
    assert compat.to_device(x, "cpu").device == "cpu"
    for name in ("numpy", "cupy", "torch", "jax", "dask", "ndonnx"):
        assert not getattr(compat, f"is_{name}_array")(x)


CALLS = {
    "apply_where": lambda xp, x, v: extra.apply_where(
        x > 3, (x,), lambda a: a * 2, fill_value=0
    ),
    "argpartition": lambda xp, x, v: xp.take(v, extra.argpartition(v, 1), axis=0)[1],
    "at_add": lambda xp, x, v: extra.at(x, 0).add(5.0),
    "at_set": lambda xp, x, v: extra.at(x)[1:, 0].set(7.0),
    "at_mask": lambda xp, x, v: extra.at(x, x > 5).multiply(2.0),
    "atleast_nd": lambda xp, x, v: extra.atleast_nd(v, ndim=3),
    "cov": lambda xp, x, v: extra.cov(x),
    "create_diagonal": lambda xp, x, v: extra.create_diagonal(v),
    "isclose": lambda xp, x, v: extra.isclose(x, x + 1e-9),
    "isin": lambda xp, x, v: extra.isin(v, v[:1]),
    "kron": lambda xp, x, v: extra.kron(x, v),
    "lazy_apply": lambda xp, x, v: extra.lazy_apply(np.sin, x),
    "nan_to_num": lambda xp, x, v: extra.nan_to_num(x / (x - 1)),
    "nunique": lambda xp, x, v: extra.nunique(xp.floor(x / 3)),
    "one_hot": lambda xp, x, v: extra.one_hot(xp.astype(v, xp.int64), 4),
    "pad": lambda xp, x, v: extra.pad(x, 1),
    "partition": lambda xp, x, v: extra.partition(v, 1)[1],
    "setdiff1d": lambda xp, x, v: extra.setdiff1d(v, v[:1]),
    "sinc": lambda xp, x, v: extra.sinc(x / 4),
    "union1d": lambda xp, x, v: extra.union1d(v, v[1:]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_extra_functions(name):
    wanted = CALLS[name](np, X.copy(), V)
    found = CALLS[name](la, la.array(X), la.asarray(V))
    assert isinstance(found, la.Array)
    value, wanted = np.asarray(found), np.asarray(wanted)
    assert (value.dtype, value.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(value, wanted, rtol=1e-12)


def test_at_writes_into_a_copy_if_asked_to():
    x = la.array(X)
    extra.at(x, 0).set(5.0, copy=True)
    np.testing.assert_array_equal(x.compute(), X)
