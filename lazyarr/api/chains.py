"""Chains of views: what is seen along them, and what becomes of a base written by one.

The steps of a chain are views, ``("reshape", shape)``, ``("real",)``, ``("imag",)``, and
``(LOCKED,)``, with one more step where nobody takes the lock off: `SEALED`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr import ops
from lazyarr.errors import message
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Where, where_text
from lazyarr.ir.view import View

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape

LOCKED = "locked"  # the step behind which nothing may be written
SEALED = ((LOCKED,), (LOCKED, "for good"))  # the steps of a lock that nobody takes off
OPS = ops.OPS


class Steps(tuple[Any, ...]):
    """A chain in the place of a key, of a part that no key alone shows."""

    __slots__ = ()


def replaced(old: Node, value: Node, chain: tuple[Any, ...], where: Where) -> Node:
    """Return a node with the region that a chain leads to replaced by a value."""
    if _leads_to_all(old.shape, chain):
        if not value.shape:
            return infer.full_node(value, old.shape, where)
        return infer.reshape_node(value, old.shape, where)
    if 0 in (chain[-1].shape if type(chain[-1]) is View else chain[-1][1]):
        return old  # nothing is replaced
    return infer.update_node(old, value, chain, where)


def _leads_to_all(shape: Shape, chain: tuple[Any, ...]) -> bool:
    """Whether a chain leads to all elements of a shape, in their order."""
    for step in chain:
        if type(step) is not View:
            shape = step[1]
        elif not views.is_identity(step, shape):
            return False
    return True


def with_part(
    old: Node, chain: tuple[Any, ...], place: int, value: Node, where: Where
) -> Node:
    """Return complex elements with real or imaginary parts replaced.

    `chain` leads through ``.real`` or ``.imag`` at `place`; the result is what the
    region in front of it becomes.
    """
    whole = along(old, chain[:place])
    parts = {
        name: infer.map_node(OPS[name], (whole,), where) for name in ("real", "imag")
    }
    changed = chain[place][0]
    parts[changed] = replaced(parts[changed], value, chain[place + 1 :], where)
    args = (parts["real"], parts["imag"])
    row = OPS["join_parts"]
    return infer.library_node(row, args, (), whole.shape, whole.dtype, where)


def read_only(where: Where) -> ValueError:
    """Return the error for a write to a view that must not be written."""
    what = "assignment destination is read-only"
    hint = "copy() it first."
    return ValueError(message("setitem", what, where_text(where), hint))


def along(node: Node, chain: tuple[Any, ...]) -> Node:
    """Return the node seen along a chain of views and reshapes."""
    for step in chain:
        if type(step) is View:
            node = infer.view_node(node, step, node.where)
        elif step[0] == "reshape":
            node = infer.reshape_node(node, step[1], node.where)
        elif step[0] != LOCKED:
            node = infer.map_node(OPS[step[0]], (node,), node.where)
    return node


def seen_along(array: Any, chain: tuple[Any, ...], copy: bool | None = None) -> Any:
    """Return what a chain of views shows of an array of NumPy's.

    Raises
    ------
    ValueError
        `copy` is False, and there is no view of a shape.
    """
    for step in chain:
        if type(step) is View:
            array = views.apply(array, step)
        elif step[0] == "reshape":
            array = array.reshape(step[1], copy=copy)
        elif step[0] != LOCKED and array.dtype.kind == "c":
            array = getattr(array, step[0])
    return array


def shown_by(array: Any, key: Any) -> Any:
    """Return the part of an array of NumPy's that a key shows, or `Steps`."""
    return seen_along(array, key) if type(key) is Steps else array[key]


def has_parts(chain: tuple[Any, ...]) -> bool:
    """Whether a chain shows parts of numbers, or what may not be written."""
    for step in chain:  # noqa: SIM110 - three times as fast as any()
        if type(step) is not View and step[0] != "reshape":
            return True
    return False


def joined(chain: tuple[Any, ...], steps: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the chain with steps behind it; two views in a row are one."""
    for step in steps:
        if chain and type(step) is View and type(chain[-1]) is View:
            chain = (*chain[:-1], views.compose(step, chain[-1]))
        else:
            chain = (*chain, step)
    return chain
