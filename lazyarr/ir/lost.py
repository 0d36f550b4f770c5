"""Leaves whose elements are gone, because what wrote over them ended in between.

They keep their shape and dtype; whoever asks for the elements is told what happened.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NoReturn

from lazyarr.errors import ExecutionError
from lazyarr.ir import layout
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.ir.node import Node

_HINT = "make the array anew, or write all of it: x[...] = values."
_numbers = itertools.count()


class Lost:
    """What stands where elements were: any use of it raises the error.

    Parameters
    ----------
    text : str
        Of the error.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def refuse(self) -> NoReturn:
        """Raise the error."""
        raise ExecutionError(self.text)

    def __getattr__(self, name: str) -> NoReturn:
        self.refuse()

    def __getitem__(self, key: Any) -> NoReturn:
        self.refuse()


def lose(leaf: Node, last: Node, error: BaseException) -> None:
    """Let a leaf have no elements any more.

    Parameters
    ----------
    leaf : Node
    last : Node
        What was being computed from it: the last write, or what follows from that.
    error : BaseException
        What ended that.
    """
    layout.strides(leaf)  # asked of it later
    said = str(error)
    what = (
        f"the elements are lost: {type(error).__name__} came when writes had been "
        "evaluated in part in the memory of the array"
    )
    if said:
        what = f"{what}: {said}"
    text = ExecutionError.at(last.op.name, what, where_text(last.where), _HINT).args[0]
    value, tag = Lost(text), ("lost", next(_numbers))
    leaf.params = None
    leaf.value = value
    leaf.tag = tag  # no plan that there is
