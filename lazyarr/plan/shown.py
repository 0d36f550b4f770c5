"""Views of all that a library function made, handed out without a copy.

``sort(x)[::-1]`` and ``(a @ b).T`` show every element of an array that nothing else has:
it is handed out under its view, as NumPy does it. Only on a host: elsewhere results are
copied as they lie.
"""

from __future__ import annotations

from lazyarr import ops
from lazyarr.ir.node import Node
from lazyarr.ir.view import FIXED, View
from lazyarr.ops.row import Kind

_RESHAPE = ops.OPS["reshape"]


def handed_out(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the roots; such views among them are stages of their own.

    A reshape in the same shape is one: it is what shows memory without going through it.
    """
    if not any(type(root.params) is View for root in roots):
        return roots
    return tuple([_stage(r) if _shows_a_result(r, roots) else r for r in roots])


def _stage(root: Node) -> Node:
    tag = (_RESHAPE.id, root.shape)
    return Node.of(_RESHAPE, (root,), None, root.shape, root.dtype, tag, root.where)


def _shows_a_result(root: Node, roots: tuple[Node, ...]) -> bool:
    """Whether a root is a view of all that a library function made, and that no root."""
    if type(root.params) is not View:
        return False
    (base,) = root.args
    return base.op.kind is Kind.LIBRARY and base not in roots and _shows_all(root)


def _shows_all(node: Node) -> bool:
    """Whether a view shows every element of its operand once."""
    view, (base,) = node.params, node.args
    gone_along = {a.axis for a in view.axes if a.axis != FIXED and a.step}
    longer = {k for k, n in enumerate(view.shape) if n > 1}
    return 0 < node.size == base.size and longer <= gone_along
