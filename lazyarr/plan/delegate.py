"""What no kernel and no function of CuPy's computes on a GPU is left to NumPy.

An elementwise op without a CUDA text for its dtype would end every plan it is in. Here
such a node becomes a whole-array function that takes NumPy alone, and everything around
it stays fused. Library functions that CuPy lacks are known by their rows; those that
only a call has shown to be missing are remembered.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lazyarr.ir import infer
from lazyarr.ir.node import Node, topological
from lazyarr.ops.family import only_numpy
from lazyarr.ops.row import Kind, Op, no_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Stage, Value


# --- elementwise ops without a CUDA text ----------------------------------------------


def _lacks(node: Node) -> bool:
    """Whether a node is elementwise work without a CUDA text for its dtype."""
    if node.op.kind is not Kind.MAP or not node.shape:
        return False
    cuda = node.op.cuda
    return not isinstance(cuda, str) and (
        cuda is None or node.args[0].dtype.kind not in cuda
    )


def lacking(nodes: Iterable[Node]) -> list[Node]:
    """Return the nodes that no kernel computes."""
    return [node for node in nodes if _lacks(node)]


def delegate(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the graph with NumPy's whole-array call for every op without a kernel.

    A graph that has none is returned as it is.
    """
    order = topological(roots)
    if not lacking(order):
        return roots
    settled: dict[Node, Node] = {}
    for node in order:
        args = tuple(settled[arg] for arg in node.args)
        if not _lacks(node):
            settled[node] = infer.rebuilt(node, args)
        else:
            settled[node] = infer.library_node(
                on_numpy(node.op), args, (), node.shape, node.dtype, node.where
            )
    return tuple(settled[root] for root in roots)


@cache
def on_numpy(op: Op) -> Op:
    """Return a row of whole-array functions that computes an op, with NumPy only."""

    def function(xp: Any, *arrays: Any) -> Any:
        only_numpy(xp, op.name)
        return op.numpy(*arrays)

    return Op(
        name=op.name,
        kind=Kind.LIBRARY,
        numpy=function,
        nin=op.nin,
        dtypes=no_rule,
        flops=op.flops,
        summary=f"{op.name} has no CUDA text: NumPy computes it on copies",
        absent=lambda params, dtypes: op.name,
    )


# --- functions that CuPy lacks ------------------------------------------------------

_found: set[tuple[Any, ...]] = set()  # what calls have shown to be missing
_revision = 0


def _key(stage: Stage, dtypes: tuple[DType, ...]) -> tuple[Any, ...]:
    (instr,) = stage.body
    return (instr.op, instr.params, dtypes)


def absent(stage: Stage, values: tuple[Value, ...]) -> str:
    """Return why CuPy cannot run a library stage: ``CuPy has no … for dtype …``, or ""."""
    if stage.kind != "library":
        return ""
    (instr,) = stage.body
    dtypes = tuple(values[entry.value].dtype for entry in stage.inputs)
    params = instr.params if isinstance(instr.params, tuple) else ()
    rule = instr.op.absent
    name = rule(params, dtypes) if rule is not None else ""
    told = ""
    if not name and _found and _key(stage, dtypes) in _found:
        name, told = instr.op.name, ", as a call has shown"
    if not name:
        return ""
    dtype = dtypes[0] if dtypes else instr.dtype
    return f"CuPy has no {name} for dtype {dtype}{told}"


def note_absent(stage: Stage, values: tuple[Value, ...]) -> None:
    """Remember that CuPy refused a stage: plans that are made from now on know it."""
    global _revision
    dtypes = tuple(values[entry.value].dtype for entry in stage.inputs)
    _found.add(_key(stage, dtypes))
    _revision += 1


def revision() -> int:
    """Return a number that changes whenever something was found to be missing."""
    return _revision
