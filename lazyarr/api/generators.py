"""`Generator`: NumPy's random generator, whose draws are arrays of lazyarr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lazyarr.api.evaluating import description
from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import Handle, array_of, node_of
from lazyarr.api.history import found
from lazyarr.api.known import PLAIN
from lazyarr.api.nested import read_nested
from lazyarr.api.order import lies_in, order_of
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


def _alike(x: Handle) -> np.ndarray:
    """Return an array of the sides, order and flags of one that is written into."""
    node = x._current()
    made: np.ndarray
    if not lies_in(x, "A"):
        made = np.empty((*node.shape, 2), node.dtype)[..., 0]
    elif order_of(x) == "F":
        made = np.empty(node.shape[::-1], node.dtype).T
    else:
        made = np.empty(node.shape, node.dtype)
    made.flags.writeable = x.flags.writeable  # type: ignore[attr-defined]
    return made


def evaluated(function: Any, why: str, args: Any, keywords: Any) -> Any:
    """Call a function of NumPy's on the values of lazy arrays."""
    if PLAIN.issuperset(map(type, (*args, *keywords.values()))):
        return taken(function(*args, **keywords), why)
    out = keywords.get("out")
    if isinstance(out, Handle):  # NumPy checks what it would have written to
        keywords = {**keywords, "out": _alike(out)}
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


def drawn(numpys: Any, name: str, said: str) -> Any:
    """Return a function or bound method of NumPy's that takes and gives lazy arrays."""
    why = f"{said} draws when it is called"

    def call(*args: Any, **keywords: Any) -> Any:
        if name == "shuffle":
            return shuffled_by(numpys, *args, **keywords)
        return evaluated(numpys, why, args, keywords)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = description(numpys)
    return call


class _Method:
    """A method of NumPy's, which is made for a generator when it is first asked for."""

    def __init__(self, theirs: type, name: str) -> None:
        self.theirs = theirs
        self.name = name

    def __get__(self, generator: Any, owner: Any = None) -> Any:
        if generator is None:
            return getattr(self.theirs, self.name)
        said = f"NumPy's {self.theirs.__name__}.{self.name}"
        made = drawn(getattr(generator._numpy, self.name), self.name, said)
        generator.__dict__[self.name] = made  # loops draw number after number
        if hasattr(generator, "_stream"):
            generator._stream.is_followed = False
        return made


def inherit(ours: type, theirs: type) -> None:
    """Let the methods that a class has of NumPy's take and give lazy arrays."""
    for name, method in vars(theirs).items():
        if name[0] != "_" and callable(method) and name not in vars(ours):
            setattr(ours, name, _Method(theirs, name))


if TYPE_CHECKING:
    NumPys = object  # whose methods have other parameters and results
else:
    NumPys = np.random.Generator


class Generator(NumPys):
    """A random generator over a bit generator of NumPy's.

    Over `Philox`, draws are lazy and fuse with what uses them; ``docs/random.md`` says
    which of them are NumPy's bit for bit. Over any other bit generator, NumPy's own
    generator makes every draw when it is asked for, and the result is a lazyarr array.
    It is one of NumPy's, so that functions of other packages take it.

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

    bit_generator: Any
    """NumPy's bit generator, which keeps the place in the stream.

    Its ``state`` may be read and set at any time.
    """

    def __new__(cls, bit_generator: Any) -> Generator:
        """Return a lazy generator for a bit generator whose places can be counted."""
        lazily = cls is Generator and isinstance(bit_generator, np.random.Philox)
        kind: Any = NumPys
        return kind.__new__(cls.lazy if lazily else cls, bit_generator)  # type: ignore[no-any-return]

    def __init__(self, bit_generator: Any) -> None:
        super().__init__(bit_generator)  # type: ignore[call-arg]
        self._numpy = np.random.Generator(bit_generator)

    def spawn(self, n_children: int) -> list[Generator]:
        """Return generators whose streams are independent of this one's."""
        children: Any = self.bit_generator
        return [Generator(child) for child in children.spawn(n_children)]

    def __str__(self) -> str:
        return f"Generator({type(self.bit_generator).__name__})"

    def __repr__(self) -> str:
        return f"lazyarr.random.{self}"

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return type(self), (self.bit_generator,)


inherit(Generator, np.random.Generator)
