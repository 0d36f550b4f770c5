"""Whose line the operations name that a function of several steps makes: the user's.

An operator takes the line of its caller for the user's, without a look around. Inside
functions that the library or NumPy writes in Python it is one of theirs; the function
then gives what it made the line of the user's that called it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.handle import FINAL, SLICED, here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Where

_OURS = __file__.rpartition("api")[0]  # without pathlib, which is slow to import
_HOMES = (_OURS, np.__file__.removesuffix("__init__.py"))
_USER = f"{_OURS}cli"  # the command line is a user of the library


def located(function: Callable[..., Any]) -> Any:
    """Let what a function makes name the line that calls it.

    Examples
    --------
    >>> import lazyarr as la
    >>> located(lambda x: x + 1)(la.ones(3)).compute()
    array([2., 2., 2.])
    """

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        return make(function, args, options)

    return call


def make(
    function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Return what a function makes, all of it with the user's line."""
    given = {_base(x)._node for x in _arrays((args, options))}
    made = function(*args, **options)
    nodes = [_base(x)._node for x in _arrays(made)]
    where = here() if nodes else None
    while nodes:
        node = nodes.pop()
        if node not in given:
            given.add(node)
            nodes += node.args
            if _is_inner(node.where):
                node.where = where
    return made


def _base(x: Array) -> Any:
    return x if x._base is None else x._base


def _arrays(value: Any) -> Iterator[Array]:
    """Return the arrays in an argument, or in a result."""
    if type(value) is FINAL[0] or type(value) is SLICED[0]:
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _arrays(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _arrays(item)


def _is_inner(where: Where) -> bool:
    return where is not None and _lies_inside(where[0].co_filename)


@functools.cache
def _lies_inside(filename: str) -> bool:
    return filename.startswith(_HOMES) and not filename.startswith(_USER)
