"""The attributes of NumPy's ufuncs on lazyarr's elementwise functions.

What they do is loaded when the first of them is called.
"""

from __future__ import annotations

import functools
import importlib
import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import elementwise, known, selection
from lazyarr.api.bounds import WIDE
from lazyarr.api.foreign import called
from lazyarr.api.handle import SMALLS, Handle
from lazyarr.api.quick import refused, writing
from lazyarr.api.subclasses import Theirs, is_subclass, meant
from lazyarr.errors import DTypeError, at_users_line
from lazyarr.ops import scattered
from lazyarr.ops.row import OPS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lazyarr.ops.row import Op

METHODS = ("reduce", "accumulate", "outer", "at", "reduceat")
_BY_PLACE = {  # the parameters that come before any dtype
    "reduce": ("array", "axis"),
    "accumulate": ("array", "axis"),
    "reduceat": ("array", "indices", "axis"),
    "outer": ("", ""),
}
_OUT = {"reduce": 3, "accumulate": 3, "reduceat": 4}  # the place of ``out``
_FROM_OUT = ("out", "keepdims", "initial", "where")  # the parameters from there on
_ATTRIBUTES = (
    "nin",
    "nout",
    "nargs",
    "ntypes",
    "types",
    "identity",
    "signature",
    "resolve_dtypes",
)


def ufunc_of(op: Op) -> np.ufunc | None:
    """Return NumPy's ufunc whose loops a row has, if it is one."""
    found = op.function if op.function is not None else op.numpy
    return found if isinstance(found, np.ufunc) else None


def equip(function: Any, op: Op) -> None:
    """Give the function of a row the methods and attributes of NumPy's ufunc.

    What is compiled asks for them when the function has not what is looked for: of most
    functions nobody ever does.
    """
    ufunc = ufunc_of(op)
    if ufunc is not None and METHODS[0] not in function.__dict__:
        methods = {name: _method(name, op, ufunc) for name in METHODS}
        function.__dict__.update(methods, **_attributes(ufunc))


def _equip_all(functions: Mapping[str, Any]) -> None:
    for op in OPS.values():
        if op.kind is Kind.MAP and op.name in functions:
            equip(functions[op.name], op)


def _method(name: str, op: Op, ufunc: np.ufunc) -> Any:
    """Return a method, whose usual case is compiled."""
    made = functools.partial(method, name, op)
    made.__qualname__, made.__module__ = f"{op.name}.{name}", "lazyarr"  # type: ignore[attr-defined]
    if name == "at":
        return compiled.method("function_writing", made, op=op, function=ufunc.at)
    return compiled.method(
        "function_of_several",
        made,
        op=functools.partial(_general, name, op),
        function=getattr(ufunc, name),
        other=_BY_PLACE[name],
        flag=name == "outer",
    )


def _attributes(ufunc: np.ufunc) -> dict[str, Any]:
    return {name: getattr(ufunc, name) for name in _ATTRIBUTES}


def lend(*functions: Any) -> None:
    """Give functions the methods and attributes of NumPy's ufuncs of their names.

    These are ufuncs that no row has; their methods are NumPy's, with lazy arrays
    evaluated.
    """
    for function in functions:
        ufunc = getattr(np, function.__name__)
        methods = {name: functools.partial(_theirs, ufunc, name) for name in METHODS}
        function.__dict__.update(methods, **_attributes(ufunc))


def _theirs(ufunc: np.ufunc, name: str, /, *args: Any, **options: Any) -> Any:
    if name == "at":
        importlib.import_module("lazyarr.api.interop").written(ufunc.at, args, options)
        return None
    return called(getattr(ufunc, name), args, options)


def method(name: str, op: Op, /, *args: Any, **options: Any) -> Any:
    """Call a ufunc's method."""
    theirs = getattr(ufunc_of(op), name)
    try:
        if name == "at" and args and type(args[0]) in SMALLS:
            return _writing(op)(*args, **options)
        place = _OUT.get(name, sys.maxsize)
        if place < len(args) <= place + len(_FROM_OUT):
            given = dict(zip(_FROM_OUT, args[place:], strict=False))
            if not given.keys() & options.keys():
                args, options = args[:place], given | options
        if name != "at" and any(map(known.is_known, args)) and not _grows(name, args):
            made = _at_once(
                functools.partial(_general, name, op), theirs, args, options
            )
            if made is not None:
                return made
        if any(map(is_subclass, args)):
            return called(theirs, args, options)
        return _general(name, op, *args, **options)
    except DTypeError as error:
        if not error.foreign:
            raise
        if name == "at" and isinstance(args[0], Handle):
            held = np.array(args[0])
            called(theirs, (held, *args[1:]), options)
            args[0][...] = held  # type: ignore[index]
            return None
        return called(theirs, args, options)


def _grows(name: str, args: Any) -> bool:
    """Whether a method makes something large of small arrays."""
    if name != "outer":
        return False
    sizes = [x.size for x in args if type(x) in SMALLS]
    return bool(math.prod(sizes) > WIDE)


def _at_once(ours: Any, theirs: Any, args: Any, options: Any) -> Any:
    """Return what NumPy's method gives of known arrays; None for the general way."""
    try:
        return known.called(ours, theirs, args, options, sys.maxsize)
    except Theirs:
        return meant(theirs, "", args, options)
    except FloatingPointError as error:
        return refused(ours, args, options, type(error))
    except known.REFUSALS:
        return None


@functools.cache
def _writing(op: Op) -> Any:
    theirs = functools.partial(_at, ufunc_of(op))
    return writing(theirs)(functools.partial(_general, "at", op))


def _at(ufunc: Any, *args: Any, **options: Any) -> None:
    """Call a ufunc at places; what it computes may warn, whatever its operands are."""
    with at_users_line():
        scattered.at(ufunc, *args, **options)


def _general(name: str, op: Op, /, *args: Any, **options: Any) -> Any:
    module = importlib.import_module("lazyarr.api.folding")
    return getattr(module, name)(op, *args, **options)


if compiled.MODULE is None:
    _equip_all({**vars(elementwise), "pow": selection.pow})
