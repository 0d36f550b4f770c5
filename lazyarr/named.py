"""`NamedTuple`: what `typing.NamedTuple` makes, in a tenth of the time.

That one compiles a function for each class and looks at each annotation, which takes
half a millisecond on a slow processor; some seventy classes are made until the first
plan is. Here what makes the tuples of a class is made with the first of them, of code
that all classes of so many fields share.
"""

from __future__ import annotations

import collections
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NamedTuple as NamedTuple
    from typing import Self


class _Tuple(tuple[Any, ...]):
    """What the classes share; `_defaults` are the values of the last fields."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()
    _defaults: tuple[Any, ...] = ()

    def __new__(cls, *values: Any, **named: Any) -> Self:
        code = _maker(len(cls._fields))
        names = code.__code__.replace(co_varnames=("_cls", *cls._fields))
        made = FunctionType(names, code.__globals__, "__new__", cls._defaults)
        own = next(one for one in cls.__mro__ if "_fields" in vars(one))
        own.__new__ = made  # type: ignore[method-assign] # from now on
        tuple_of: Any = made(cls, *values, **named)
        return tuple_of  # type: ignore[no-any-return]

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        """Return the tuple of these values."""
        return tuple.__new__(cls, values)

    def _replace(self, **named: Any) -> Self:
        """Return a tuple with some values replaced."""
        made = self._make(map(named.pop, self._fields, self))
        if named:
            msg = f"{type(self).__name__} has no {', '.join(named)}"
            raise ValueError(msg)
        return made

    def _asdict(self) -> dict[str, Any]:
        """Return the values by name."""
        return dict(zip(self._fields, self, strict=True))

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        fields = ", ".join([f"{name}=%r" for name in self._fields])
        return type(self).__name__ + f"({fields})" % tuple(self)


@cache
def _maker(count: int) -> FunctionType:
    """Return what makes a tuple of so many fields; its code is that of any such names."""
    fields = [f"field_{place}" for place in range(count)]
    made: Any = collections.namedtuple("made", fields).__new__
    return made  # type: ignore[no-any-return]


class _Making(type):
    """Makes a class of `_Tuple` of one that is derived from `NamedTuple`."""

    def __new__(cls, name: str, bases: tuple[type, ...], names: dict[str, Any]) -> Any:
        fields = tuple(names["__annotations__"])
        defaults = tuple([names.pop(field) for field in fields if field in names])
        getters = {
            field: collections._tuplegetter(place, None)  # type: ignore[attr-defined]
            for place, field in enumerate(fields)
        }
        facts = {"_fields": fields, "_defaults": defaults, "__match_args__": fields}
        return type(name, (_Tuple,), {**names, **getters, **facts, "__slots__": ()})


if not TYPE_CHECKING:
    NamedTuple = type.__new__(_Making, "NamedTuple", (), {})
