"""Nodes of the expression graph, and the structure of a graph as a key.

A node is immutable and knows its shape and dtype. Two graphs with the same key have
the same ops, dtypes, shapes and sharing; they differ only in the values of their
leaves. The plan cache rests on that.
"""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr import compiled

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from lazyarr.ops.row import DType, Op

Shape: TypeAlias = tuple[int, ...]
# The code object and instruction that made a node; resolved to a line when asked.
Where: TypeAlias = tuple[CodeType, int] | None


class Node:
    """One operation, or one leaf, of an expression graph.

    `Node.of` makes one. ``Node()`` is blank: what makes very many fills it in itself.

    Attributes
    ----------
    op : Op
        The row of the op table.
    args : tuple of Node
        Operands.
    params : object
        What the op needs besides operands: a view, axes, a dtype; hashable.
    shape, dtype
        Of the result.
    tag : hashable
        What tells this node from others with the same operands.
    where : tuple or None
        The user's line that made it.
    value : object
        Leaves only: the array or scalar.
    """

    __slots__ = (
        "args",
        "dtype",
        "met",
        "op",
        "params",
        "shape",
        "steps",
        "tag",
        "value",
        "where",
    )
    op: Op
    args: tuple[Node, ...]
    params: Any
    shape: Shape
    dtype: DType
    tag: Hashable
    where: Where
    value: Any
    met: int  # how often it was computed and not kept, if at all, see `ir.kept`
    steps: Shape  # the strides of NumPy's result, once `ir.layout` was asked for them

    @staticmethod
    def of(
        op: Op,
        args: tuple[Node, ...],
        params: Any,
        shape: Shape,
        dtype: DType,
        tag: Hashable,
        where: Where,
        value: Any = None,
    ) -> Node:
        """Return the node of which this is true."""
        node = Node()
        node.op = op
        node.args = args
        node.params = params
        node.shape = shape
        node.dtype = dtype
        node.tag = tag
        node.where = where
        node.value = value
        return node

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for n in self.shape:
            size *= n
        return size

    @property
    def nbytes(self) -> int:
        """Bytes of the result when it is stored."""
        return self.size * self.dtype.itemsize

    def __repr__(self) -> str:
        dims = ",".join(map(str, self.shape))
        return f"<{self.op.name} {self.dtype}[{dims}]>"

    def __deepcopy__(self, memo: object) -> Node:
        return self


def structure(roots: tuple[Node, ...]) -> tuple[tuple[Hashable, ...], list[Node]]:
    """Return the key of the graph under `roots`, and its nodes in canonical order.

    The order is breadth first from the roots; equal keys mean that position ``i`` of
    both node lists holds the same operation on the same positions.
    """
    if len(roots) == 1:
        nodes, place = [*roots], {roots[0]: 0}
    else:
        nodes = list(dict.fromkeys(roots))
        place = {node: i for i, node in enumerate(nodes)}
    first = count = len(nodes)
    key: list[Hashable] = [first]
    for node in nodes:  # grows while it is walked
        key.append(node.tag)
        for arg in node.args:
            found = place.setdefault(arg, count)
            key.append(found)
            if found == count:
                nodes.append(arg)
                count += 1
    if first != len(roots):  # a root that is asked for twice
        key.append(tuple([place[root] for root in roots]))
    return tuple(key), nodes


structure = compiled.method("graph_structure", structure)


def alike(nodes: Iterable[Node]) -> dict[Node, int]:
    """Return a number for every node: that of another one which is equal to it."""
    numbers: dict[Hashable, int] = {}
    found: dict[Node, int] = {}
    for node in topological(nodes):
        same = (node.tag, *[found[arg] for arg in node.args]) if node.args else node
        found[node] = numbers.setdefault(same, len(numbers))
    return found


def topological(roots: Iterable[Node]) -> list[Node]:
    """Return every node under `roots`, operands before their users; no recursion."""
    order: list[Node] = []
    done: set[Node] = set()
    add, put = done.add, order.append
    for root in roots:
        stack = [] if root in done else [(root, iter(root.args))]
        while stack:
            node, rest = stack[-1]
            for arg in rest:  # from where it was left: a node may have very many
                if arg in done:
                    continue
                if arg.args:
                    stack.append((arg, iter(arg.args)))
                    break
                add(arg)
                put(arg)
            else:
                add(node)
                put(node)
                stack.pop()
    return order


def is_scalar_leaf(node: Node) -> bool:
    """Whether the node is a 0-d value known on the host."""
    return node.op.name == "scalar"


def where_text(where: Where | str) -> str:
    """Return ``file.py:12`` for a captured place, or an empty string.

    A text, which stands for the place in what was pickled, is returned as it is.
    """
    if where is None or isinstance(where, str):
        return where or ""
    code, lasti = where
    line: int | None = code.co_firstlineno
    for start, stop, number in code.co_lines():
        if start <= lasti < stop:
            line = number
            break
    name = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{name}:{line}"
