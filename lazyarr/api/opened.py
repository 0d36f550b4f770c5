"""Arrays that become known when a part of them is written: those of middle size.

A program that writes into parts of an array most likely does so in a loop, and goes on
to read from it. An array of up to `LARGE` bytes, or `LARGEST` if a little of it is
written, whose elements are there, or are all the same, is then one of the small arrays
that are known: its next statements are NumPy's own, called at once, in memory of its own.
"""

from __future__ import annotations

import os
import threading
from math import prod
from operator import getitem
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import looped, pending
from lazyarr.api.bounds import (
    LARGE,
    LARGEST,
    MADE_BY,
    TAKEN,
    is_middle,
    small_bytes,
)
from lazyarr.api.chains import has_parts, seen_along
from lazyarr.api.handle import (
    ELEMENT,
    FINAL,
    OPENED,
    SEE,
    SELECTION,
    SLICED,
    SMALL,
    SMALLS,
    WEAK,
    Handle,
    here,
)
from lazyarr.api.keys import keyed, size_of, with_scalars
from lazyarr.api.known import REFUSALS, plain, run, there
from lazyarr.api.looped import LITTLE, UNSHARED
from lazyarr.api.order import memory
from lazyarr.ir import infer, layout
from lazyarr.ir import view as views
from lazyarr.ir.kept import Owned
from lazyarr.ir.node import structure
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Where
    from lazyarr.ops.row import Op

_TWICE = 2  # selections: then they are of a loop
_SEVERAL = 8  # writes through masks, the latest
_LINES = 256  # that are known to make masks
_BRIEF = 64  # nodes of an expression, those met twice counted twice
_PLAIN = WEAK | {np.ndarray, list, tuple}
_knowing = threading.RLock()  # two threads may look at one array
if hasattr(os, "register_at_fork"):  # another thread may have held it
    os.register_at_fork(
        after_in_child=lambda: globals().update(_knowing=threading.RLock())
    )
_uses: dict[Where, int] = {}  # by lines that make masks: how often one was a key
_slot: Any = Handle.__dict__["_node"]  # of small arrays, a node is made when asked for


def write(x: Handle, key: Any, value: Any) -> bool:
    """Do what ``x[key] = value`` does if an array is known from now on; say whether."""
    lazy = type(key) is FINAL[0] and _is_mask(x, key)
    lazy = lazy and _is_used_again(key) and _found(x, key, value)
    _evaluate_places(key, value)
    if not lazy and not _opened(x, value, key):
        return False
    x[key] = value  # type: ignore[index]
    return True


def _evaluate_places(key: Any, value: Any) -> None:
    """Evaluate what masks select as places, and what is written into places."""
    selection = SELECTION[0]
    parts = key if type(key) is tuple else (key,)
    kinds = set(map(type, parts))
    if selection not in kinds and (type(value) is not selection or _is_no_place(parts)):
        return
    for one in (*parts, value):
        if type(one) is selection:
            one._current()


def _is_no_place(parts: tuple[Any, ...]) -> bool:
    """Whether a key is nothing but a mask, or has no arrays that are known in it."""
    if len(parts) == 1:
        return type(parts[0]) not in SMALLS or parts[0]._kind().char == "?"
    return SMALLS.isdisjoint(map(type, parts))


def inplace(op: Op, x: Handle, y: Any, where: Where) -> bool:
    """Do ``x op= y`` if the view `x` is known from now on; say whether."""
    return _opened(x, y) and into(op, x, y, where)


def into(op: Op, x: Handle, y: Any, where: Where) -> bool:
    """Do ``x op= y`` in the memory of a known array; say whether that could be."""
    return put(op, (x, y), x, where)


def put(op: Op, operands: tuple[Any, ...], out: Handle, where: Where) -> bool:
    """Write ``op`` of operands into a known array, if they are; say whether."""
    try:
        held = out._value
        given = [x if type(x) in WEAK else plain(x, held.nbytes) for x in operands]
    except REFUSALS:
        return False
    if type(out) is SMALL[1]:
        out._own()  # type: ignore[attr-defined]
        held = out._value
    if not held.flags.writeable or not looped.into(op, held, tuple(given), where):
        return False
    out._how = None
    return True


def selected(x: Handle, mask: Any) -> Any:
    """Return what a known mask selects of computed elements, at once; else None.

    A mask that is known, or has been written into, belongs to a loop that goes by what
    it finds: of what is not large, NumPy takes the elements sooner than a plan computes
    with all of them.
    """
    if type(mask) is FINAL[0] and not _decides(mask):
        return None
    lazy = type(mask) is FINAL[0]
    if not _is_mask(x, mask, LARGE if lazy else LARGEST):
        return None
    if lazy:
        pending.settle(mask, donate=pending.alone())
    if x._base is None and hasattr(x, "_pending"):
        settle(x)
    if type(mask) not in SMALLS:
        return None
    if type(x) in SMALLS:
        return x[mask]  # type: ignore[index]
    held = _computed(x)
    try:
        return None if held is None else SMALL[0]._of(run(getitem, held, mask._value))
    except REFUSALS:
        return None


def _decides(mask: Handle) -> bool:
    """Whether a loop goes by what a mask finds: it was written, or how much was asked.

    In the latter case it is known from now on, if it is still that mask.
    """
    if mask._base is None:
        _is_used_again(mask)
        leaf = mask._node
        seen = getattr(mask, "_found", (None, None))
        if leaf is seen[1] and leaf.size <= TAKEN and type(leaf.value) is np.ndarray:
            del leaf, seen  # who else needs the memory is counted
            settle(mask, LARGEST, SMALL)
    return type(mask) in SMALLS or id(mask) in pending.written


def _computed(x: Handle) -> np.ndarray | None:
    """Return elements that are there, or shall be, in memory that is not the user's."""
    base = x if x._base is None else x._base
    if x is base and base._node.args and not _settled(x):
        return None
    held = None if base._node.params is None else there(x)
    return None if held is None or held.nbytes > LARGEST else held


def _is_mask(x: Handle, key: Any, most: int = LARGEST) -> bool:
    """Whether a key is a mask of an array that is not too large."""
    if not small_bytes() or (key._base is not None and type(key) is FINAL[0]):
        return False
    shape, sides = key._sides(), x._sides()
    if key._kind().char != "?" or not shape or shape != sides[: len(shape)]:
        return False
    return prod(sides) * x._kind().itemsize <= most


def _is_used_again(mask: Handle) -> bool:
    """Whether masks that the user's line makes are keys more than once each.

    One that selects for a single write is best computed where that is.
    """
    where, count = mask._node.where, getattr(mask, "_elements", 0) + 1
    mask._elements = count
    most = _uses.get(where, 0)
    if count > most:
        if len(_uses) >= _LINES:
            _uses.clear()
        _uses[where] = most = count
    return most >= _TWICE


def _found(x: Handle, mask: Handle, value: Any) -> bool:
    """Let a mask be known through which a loop writes; say whether both are known now.

    It is evaluated once for all that it selects, as are the written arrays that it is
    made of. Otherwise each array that is written would compute it again.
    """
    if x._base is not None or not _is_known(value, x):
        return False
    if type(x) is FINAL[0]:
        node = x._node
        if node.nbytes <= LARGE or not _is_written_again(x) or not _is_here(node):
            return False
    elif type(x) not in (*SMALL, OPENED[0]) or not is_middle(x._value):
        return False
    if not _is_here(mask._node):
        return False
    if mask._node.args:
        pending.settle_all((mask, x) if type(x) is FINAL[0] else (mask,))
    settle(mask, LARGEST, SMALL)
    return type(mask) is SMALL[0] and type(x) is not FINAL[0]


def _is_written_again(x: Handle) -> bool:
    """Whether the user's line has written all of an array before, through a mask.

    Or it was written so in memory, where nothing else has been written since.
    """
    node, where = x._node, here()
    if type(node.params) is Owned:
        return not node.params.writes and hasattr(x, "_pending")
    for _ in range(_SEVERAL):
        if node.op.name != "where" or node.where == where:
            break
        node = node.args[2]
    return node.op.name == "where" and node.where == where


def _is_here(node: Node) -> bool:
    """Whether nothing that a node is made of is large, or lies on a device."""
    return all(
        one.nbytes <= LARGEST and not hasattr(one.value, "__cuda_array_interface__")
        for one in structure((node,))[1]
    )


def _settled(x: Handle) -> bool:
    """Compute and keep an expression from which known masks select again; say whether."""
    x._elements = getattr(x, "_elements", 0) + 1
    if x._elements < _TWICE or not _is_here(x._node) or infer.is_fill(x._node):
        return False
    pending.settle_all((x,))
    return True


def settle(base: Handle, most: int = LARGE, kind: Any = None) -> None:
    """Let an array whose pending writes were evaluated be known from now on.

    If it has `most` bytes, or fewer; as one of a `kind`, or of what it is by its size.
    """
    if type(base) is not FINAL[0]:
        return
    with _knowing:
        held = _memory(base, most) if type(base) is FINAL[0] else None
        if held is not None:
            _let_know(base, held, kind)


def see(x: Handle) -> bool:
    """Let a view of a known array be known, too; say whether it is."""
    base: Any = x._base
    if type(x) is SLICED[0]:
        SLICED[0]._settled(x)  # type: ignore[attr-defined]
    if type(x) is not FINAL[0] or type(base) is not SMALL[0] or not small_bytes():
        return False
    return _is_seen(x, base)


def _opened(x: Handle, value: Any, key: Any = ...) -> bool:
    """Let an array into which a known value is written be known itself; say whether."""
    base = x if x._base is None else x._base
    if type(x) is SLICED[0]:
        SLICED[0]._settled(x)  # type: ignore[attr-defined]
    if type(x) is not FINAL[0]:
        return False
    if not _is_known(value, base):
        return False
    large = type(base) is FINAL[0] and base._node.nbytes > LARGE
    if large and not (_is_little(x, key, base) or _selects(x, key)):
        return False
    settle(base, base._node.nbytes if large else LARGE)
    known = type(base) is SMALL[0] or type(base) is OPENED[0]
    return known and (base is x or _is_seen(x, base))


def _is_known(value: Any, target: Handle) -> bool:
    kind = type(value)
    if kind in _PLAIN or kind in SMALLS or kind is ELEMENT[0]:
        return True
    if kind is SELECTION[0]:
        return not value._is_unknown() and _is_near(value._current())
    if kind is not FINAL[0] and kind is not SLICED[0]:
        return issubclass(kind, np.generic)
    base = value if value._base is None else value._base
    if base is target or type(base) in SMALLS:
        return True
    if kind is SLICED[0] and looped.shown(value) is not None:
        return True
    return type(base) is FINAL[0] and _is_near(base._node)


def _is_near(node: Node) -> bool:
    """Whether a node is a brief expression of arrays in memory, none of them large."""
    if not node.args:
        return type(node.value) is np.ndarray
    nodes = [node]
    for one in nodes:  # grows while it is walked
        if one.nbytes > LARGE or one.op.kind is Kind.UPDATE or len(nodes) > _BRIEF:
            return False
        if hasattr(one.value, "__cuda_array_interface__"):
            return False
        nodes.extend(one.args)
    return True


def _selects(x: Handle, key: Any) -> bool:
    """Whether a key is a known mask of all of an array that is not too large."""
    return type(key) in SMALLS and x._base is None and _is_mask(x, key)


def _is_little(x: Handle, key: Any, base: Handle) -> bool:
    """Whether ``x[key]`` is a little of its base, and that not too large.

    What is too large is a part of an expression at first, and like others once that has
    been evaluated in memory of its own.
    """
    whole = base._node
    if whole.nbytes > LARGEST and type(whole.params) is not Owned:
        return False
    key = with_scalars(key)
    try:
        if not views.is_basic(key):
            key = keyed(key if type(key) is tuple else (key,))
        return size_of(layout.sides_alone(x._sides()), key) * LITTLE <= whole.size
    except REFUSALS:
        return False  # as the write itself will tell


def _memory(base: Handle, most: int) -> np.ndarray | None:
    """Return memory with the elements of a base, laid out as NumPy's array would be."""
    node = base._node
    if not node.shape or not 0 < node.nbytes <= most or not small_bytes():
        return None
    if infer.is_fill(node):
        fill = node.args[0]
        if fill.args:
            return None
        found = _filled(node, fill.value, base._steps())
        if found is None:
            return None
        held = found
    elif type(node.value) is np.ndarray and not node.args:
        held = node.value
        if not held.flags.forc:  # a view that was computed, or the user's
            return None if _lies(held, base._steps()) else _laid(held, base._steps())
        # The base, this call's name and the argument; the same of its memory.
        mine = type(node.params) is Owned and getrefcount(node) <= UNSHARED
        mine = mine and getrefcount(held) <= UNSHARED and held.flags.writeable
        # What is given back as a leaf is no view.
        if not mine or (held.base is not None and LARGE < held.nbytes <= LARGEST):
            held = held.copy("K")
    else:
        return None
    steps = base._steps()
    return held if _lies(held, steps) else _laid(held, steps)


def _lies(held: np.ndarray, steps: Any) -> bool:
    """Whether an array has these strides, in elements."""
    own = tuple([n // held.itemsize for n in held.strides])
    return layout.alike(held.shape, own, steps)


def _laid(held: np.ndarray, steps: Any) -> np.ndarray | None:
    """Return elements in other memory, of these strides; None of much if it is a view."""
    made = memory(held.shape, steps, held.dtype)
    if held.nbytes > LARGE and made.base is not None:
        return None  # what is given back as a leaf is no view
    made[...] = held
    return made if _lies(made, steps) else None


def _filled(node: Node, value: Any, steps: Any) -> np.ndarray | None:
    """Return memory full of a value; None of much if its axes are in another order."""
    zeros = not any(np.asarray(value, node.dtype).tobytes())
    held: Any = memory(node.shape, steps, node.dtype, np.zeros if zeros else np.empty)
    if held.nbytes > LARGE and held.base is not None:
        return None  # what is given back as a leaf is no view
    if not zeros:
        held[...] = value
    return held  # type: ignore[no-any-return]


def _let_know(base: Handle, held: np.ndarray, kind: Any = None) -> None:
    """Make a base a small array, whatever its size."""
    pending.forget(base)
    base._seen = None
    base._value = held
    base._how = None
    base._calls = MADE_BY
    kind = kind or (OPENED if held.nbytes > LARGE else SMALL)
    base.__class__ = kind[0]  # another thread may be reading it meanwhile
    _slot.__delete__(base)


def _is_seen(x: Handle, base: Handle) -> bool:
    """Let a view of a known base be one of its memory; say whether it is."""
    if has_parts(x._chain) or getattr(base, "_owned", (False,))[0]:
        return False  # of a locked owner: as a view it knows of the lock
    held = seen_along(base._value, x._chain, copy=False)
    if held.nbytes > LARGE:
        return False
    if held is base._value:
        held = held[...]  # flags of its own
    with _knowing:
        if type(x) is FINAL[0]:
            _let_know(x, held)
    return True


pending.SETTLED.append(settle)
SEE.append(see)
