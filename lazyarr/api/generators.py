"""`Generator`: NumPy's random generator, whose draws are arrays of lazyarr."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from lazyarr.api.borrowed import description
from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import Handle, array_of, node_of
from lazyarr.api.history import found
from lazyarr.api.nested import read_nested
from lazyarr.ir import flat


def taken(result: Any, why: str) -> Any:
    """Return NumPy's arrays as lazyarr's, which say where they come from."""
    if isinstance(result, tuple):
        return tuple(taken(one, why) for one in result)
    if not isinstance(result, np.ndarray) or is_foreign(result.dtype):
        return result
    made = found(result, why)
    if made is not None:
        return made
    node = node_of(result)
    return array_of(flat.noted(node, why) if node.shape else node)


def evaluated(function: Any, why: str, args: Any, keywords: Any) -> Any:
    """Call a function of NumPy's on the values of lazy arrays."""
    out = keywords.get("out")
    if isinstance(out, Handle):
        # NumPy checks the array that it would have written to.
        shape, dtype = out._current().shape, out._current().dtype
        keywords = {**keywords, "out": np.empty(shape, dtype)}
    args = tuple(read_nested(arg) for arg in args)
    keywords = {name: read_nested(value) for name, value in keywords.items()}
    result = function(*args, **keywords)
    if isinstance(out, Handle):
        out[...] = result  # type: ignore[index]
        return out
    return taken(result, why)


def shuffled_by(function: Any, x: Any, *rest: Any, **keywords: Any) -> None:
    """Let NumPy shuffle what it is given, in place; lazy arrays through a copy."""
    if not isinstance(x, Handle):
        function(x, *rest, **keywords)
        return
    values = np.array(x._read())
    function(values, *rest, **keywords)
    x[...] = values  # type: ignore[index]


class Generator:
    """A random generator over a bit generator of NumPy's.

    Over `Philox`, draws are lazy and fuse with what uses them; ``docs/random.md`` says
    which of them are NumPy's bit for bit. Over any other bit generator, NumPy's own
    generator makes every draw when it is asked for, and the result is a lazyarr array.

    Parameters
    ----------
    bit_generator : numpy.random.BitGenerator

    Examples
    --------
    >>> import lazyarr as la
    >>> rng = la.random.Generator(la.random.PCG64(1))
    >>> rng.random(2).compute().round(3)
    array([0.512, 0.95 ])
    """

    lazy: ClassVar[type[Generator]]
    """The class of generators over Philox."""

    def __new__(cls, bit_generator: Any) -> Generator:
        """Return a lazy generator for a bit generator whose places can be counted."""
        philox = isinstance(bit_generator, np.random.Philox)
        return object.__new__(cls.lazy if philox else Generator)

    def __init__(self, bit_generator: Any) -> None:
        self._numpy = np.random.Generator(bit_generator)

    @property
    def bit_generator(self) -> Any:
        """NumPy's bit generator, which keeps the place in the stream.

        Its ``state`` may be read and set at any time.
        """
        return self._numpy.bit_generator

    def spawn(self, n_children: int) -> list[Generator]:
        """Return generators whose streams are independent of this one's."""
        children: Any = self.bit_generator
        return [Generator(child) for child in children.spawn(n_children)]

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Put the parts of an array along an axis into random order, in place."""
        shuffled_by(self._numpy.shuffle, x, axis=axis)

    def __getattr__(self, name: str) -> Any:
        """Return a method of NumPy's generator, whose results become lazyarr's."""
        method = None if name.startswith("_") else getattr(np.random.Generator, name)
        if method is None or not callable(method):
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        bound = getattr(self._numpy, name)
        why = f"NumPy's Generator.{name} draws when it is called"

        def call(*args: Any, **keywords: Any) -> Any:
            return evaluated(bound, why, args, keywords)

        call.__name__ = call.__qualname__ = name
        call.__doc__ = description(method)
        self.__dict__[name] = call  # loops draw number after number
        return call

    def __str__(self) -> str:
        return f"Generator({type(self.bit_generator).__name__})"

    def __repr__(self) -> str:
        return f"lazyarr.random.{self}"

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return Generator, (self.bit_generator,)

    def __dir__(self) -> list[str]:
        public = [name for name in dir(np.random.Generator) if name[0] != "_"]
        return sorted({*object.__dir__(self), *public})
