"""The generator behind `default_rng`: NumPy's Philox4x64-10, drawn from lazily."""

from __future__ import annotations

import operator
from collections.abc import MutableSequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import (
    axes,
    indexing,
    interop,
    manipulation,
    searching,
    sorting,
    stages,
)
from lazyarr.api.creation import shape_of
from lazyarr.api.drawn import array, at_once, cast, is_scalar, map_of, number
from lazyarr.api.foreign import is_foreign
from lazyarr.api.generators import Generator, evaluated
from lazyarr.api.handle import OPS, Handle, array_of, here, node_of
from lazyarr.api.variates import Variates, checker
from lazyarr.ir import infer
from lazyarr.ops.draws import HIGH_WORD

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Shape

_INT = np.dtype(np.int64)
_WORD = np.dtype(np.uint64)
_EDGE = 1 << 63
_FEW = 8  # times as many, of which a sample is selected before it is sorted


def default_rng(seed: Any = None) -> Generator:
    """Return a generator over NumPy's Philox with this seed.

    Its bits are those of ``numpy.random.Generator(numpy.random.Philox(seed))``, on
    every device. (NumPy's own ``default_rng`` is over PCG64, whose numbers are others;
    ``Generator(PCG64(seed))`` gives those.)

    Parameters
    ----------
    seed : int, sequence of int, SeedSequence, BitGenerator or Generator, optional
        None takes entropy from the system. A bit generator is used as it is; so is
        that of a generator of NumPy's.

    Examples
    --------
    >>> import lazyarr as la
    >>> rng = la.random.default_rng(1)
    >>> x, y = rng.random(100_000), rng.random(100_000)
    >>> float(((x * x + y * y) < 1).mean() * 4)
    3.14804
    """
    if isinstance(seed, Generator):
        return seed
    if isinstance(seed, np.random.Generator):
        return Generator(seed.bit_generator)
    if isinstance(seed, np.random.RandomState):
        return Generator(seed._bit_generator)
    if isinstance(seed, np.random.BitGenerator):
        return Generator(seed)
    made: Any = Generator(np.random.Philox(interop.evaluated(seed)))
    made._stream.begin()
    return made  # type: ignore[no-any-return]


class PhiloxGenerator(Variates):
    """A generator over Philox, which counts places: its draws are lazy."""

    # --- integers -----------------------------------------------------------------

    @at_once(2)
    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
    ) -> Any:
        """Return integers from [low, high), or [0, low).

        Where their number is a power of two they are NumPy's; otherwise they are
        ``low + floor(word * number / 2**64)``, one word each, with a bias below
        ``number / 2**64``.

        Parameters
        ----------
        low, high : int or array of int
        size : int or tuple of int, optional
        dtype : dtype
        endpoint : bool
            Whether `high` itself may be drawn.

        Raises
        ------
        ValueError
            There is no such integer, or it does not fit the dtype.

        Examples
        --------
        >>> import lazyarr as la
        >>> la.random.default_rng(3).integers(1, 7, size=6).compute()
        array([1, 1, 2, 6, 6, 5])
        """
        if dtype is np.int64 and type(low) is int:
            # What loops ask for, with the checks that they need.
            first, last = (0, low) if high is None else (low, high)
            if type(last) is int and -_EDGE <= first < last <= _EDGE - 1:
                return self._integers(first, last - first + int(endpoint), size, _INT)
        kind = np.dtype(dtype)
        if not is_scalar(low, high):
            return self._integers_between(low, high, size, kind, endpoint)
        if size is None or _count(size):
            checker().integers(low, high, 1, kind, endpoint)
        first = 0 if high is None else int(low)
        last = int(low if high is None else high)
        count = last - first + int(endpoint)
        if size is None and dtype in (int, bool):
            return dtype(self._one_integer(first, count, kind))
        return self._integers(first, count, size, kind)

    def _integers(self, first: int, count: int, size: Any, dtype: Any) -> Any:
        if size is None:
            return self._one_integer(first, count, dtype)
        shape = shape_of(size, "integers")
        return array(self._offset(self._below(count, dtype, shape), first, dtype))

    def _one_integer(self, first: int, count: int, dtype: Any) -> Any:
        if not count & (count - 1):
            last = first + count - 1
            return self._numpy.integers(first, last, None, dtype, endpoint=True)
        word = int(self.bit_generator.random_raw())
        value = first + (word * count >> 64)
        return dtype.type(value)

    def _below(self, count: int, dtype: np.dtype[Any], shape: Shape) -> Any:
        """Return unsigned integers below a count, as small as NumPy draws them."""
        if count & (count - 1):
            words = self._words(shape)
            return map_of(HIGH_WORD, words, number(words, count, _WORD))
        width = count.bit_length() - 1
        if not width:
            return infer.full_node(infer.scalar(0, _WORD), shape, here())
        if dtype.kind == "b":
            return self._draw("bool", shape)
        bits = max(32 if dtype.itemsize > 2 else 8 * dtype.itemsize, 8)
        bits = 64 if width > bits else bits
        drawn = self._draw(f"uint{bits}", shape)
        if width == bits:
            return drawn
        shift = number(drawn, bits - width, drawn.dtype)
        return map_of("bitwise_right_shift", drawn, shift)

    def _offset(self, drawn: Any, first: int, dtype: np.dtype[Any]) -> Any:
        """Return the integers counted from `first`; sums wrap where they must."""
        if dtype.kind == "b":
            if first:
                return infer.full_node(infer.scalar(True, dtype), drawn.shape, here())
            return cast(drawn, dtype)
        drawn = cast(drawn, dtype)
        if not first:
            return drawn
        return map_of("add", drawn, number(drawn, first, dtype))

    def _integers_between(
        self, low: Any, high: Any, size: Any, dtype: np.dtype[Any], endpoint: bool
    ) -> Array:
        """Return integers with bounds of their own, read now: they say how many."""
        first: Any = np.asarray(0 if high is None else low)
        last: Any = np.asarray(low if high is None else high)
        checker().integers(first, last, None, dtype, endpoint)
        shape = self._shape(size, None, "integers", first, last)
        wide = first.astype(object), last.astype(object) + int(endpoint)
        count = np.asarray((wide[1] - wide[0]) % (1 << 64)).astype(np.uint64)
        words = self._stream.draw("uint64", shape, here())
        node = infer.map_node(HIGH_WORD, (words, node_of(count)), here())
        if not count.all():  # 2**64 of them: the word itself
            whole = infer.map_node(OPS["equal"], (node_of(count), 0), here())
            node = infer.map_node(OPS["where"], (whole, words, node), here())
        base = node_of(first.astype(dtype))
        args = (infer.astype(node, dtype, here()), base)
        return array_of(infer.map_node(OPS["add"], args, here()))

    # --- sequences ----------------------------------------------------------------

    def _order(self, shape: Shape, axis: int = 0) -> Array:
        """Return random orders along an axis: the order of one word for each place."""
        return sorting.argsort(array(self._words(shape)), axis=axis, stable=True)

    @at_once(0)
    def permutation(self, x: Any, axis: int = 0) -> Any:
        """Return the parts of an array along an axis, or range(x), in random order.

        The order is that of one random word for each part; a library stage sorts them.

        Examples
        --------
        >>> import lazyarr as la
        >>> la.random.default_rng(4).permutation(5).compute()
        array([0, 3, 4, 1, 2])
        """
        if _is_count(x):
            return self._order((operator.index(x),))
        array = _parts_of(x)
        place = axes.one(axis, array.ndim, "permutation")
        if isinstance(array, np.ndarray):
            return np.take(array, self._order((array.shape[place],)).compute(), place)
        return indexing.take(array, self._order((array.shape[place],)), axis=place)

    def permuted(self, x: Any, *, axis: int | None = None, out: Any = None) -> Any:
        """Return an array whose elements along an axis are put in random order.

        Every line along the axis has an order of its own; None permutes all elements.
        """
        array = array_of(node_of(x))
        if axis is None:
            flat = manipulation.ravel(array)
            mixed = indexing.take(flat, self._order(flat.shape), axis=0)
            result = manipulation.reshape(mixed, array.shape)
        else:
            place = axes.one(axis, array.ndim, "permuted")
            order = self._order(array.shape, place)
            result = indexing.take_along_axis(array, order, axis=place)
        if out is None:
            return result
        out[...] = result if isinstance(out, Handle) else result.compute()
        return out

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Put the parts of an array along an axis into random order, in place.

        The order is that of `permutation`.

        Raises
        ------
        TypeError
            `x` is neither an array nor a mutable sequence.
        """
        if isinstance(x, Handle):
            x[...] = self.permutation(x.copy(), axis)  # type: ignore[index, attr-defined]
        elif isinstance(x, np.ndarray):
            order = self._order((x.shape[axis],)).compute()
            x[...] = np.take(x, order, axis=axis)
        elif isinstance(x, MutableSequence) and axis == 0:
            x[:] = [x[k] for k in self._order((len(x),)).tolist()]
        else:
            msg = f"cannot shuffle {type(x).__name__} along axis {axis} in place"
            raise TypeError(msg)

    @at_once(1)
    def choice(
        self,
        a: Any,
        size: Any = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        shuffle: bool = True,
    ) -> Any:
        """Return a sample of an array along an axis, or of range(a).

        With replacement its indices are `integers`, or with `p` NumPy's: the places of
        `random` in the running sums of `p`. Without, they begin a `permutation`; with
        `p` too, NumPy draws them when it is asked.

        Raises
        ------
        ValueError
            The sample is larger than what it is drawn from without replacement, or `p`
            are no probabilities.
        """
        if p is not None and not replace:
            why = "NumPy's Generator.choice without replacement draws one by one"
            args = (a, size, replace, p, axis, shuffle)
            return evaluated(self._numpy.choice, why, args, {})
        population = None if _is_count(a) else _parts_of(a)
        count = operator.index(a) if population is None else population.shape[axis]
        _check_choice(count, size, replace, p)
        if size is None and population is None and p is None:
            return int(self.integers(0, count))
        shape = () if size is None else shape_of(size, "choice")
        chosen = self._chosen(count, shape, replace, p)
        if isinstance(population, np.ndarray):
            return np.take(population, chosen.compute(), axis=axis)
        if population is not None:
            chosen = indexing.take(population, chosen, axis=axis)
        return chosen if size is not None or chosen.ndim else chosen.compute()

    def _chosen(self, count: int, shape: Shape, replace: bool, p: Any) -> Array:
        if p is not None:
            sums = np.cumsum(np.asarray(p, np.float64))
            sums /= sums[-1]
            drawn = array(self._doubles(shape))
            return searching.searchsorted(array_of(node_of(sums)), drawn, side="right")
        if replace:
            return array(cast(self._below(count, _INT, shape), _INT))  # type: ignore[no-any-return]
        return manipulation.reshape(self._first(count, prod(shape)), shape)

    def _first(self, count: int, wanted: int) -> Array:
        """Return the beginning of a random order; of a few, only these are sorted."""
        if not 0 < wanted * _FEW <= count:
            return self._order((count,))[:wanted]
        words = array(self._words((count,)))
        least = sorting.sort(stages.argpartition(words, wanted - 1)[:wanted])
        order = sorting.argsort(indexing.take(words, least, axis=0), stable=True)
        return indexing.take(least, order, axis=0)


def _is_count(x: Any) -> bool:
    """Whether an argument is a number, which stands for the integers below it."""
    return not x._current().shape if isinstance(x, Handle) else is_scalar(x)


def _parts_of(x: Any) -> Any:
    """Return a lazy array of what is put in order; NumPy's of what is no number."""
    if isinstance(x, Handle):
        return array_of(node_of(x))
    array = np.asarray(x)
    return array if is_foreign(array.dtype) else array_of(node_of(array))


def _count(size: Any) -> int:
    return prod(shape_of(size, "random"))


def _check_choice(count: int, size: Any, replace: bool, p: Any) -> None:
    if p is not None:
        checker().choice(count, None, replace, np.asarray(p))
    elif count <= 0 and (size is None or _count(size)):
        checker().choice(count, size)
    if not replace and size is not None and _count(size) > count:
        msg = "Cannot take a larger sample than population when replace is False"
        raise ValueError(msg)


Generator.lazy = PhiloxGenerator

__all__ = ["PhiloxGenerator", "default_rng"]
