"""xarray keeps lazy arrays lazy."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed

xr = pytest.importorskip("xarray", reason="xarray is not installed")

X = np.arange(12.0).reshape(3, 4) - 3
V = np.array([3.0, 1.0, 2.0])


def data(values):
    """Return a labelled array and a shorter one."""
    labels = {"a": [0, 1, 2]}
    return xr.DataArray(values(X), dims=("a", "b"), coords=labels), xr.DataArray(
        values(V), dims="a"
    )


LAZY = {
    "arithmetic": lambda x, v: x * 2 + 1 - x**2,
    "broadcast": lambda x, v: x + v,
    "comparison": lambda x, v: x > v,
    "numpy_function": lambda x, v: np.sqrt(abs(x)),
    "mean": lambda x, v: x.mean("a"),
    "sum": lambda x, v: x.sum(),
    "std": lambda x, v: x.std("b"),
    "max": lambda x, v: x.max("b"),
    "argmax": lambda x, v: x.argmax("b"),
    "cumsum": lambda x, v: x.cumsum("b"),
    "isel": lambda x, v: x.isel(a=slice(1, None), b=0),
    "isel_list": lambda x, v: x.isel(b=[0, 2]),
    "sel": lambda x, v: x.sel(a=1),
    "where": lambda x, v: x.where(x > 3),
    "where_other": lambda x, v: x.where(x > 3, 0),
    "transpose": lambda x, v: x.transpose("b", "a"),
    "stack": lambda x, v: x.stack(z=("a", "b")),
    "concat": lambda x, v: xr.concat([x, x], "a"),
    "diff": lambda x, v: x.diff("b"),
    "dot": lambda x, v: xr.dot(x, v, dim="a"),
    "fillna": lambda x, v: x.where(x > 3).fillna(0),
    "isnull": lambda x, v: x.isnull(),
    "clip": lambda x, v: x.clip(0, 5),
    "astype": lambda x, v: x.astype("f4"),
    "expand_dims": lambda x, v: x.expand_dims("q"),
    "broadcast_like": lambda x, v: v.broadcast_like(x),
    "coarsen": lambda x, v: x.coarsen(b=2).mean(),
    "apply_ufunc": lambda x, v: xr.apply_ufunc(np.exp, x),
    "sortby": lambda x, v: x.sortby("a", ascending=False),
    "copy": lambda x, v: x.copy(deep=True),
    "roll": lambda x, v: x.roll(b=1),
    "shift": lambda x, v: x.shift(b=1),
    "pad": lambda x, v: x.pad(b=1),
}
READ = {
    "groupby": lambda x, v: x.groupby("a").mean(),
    "interp": lambda x, v: x.interp(a=0.5),
    "quantile": lambda x, v: x.quantile(0.5),
    "median": lambda x, v: x.median(),
    "where_drop": lambda x, v: x.where(x > 3, drop=True),
    "dataset": lambda x, v: xr.Dataset({"q": x}).mean().q,
    "polyfit": lambda x, v: x.polyfit("a", 1).polyfit_coefficients,
    "rolling": lambda x, v: x.rolling(b=2).mean(),
}


def assert_alike(found, wanted):
    """Compare values, dtypes, labels."""
    assert found.dims == wanted.dims
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-12, atol=1e-12)
    assert set(found.coords) == set(wanted.coords)


@pytest.mark.usefixtures("planned")  # a scalar that is known is NumPy's for xarray
@pytest.mark.parametrize("name", LAZY)
def test_what_stays_lazy(name):
    wanted = LAZY[name](*data(np.array))
    found = LAZY[name](*data(la.array))
    assert isinstance(found.data, la.Array)
    assert_alike(found, wanted)


@pytest.mark.parametrize("name", READ)
def test_what_may_be_read(name):
    assert_alike(READ[name](*data(la.array)), READ[name](*data(np.array)))


def test_nothing_is_computed_until_values_are_asked_for():
    x, v = data(la.array)
    with RaiseIfComputed():
        y = (np.exp(x) + v).mean("a", skipna=False).transpose()
        text = repr(y), y._repr_html_()
    assert "lazyarr.Array" in text[0]
    wanted = (np.exp(data(np.array)[0]) + data(np.array)[1]).mean("a")
    np.testing.assert_allclose(y.values, wanted.values, rtol=1e-14)


def test_assignment_and_conversion():
    x, _ = data(la.array)
    x[{"a": 0}] = 1
    x.loc[2] *= 2
    wanted = X.copy()
    wanted[0], wanted[2] = 1, wanted[2] * 2
    np.testing.assert_array_equal(x.to_numpy(), wanted)
    assert type(x.as_numpy().data) is np.ndarray
    assert x.equals(x.copy())
