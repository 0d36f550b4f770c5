"""pandas takes lazy arrays as columns, indexers and operands."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

pd = pytest.importorskip("pandas", reason="pandas is not installed")

V = np.array([3.0, 1.0, 2.0])
X = np.arange(6).reshape(3, 2)


def assign(xp):
    frame = pd.DataFrame({"a": [1, 2, 3]})
    frame["b"] = xp.asarray(V) * 2
    frame.loc[:, "c"] = xp.asarray(V) > 1
    return frame


CASES = {
    "series": lambda xp: pd.Series(xp.asarray(V) + 1),
    "series_of_integers": lambda xp: pd.Series(xp.asarray(X)[:, 0]),
    "series_with_index": lambda xp: pd.Series(xp.asarray(V), index=list("abc")),
    "frame": lambda xp: pd.DataFrame(xp.asarray(X) * 2, columns=["p", "q"]),
    "frame_of_columns": lambda xp: pd.DataFrame(
        {"a": xp.asarray(V), "b": xp.asarray(V) > 1}
    ),
    "index": lambda xp: pd.Index(xp.asarray(V)),
    "assign": assign,
    "add": lambda xp: pd.Series([1.0, 2.0, 3.0]) + xp.asarray(V),
    "radd": lambda xp: xp.asarray(V) + pd.Series([1.0, 2.0, 3.0]),
    "scalar": lambda xp: pd.Series(V) - xp.asarray(V).mean(),
    "compare": lambda xp: pd.Series(V) > xp.asarray(V).mean(),
    "clip": lambda xp: pd.Series(V).clip(xp.asarray(V).min(), xp.asarray(V).mean()),
    "iloc": lambda xp: pd.Series(V).iloc[xp.asarray([0, 2])],
    "take": lambda xp: pd.DataFrame(X).take(xp.asarray([1, 0])),
    "isin": lambda xp: pd.Series(V).isin(xp.asarray([1.0, 2.0])),
    "cut": lambda xp: pd.Series(pd.cut(xp.asarray(V), 2, labels=False)),
    "timedelta": lambda xp: pd.Series(pd.to_timedelta(xp.asarray(V), unit="s")),
    "ufunc": lambda xp: np.exp(pd.Series(V)) + xp.asarray(V),
}


@pytest.mark.parametrize("name", CASES)
def test_pandas_gives_what_it_gives_for_numpy(name):
    wanted, found = CASES[name](np), CASES[name](la)
    kind = type(wanted).__name__.lower()
    getattr(pd.testing, f"assert_{'frame' if kind == 'dataframe' else kind}_equal")(
        found, wanted
    )


def test_columns_become_lazy_arrays():
    frame = pd.DataFrame({"a": V, "b": V * 2})
    total = (la.asarray(frame["a"]) * la.asarray(frame["b"])).sum()
    assert total.compute() == (V * V * 2).sum()
    np.testing.assert_array_equal(la.asarray(frame).compute(), frame.to_numpy())
    np.testing.assert_array_equal(la.where(frame["a"] > 1, frame["b"], 0), [6, 0, 4])


FUNCTIONS = {
    "series": lambda xp, d: xp.log(d["a"]),
    "frame": lambda xp, d: xp.sqrt(d),
    "with an array": lambda xp, d: xp.add(d["a"], xp.asarray([1.0, 2.0])),
    "an array first": lambda xp, d: xp.maximum(xp.asarray([3.0, 0.5]), d["b"]),
    "index": lambda xp, d: xp.negative(d.index),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elementwise_functions_of_frames_are_frames(name):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [4.0, 9.0]}, index=[5, 7])
    made, wanted = (FUNCTIONS[name](xp, frame) for xp in (la, np))
    assert type(made) is type(wanted)
    assert made.equals(wanted)
