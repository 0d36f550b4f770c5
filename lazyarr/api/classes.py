"""NumPy's classes, as far as a program sees a difference."""

from __future__ import annotations

import functools
import inspect
import sys
from abc import ABCMeta
from typing import Any

import numpy as np

from lazyarr.api.creation import empty
from lazyarr.api.evaluating import evaluating
from lazyarr.api.handle import ELEMENT, Handle, node_of
from lazyarr.api.interop import evaluated
from lazyarr.api.order import ghost
from lazyarr.api.subclasses import Derived

_SHAPE_AND_DTYPE = {"shape", "dtype"}
# What makes arrays, and what a program compares with that of NumPy's class.
_OF_CLASSES = {"__new__", "__class_getitem__", "__array_finalize__", "__array_wrap__"}
_OF_CLASSES |= {"__array_ufunc__", "__array_function__"}


class _ArrayType(ABCMeta):
    """What ``isinstance(x, ndarray)`` asks, and ``type(x) == ndarray``.

    It is that of `ndarray` alone: of a class that a program derives from it, one of
    NumPy's takes its place, so that its metaclass is free, and that of abstract
    classes, so that one may stand beside it.
    """

    def __new__(
        cls, name: str, bases: tuple[type, ...], names: dict[str, Any], **options: Any
    ) -> Any:
        if bases[0] is np.ndarray:  # `ndarray` itself, which is equal to it
            return super().__new__(cls, name, bases, names)
        instead = (Derived if isinstance(base, _ArrayType) else base for base in bases)
        return type(name, tuple(instead), names, **options)

    def __instancecheck__(cls, instance: object) -> bool:
        if isinstance(instance, Handle):
            return not instance._is_scalar()
        return isinstance(instance, np.ndarray)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, np.ndarray) or _is_ours(kind)

    def __eq__(cls, other: object) -> bool:
        ours = isinstance(other, type) and (other is np.ndarray or _is_ours(other))
        return cls is other or ours

    __hash__ = ABCMeta.__hash__

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if len(args) > len(_SHAPE_AND_DTYPE) or options.keys() - _SHAPE_AND_DTYPE:
            return evaluating(np.ndarray)(*args, **options)
        return empty(*args, **options)


def _is_ours(kind: Any) -> bool:
    return issubclass(kind, Handle) and not issubclass(kind, ELEMENT[0])


class ndarray(np.ndarray, metaclass=_ArrayType):  # noqa: N801 - NumPy's name
    """What a program asks for NumPy's arrays; lazy ones, and NumPy's own, are both.

    Classes that are derived from it are derived from NumPy's: nothing of their arrays
    is deferred, and what is made of them and of lazy arrays is what NumPy makes.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> isinstance(la.ones(3), la.ndarray), isinstance(np.ones(3), la.ndarray)
    (True, True)
    >>> isinstance(la.ones(3).sum(), la.ndarray)
    False
    >>> class Metres(la.ndarray):
    ...     unit = "m"
    >>> (la.asarray([1.0, 2.0]).view(Metres) * 2).unit
    'm'
    """

    __new__ = Derived.__new__  # type: ignore[assignment]
    view = Derived.view


def _unbound(name: str, theirs: Any) -> Any:
    """Return a method of NumPy's arrays that is called with a lazy one, too."""

    @functools.wraps(theirs)
    def method(self: Any, /, *args: Any, **options: Any) -> Any:
        if isinstance(self, Handle):
            return getattr(type(self), name)(self, *args, **options)
        return theirs(self, *args, **options)

    return method


class _Attribute:
    """An attribute of NumPy's arrays that is asked of a lazy one, too, or set."""

    def __init__(self, name: str) -> None:
        self._theirs: Any = getattr(np.ndarray, name)
        self.__name__, self.__doc__ = name, self._theirs.__doc__

    def __get__(self, array: Any, kind: Any = None) -> Any:
        if array is None:
            return self
        ours = isinstance(array, Handle)
        return getattr(array, self.__name__) if ours else self._theirs.__get__(array)

    def __set__(self, array: Any, value: Any) -> None:
        if isinstance(array, Handle):
            setattr(array, self.__name__, value)
        else:
            self._theirs.__set__(array, value)


def _take_lazy_ones() -> None:
    """Let what `ndarray` has be taken of it: ``ndarray.sum(x)``, ``ndarray.T``."""
    for name in vars(np.ndarray).keys() - _OF_CLASSES:
        theirs = getattr(ndarray, name)
        if callable(theirs):
            setattr(ndarray, name, _unbound(name, theirs))
        elif inspect.isgetsetdescriptor(theirs):
            setattr(ndarray, name, _Attribute(name))


_take_lazy_ones()


class _UfuncType(type):
    """What ``isinstance(f, ufunc)`` asks."""

    def __instancecheck__(cls, instance: object) -> bool:
        if (getattr(instance, "__module__", None) or "").startswith("lazyarr"):
            instance = getattr(np, getattr(instance, "__name__", ""), None)
        return isinstance(instance, np.ufunc)


class ufunc(metaclass=_UfuncType):  # noqa: N801 - NumPy's name
    """What a program asks for elementwise functions: lazyarr's, and NumPy's ufuncs.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> [isinstance(f, la.ufunc) for f in (la.add, np.add, la.sum)]
    [True, True, False]
    """


def asmatrix(data: Any, dtype: Any = None) -> Any:
    """Return NumPy's `matrix` of an array's elements, evaluated.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.asmatrix(la.ones((2, 1))) * la.ones((1, 2))
    matrix([[1., 1.],
            [1., 1.]])
    """
    return np.asmatrix(evaluated(data), dtype)


def bmat(obj: Any, ldict: Any = None, gdict: Any = None) -> Any:
    """Return NumPy's `matrix` of blocks, evaluated; a text names variables.

    Examples
    --------
    >>> import lazyarr as la
    >>> a = la.ones((1, 2))
    >>> la.bmat("a, a; a, a")
    matrix([[1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """
    if isinstance(obj, str) and gdict is None:
        frame = sys._getframe(1)
        ldict, gdict = frame.f_locals, frame.f_globals
    return np.bmat(evaluated(obj), ldict, gdict)


class vectorize(np.vectorize):  # noqa: N801 - NumPy's name
    """NumPy's ``vectorize``: calls of a Python function, one for each element.

    Arguments are evaluated when it is called.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.vectorize(lambda a, b: a if a > b else b)(la.asarray([1, 5]), 3).compute()
    array([3, 5])
    """

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Return an array of the function's results."""
        return evaluating(super().__call__)(*args, **options)


class broadcast:  # noqa: N801 - NumPy's name
    """What arrays broadcast to; only iteration evaluates them.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.broadcast(la.ones((3, 1)), la.ones(4)).shape
    (3, 4)
    """

    def __init__(self, *arrays: Any) -> None:
        self._arrays = arrays
        shapes = [node_of(array).shape for array in arrays]
        one = np.empty((), np.int8)
        ghosts = [np.broadcast_to(one, shape) for shape in shapes]
        self._shown: Any = np.broadcast(*ghosts)
        self._running: Any = None

    shape = property(lambda self: self._shown.shape)
    nd = ndim = property(lambda self: self._shown.nd)
    size = property(lambda self: self._shown.size)
    numiter = property(lambda self: self._shown.numiter)
    index = property(lambda self: self._there().index)
    iters = property(lambda self: self._there().iters)

    def _there(self) -> Any:
        if self._running is None:
            self._running = np.broadcast(*evaluated(self._arrays))
        return self._running

    def __iter__(self) -> broadcast:
        return self

    def __next__(self) -> tuple[Any, ...]:
        return tuple(next(self._there()))

    def reset(self) -> None:
        """Begin anew."""
        self._there().reset()


class nditer:  # noqa: N801 - NumPy's name
    """NumPy's iterator over evaluated arrays; what it writes is seen when it ends.

    It ends where there is nothing left, with `close`, with its ``with`` block, and when
    nobody has it any more.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.arange(3)
    >>> with la.nditer(x, op_flags=["readwrite"]) as elements:
    ...     for element in elements:
    ...         element[...] = element * 2
    >>> x.compute()
    array([0, 2, 4])
    """

    def __init__(
        self, op: Any, flags: Any = None, op_flags: Any = None, **options: Any
    ) -> None:
        theirs: Any = np.nditer
        self._theirs, self._written = _begun(theirs, op, flags, op_flags, options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._theirs, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:  # where it goes on: `index`, `multi_index`, `iterindex`, `iterrange`
            setattr(self._theirs, name, evaluated(value))

    def __len__(self) -> int:
        return len(self._theirs)

    def __getitem__(self, key: Any) -> Any:
        return self._theirs[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._theirs[key] = evaluated(value)

    def __iter__(self) -> nditer:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._theirs)
        except StopIteration:
            self._write_back()
            raise

    def __enter__(self) -> nditer:
        self._theirs.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._theirs.__exit__(*error)
        self._write_back()

    def iternext(self) -> bool:
        """Go on to the next elements; return whether there are any."""
        more: bool = self._theirs.iternext()
        if not more:
            self._write_back()
        return more

    def close(self) -> None:
        """End the iteration."""
        self._theirs.close()
        self._write_back()

    def __del__(self) -> None:
        self._write_back()

    def _write_back(self) -> None:
        """Write what differs from what there was: the array may have been written, too."""
        for one, array, before in self.__dict__.get("_written", ()):
            bits = f"V{array.itemsize}"
            changed = array.view(bits) != before.view(bits)
            if changed.all():
                one[...] = array
            elif changed.any():
                one[changed] = array[changed]
            before[...] = array


def nested_iters(
    op: Any,
    axes: Any,
    flags: Any = None,
    op_flags: Any = None,
    op_dtypes: Any = None,
    order: Any = "K",
    casting: Any = "safe",
    buffersize: int = 0,
) -> tuple[nditer, ...]:
    """Return iterators over axes of evaluated arrays, an outer one and those within it.

    What they write is seen when the outer one ends.

    Examples
    --------
    >>> import lazyarr as la
    >>> rows, elements = la.nested_iters(la.arange(4).reshape(2, 2), [[0], [1]])
    >>> [[int(x) for x in elements] for _ in rows]
    [[0, 1], [2, 3]]
    """
    theirs: Any = functools.partial(np.nested_iters, axes=axes)
    options = {"order": order, "casting": casting, "buffersize": buffersize}
    options |= {} if op_dtypes is None else {"op_dtypes": op_dtypes}
    found, written = _begun(theirs, op, flags, op_flags, options)
    made = tuple([nditer.__new__(nditer) for _ in found])
    for one, each in zip(made, found, strict=True):
        one._theirs, one._written = each, written if one is made[0] else []
    return made


def _begun(
    theirs: Any, op: Any, flags: Any, op_flags: Any, options: Any
) -> tuple[Any, list[Any]]:
    """Return what NumPy makes of operands, and what is written of the lazy ones.

    That is each array, NumPy's for it, and a copy of that.
    """
    listed = op if isinstance(op, (list, tuple)) else [op]
    held = [_held(one) for one in listed]
    asked = {"flags": flags, "op_flags": op_flags}
    asked = {key: value for key, value in asked.items() if value is not None}
    made = theirs(held if listed is op else held[0], **asked, **options)
    each = op_flags or [[]]
    each = [each] * len(held) if isinstance(each[0], str) else each
    return made, [
        (one, array, array.copy())
        for one, array, flag in zip(listed, held, each, strict=False)
        if isinstance(one, Handle) and {"readwrite", "writeonly"} & set(flag)
    ]


def _held(op: Any) -> Any:
    """Return operands with lazy arrays as arrays of NumPy's that may be written.

    They lie in memory as theirs do, also backwards: NumPy goes through it forwards. What
    was broadcast is that again.
    """
    if isinstance(op, (list, tuple)):
        return [_held(one) for one in op]
    if not isinstance(op, Handle):
        return op
    shape, steps = op._current().shape, ghost(op).strides
    way = [slice(None, None, -1 if step < 0 else 1) for step in steps]
    once = [slice(1) if not step else one for step, one in zip(steps, way, strict=True)]
    forwards: Any = (*way, ...)
    made = np.array(np.asarray(op)[(*once, ...)])[forwards]
    made.flags.writeable = op.flags.writeable  # type: ignore[attr-defined]
    return made if made.shape == shape else np.broadcast_to(made, shape)


for _public in (ndarray, ufunc, vectorize, broadcast, nditer, nested_iters):
    _public.__module__ = "lazyarr"
