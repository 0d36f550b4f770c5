"""What the compiled methods of small arrays need: see `lazyarr.compiled`."""

from __future__ import annotations

import contextvars
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import (
    arithmetic,
    bounds,
    constants,
    element,
    known,
    looped,
    pending,
    recipes,
    telling,
    theirs,
    ufuncs,
)
from lazyarr.api.array import Array
from lazyarr.api.element import Element
from lazyarr.api.handle import Handle
from lazyarr.api.large import Opened
from lazyarr.api.made import DTYPES, NO_OPTIONS, SCALARS, Loose, made_at, part
from lazyarr.api.parts import Sliced
from lazyarr.api.recent import LOST
from lazyarr.api.small import Borrowed, Small
from lazyarr.errors import Listener
from lazyarr.errors import theirs as users
from lazyarr.ir import infer, layout
from lazyarr.ir.kept import Owned
from lazyarr.ir.leaves import weak_scalars
from lazyarr.ir.node import Node
from lazyarr.ir.view import View
from lazyarr.ops import OPS, scattered, short
from lazyarr.runtime import errstate
from lazyarr.watched import marks

if TYPE_CHECKING:
    from types import FrameType

    from lazyarr.ops.row import Op
    from lazyarr.runtime import floating


class _Notes(Listener):
    """What NumPy calls with its errors where an operator writes in place."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: set[tuple[int, str]] = set()

    def write(self, text: str) -> None:
        """Keep one error."""
        self.found.add((0, text.strip()))


_notes = _Notes()
_noting = contextvars.Context()
_noting.run(np.errstate(all="log", call=_notes).__enter__)


def _tell(found: set[floating.Note], op: Op, frame: FrameType) -> None:
    """Do with floating-point errors what the user's ``np.errstate`` says."""
    looped.tell(found, op, looped.place(frame))


def _needed() -> dict[str, Any]:
    """Return what the methods need, by the names of `State` in `methods.h`."""
    return {
        "small": Small,
        "borrowed": Borrowed,
        "opened": Opened,
        "element": Element,
        "handle": Handle,
        "loose": Loose,
        "lazy": Array,
        "node": Node,
        "weak_scalars": weak_scalars,
        "view": View,
        "sliced": Sliced,
        "owned": Owned,
        "view_op": OPS["view"],
        "update_op": OPS["update"],
        "joint_of": infer.joint_of,
        "due": pending.due,
        "looped": pending.looped,
        "strides": layout.strides,
        "wrote": pending.wrote,
        "no_bytes": 0,
        "axes": recipes.PLAIN,
        "marks": marks,
        "raising": known.scene,
        "noting": _noting,
        "lenient": telling.scene,
        "found": _notes.found,
        "asked": errstate.ASKED,
        "nothing": errstate.NOTHING,
        "refusals": known.REFUSALS,
        "scalars": SCALARS,
        "numbers": frozenset(element.NUMBERS),
        "plain": frozenset(known.PLAIN),
        "wide_types": element.WIDE,
        "dtypes": DTYPES,
        "floats": constants.FLOATS,
        "whole": constants.WHOLE,
        "integers": constants.INTEGERS,
        "double_": constants.DOUBLE,
        "integer": constants.INTEGER,
        "users": users,
        "no_options": NO_OPTIONS,
        "lost": LOST,
        "made_at": made_at,
        "part": part,
        "remember": arithmetic.remember,
        "tell": _tell,
        "equip": ufuncs.equip,
        "take": operator.getitem,
        "keepdims": ("keepdims",),
    }


def _bounds() -> dict[str, int]:
    """Return the numbers that bound the usual case, by the names of `State`, too."""
    return {
        "made_by": bounds.MADE_BY,
        "told": bounds.TOLD,
        "large": bounds.LARGE,
        "usual": bounds.USUAL,
        "wide": bounds.WIDE,
        "kept": bounds.KEPT,
        "heaviest": bounds.HEAVIEST,
        "a_turn": bounds.A_TURN,
        "turns": bounds.TURNS,
        "long_": theirs.LONG,
        "few": short.FEW,
        "many": scattered.MANY,
        "several": scattered.SEVERAL,
    }


if compiled.MODULE is not None:
    compiled.MODULE.use(**_needed(), **_bounds())
    Handle._how = compiled.MODULE.story
