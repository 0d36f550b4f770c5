"""Comparisons: of expressions, of results, of programs with NumPy."""

from __future__ import annotations

import functools
import importlib
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lazyarr.api.handle import Handle
from lazyarr.api.interop import evaluated
from lazyarr.api.nested import array_like
from lazyarr.ir.node import Node, structure
from lazyarr.ir.text import show

_ARRAYS = (Handle, np.ndarray, np.generic)
_MISTAKES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@functools.cache
def evaluating(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gets evaluated arrays, and numbers, for lazy ones.

    It is ``lazyarr.testing``'s, where pickles look for it.
    """

    @functools.wraps(function)
    def evaluated_first(*args: Any, **options: Any) -> Any:
        known = evaluated(args), evaluated(options)
        try:
            return function(*known[0], **known[1])
        except ValueError as error:
            if "__array__ method not producing" not in str(error):
                raise
        # Objects whose ``__array__`` gives lazy arrays, which NumPy refuses.
        given = [_array_of_object(x) for x in known[0]]
        return function(*given, **{k: _array_of_object(x) for k, x in known[1].items()})

    evaluated_first.__module__ = "lazyarr.testing"
    return evaluated_first


def _array_of_object(x: Any) -> Any:
    """Return what an object says that its array is; anything else as it is."""
    return array_like(x) if hasattr(type(x), "__array__") else x


def assert_same_graph(actual: Any, expected: Any) -> None:
    """Check that two arrays are the same expression, of leaves of the same kind.

    Parameters
    ----------
    actual, expected : Array, or sequence of Array
        Operations, shapes, dtypes and sharing are compared; the values of leaves are
        not, but for those that are part of the structure.

    Raises
    ------
    AssertionError
        With the text of both.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.asarray([1.0, 2.0])
    >>> assert_same_graph(x * 3, x * 4)
    """
    first, second = _roots(actual), _roots(expected)
    if structure(first)[0] != structure(second)[0]:
        msg = f"two graphs differ:\n{show(first)}\n--- and ---\n{show(second)}"
        raise AssertionError(msg)


def _roots(arrays: Any) -> tuple[Node, ...]:
    listed = arrays if isinstance(arrays, (list, tuple)) else (arrays,)
    return tuple(x if isinstance(x, Node) else x._current() for x in listed)


# --- beside NumPy ----------------------------------------------------------------


class Outcome(NamedTuple):
    """What a function gave: its values, or its error, and the warnings it raised."""

    values: tuple[Any, ...]
    error: Exception | None
    warnings: frozenset[tuple[type[Warning], str]]


def outcome(program: Callable[[Any], Any], module: Any) -> Outcome:
    """Return what a function of an array module gives, computed.

    Parameters
    ----------
    program : callable
        ``program(np)`` and ``program(lazyarr)`` mean the same; it returns arrays,
        scalars, or nested tuples and lists of them.
    module : module
        What it is called with.

    Returns
    -------
    Outcome
        An error is one of the call; an error while computing the results is raised.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            given = program(module)
        except _MISTAKES as error:
            return Outcome((), error, frozenset())
        values = tuple(
            x.compute() if isinstance(x, Handle) else x  # type: ignore[attr-defined]
            for x in _leaves(given)
        )
    # NumPy's scalars say "scalar add" where its arrays say "add".
    # And some of its releases end a text with a full stop.
    texts = (
        (w.category, str(w.message).replace("scalar ", "").removesuffix("."))
        for w in caught
    )
    return Outcome(values, None, frozenset(texts))


def _leaves(given: Any) -> Iterator[Any]:
    if isinstance(given, (tuple, list)):
        for item in given:
            yield from _leaves(item)
    else:
        yield given


def assert_matches_numpy(
    program: Callable[[Any], Any], *, warnings: bool = True, ulp: int = 0
) -> None:
    """Check that a function gives with lazyarr what it gives with NumPy.

    Values are compared bit for bit, with dtype, shape and warnings; where NumPy
    raises, lazyarr must raise an exception of that type or of a child of it, and at
    the call.

    Parameters
    ----------
    program : callable
        Takes the array module; see `outcome`.
    warnings : bool
        Whether the sets of warnings must agree.
    ulp : int
        By how many units in the last place floating values may differ.

    Raises
    ------
    AssertionError
        They differ.

    Examples
    --------
    >>> assert_matches_numpy(lambda xp: xp.asarray([1, 2]) / 3)
    """
    expected = outcome(program, np)
    actual = outcome(program, importlib.import_module("lazyarr"))
    if expected.error is not None or actual.error is not None:
        _assert_same_error(actual.error, expected.error)
        return
    assert len(actual.values) == len(expected.values), (actual, expected)
    for x, y in zip(actual.values, expected.values, strict=True):
        assert_same_bits(x, y, ulp=ulp)
    if warnings:
        assert actual.warnings == expected.warnings


def _assert_same_error(actual: Exception | None, expected: Exception | None) -> None:
    if expected is None:
        msg = f"lazyarr raised {actual!r}, NumPy did not"
        raise AssertionError(msg) from actual
    kind = type(expected)
    # Exceptions that only NumPy can name stand for their public parents.
    while kind.__name__.startswith(("_", "UFunc")):
        kind = kind.__mro__[1]
    if not isinstance(actual, kind):
        msg = f"NumPy raised {expected!r}, lazyarr {actual!r}"
        raise AssertionError(msg) from actual  # noqa: TRY004 - a failed test


def assert_same_bits(actual: Any, expected: Any, *, ulp: int = 0) -> None:
    """Check that two results have one type, dtype and shape, and the same bits.

    Parameters
    ----------
    actual, expected : object
        Arrays and NumPy scalars are compared as arrays, anything else by ``==``.
    ulp : int
        By how many units in the last place floating values may differ.

    Raises
    ------
    AssertionError
        They differ.

    Examples
    --------
    >>> assert_same_bits(np.float64(-0.0), np.array(-0.0))
    """
    if not isinstance(actual, _ARRAYS) and not isinstance(expected, _ARRAYS):
        same = actual == expected or (actual != actual and expected != expected)
        assert type(actual) is type(expected), (actual, expected)
        assert same, (actual, expected)
        return
    x, y = np.asarray(actual), np.asarray(expected)
    assert (x.dtype, x.shape) == (y.dtype, y.shape), f"{actual!r} is not {expected!r}"
    if x.tobytes() == y.tobytes():
        return
    if ulp and x.dtype.kind in "fc":
        real = np.empty(0, x.dtype).real.dtype
        limit = ulp * np.finfo(real).eps
        np.testing.assert_allclose(x, y, rtol=limit, atol=0)
        return
    msg = f"{actual!r} is not {expected!r} to the last bit"
    raise AssertionError(msg)
