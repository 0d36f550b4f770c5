"""What no kernel can compute on a GPU is left to NumPy, as a library function is.

An elementwise op without a CUDA text for its dtype would end every plan it is in. Here
such a node becomes a whole-array function that takes NumPy alone: the executor copies
its operands to the host and the result back, and everything around it stays fused.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from lazyarr.ir import infer
from lazyarr.ir.node import Node, topological
from lazyarr.ops.row import Kind, Op, no_rule


def _lacks(node: Node) -> bool:
    """Whether a node is elementwise work without a CUDA text for its dtype."""
    if node.op.kind is not Kind.MAP or not node.shape:
        return False
    cuda = node.op.cuda
    return not isinstance(cuda, str) and (
        cuda is None or node.args[0].dtype.kind not in cuda
    )


def delegate(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the graph with NumPy's whole-array call for every op without a kernel.

    A graph that has none is returned as it is.
    """
    order = topological(roots)
    if not any(map(_lacks, order)):
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
        if xp is not np:
            raise NotImplementedError
        return op.numpy(*arrays)

    return Op(
        name=op.name,
        kind=Kind.LIBRARY,
        numpy=function,
        nin=op.nin,
        dtypes=no_rule,
        flops=op.flops,
        summary=f"{op.name} has no CUDA text: NumPy computes it on copies",
    )
