"""Expression graphs read back from their text; the inverse of `lazyarr.ir.text.show`.

For tests: a rule's case is a text before and a text after. Nodes are made by
`lazyarr.ir.infer`, so what it would refuse is refused here too.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.view import Axis, View
from lazyarr.ops.row import DType, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lazyarr.ir.node import Node, Shape

_LINE = re.compile(r"(%\d+): (\S+)\[([\d,]*)\] = (\w+) ?(.*)")
_OPERAND = re.compile(r"(%\d+)((?:\[[^]]*\]|\.\w+(?:\([^)]*\))?)*)")
_STEP = re.compile(r"\[([^]]*)\]|\.(\w+)(?:\(([^)]*)\))?")
# A word: brackets and parentheses may hold spaces.
_WORD = re.compile(r"(?:\[[^]]*\]|\([^)]*\)|[^\s\[(])+")


def parse(text: str, arrays: Mapping[str, Any] | None = None) -> list[Node]:
    """Return the roots of the graph that a text describes.

    Parameters
    ----------
    text : str
        What `lazyarr.ir.text.show` gives. Blank lines are skipped.
    arrays : mapping of str to array, optional
        The data of leaves, by name (``%0``); zeros otherwise.

    Raises
    ------
    ValueError
        A line that cannot be read, or a type that is not what the op gives.
    """
    nodes: dict[str, Node] = {}
    roots: list[str] = []
    for line in map(str.strip, text.strip().splitlines()):
        if line.startswith("out"):
            roots = line.split()[1:]
        elif line:
            name, node = _node(line, nodes, arrays or {})
            nodes[name] = node
    return [nodes[name] for name in roots]


def _node(
    line: str, nodes: Mapping[str, Node], arrays: Mapping[str, Any]
) -> tuple[str, Node]:
    match = _LINE.fullmatch(line)
    if match is None:
        msg = f"not a line of a graph: {line!r}"
        raise ValueError(msg)
    name, dtype_name, dims, op_name, rest = match.groups()
    dtype = dtype_of(dtype_name)
    shape = tuple(int(n) for n in dims.split(",") if n)
    if op_name == "data":
        zeros = np.broadcast_to(np.zeros((), dtype), shape)
        node = infer.leaf(arrays.get(name, zeros))
    else:
        node = _made(op_name, _WORD.findall(rest), nodes, shape, dtype)
    if (node.shape, node.dtype) != (shape, dtype):
        msg = f"{op_name} gives {node}, not what is written: {line!r}"
        raise ValueError(msg)
    return name, node


def _made(
    op_name: str,
    words: list[str],
    nodes: Mapping[str, Node],
    shape: Shape,
    dtype: DType,
) -> Node:
    match op_name:
        case "scalar":
            return infer.scalar(_number(words[0]), dtype)
        case "fill":
            return infer.full_node(_operand(words[0], nodes, dtype), shape)
        case "iota":
            return infer.iota(shape[0])
        case "astype":
            return infer.astype(nodes[words[0]], dtype)
        case "reshape":
            return infer.reshape_node(nodes[words[0]], shape)
        case "view":
            base, suffix = _split(words[0])
            view = parse_view(suffix, nodes[base].shape, shape)
            return infer.view_node(nodes[base], view)
        case "update":
            base, suffix = _split(words[0])
            value = _operand(words[1], nodes, dtype)
            chain = _chain(suffix, nodes[base].shape)
            return infer.update_node(nodes[base], value, chain)
    op = ops.OPS[op_name]
    if op.kind is Kind.MAP:
        return infer.map_node(op, tuple(nodes.get(w) or _number(w) for w in words))
    if op.kind is Kind.REDUCE:
        axes = ast.literal_eval(words[1].removeprefix("axis="))
        axes = axes if isinstance(axes, tuple) else (axes,)
        return infer.reduce_node(op, nodes[words[0]], axes, dtype)
    args = tuple(nodes[word] for word in words if word in nodes)
    params = tuple(ast.literal_eval(word) for word in words[len(args) :])
    return infer.library_node(op, args, params, shape, dtype)


def dtype_of(name: str) -> DType:
    """Return the dtype with this short name, ``f64`` or ``b``."""
    if name == "b":
        return np.dtype(bool)
    match = re.fullmatch(r"([<>]?[iufc])(\d+)", name)
    if match is None:
        return np.dtype(name)
    return np.dtype(f"{match[1]}{int(match[2]) // 8}")


def _number(word: str) -> Any:
    if word in ("nan", "inf", "-inf"):
        return float(word)
    if "j" in word:  # nan and inf as parts of a complex number are no literals
        return complex(word)
    return ast.literal_eval(word)


def _operand(word: str, nodes: Mapping[str, Node], dtype: DType) -> Node:
    return nodes[word] if word in nodes else infer.scalar(_number(word), dtype)


def _split(word: str) -> tuple[str, str]:
    match = _OPERAND.fullmatch(word)
    if match is None:
        msg = f"not an operand: {word!r}"
        raise ValueError(msg)
    return match[1], match[2]


# --- views ------------------------------------------------------------------


def parse_view(suffix: str, base: Shape, shape: Shape) -> View:
    """Return the view of a base that `lazyarr.ir.text.view_text` wrote so.

    `shape` is that of the result, which ``.broadcast`` stretches to.
    """
    view = views.identity(base)
    for step in _STEP.finditer(suffix):
        view = views.compose(_step(step, view.shape, shape), view)
    return view


def _step(step: re.Match[str], held: Shape, shape: Shape) -> View:
    index, method, words = step.groups()
    numbers = tuple(int(n) for n in re.findall(r"\d+", words or ""))
    if method is None:
        return views.index(held, tuple(_key(part) for part in index.split(",")))
    match method:
        case "T":
            return views.permute(held, tuple(range(len(held)))[::-1])
        case "transpose":
            return views.permute(held, numbers)
        case "broadcast":
            return views.broadcast(held, shape)
        case "diagonal":
            return _diagonal(held, numbers)
    msg = f"no view is called {method!r}"
    raise ValueError(msg)


def _key(part: str) -> int | slice | None:
    if part.strip() == "None":
        return None
    ends = [int(end) if end.strip() else None for end in part.split(":")]
    return slice(*ends) if len(ends) > 1 else ends[0]


def _diagonal(held: Shape, pair: Shape) -> View:
    others = [k for k in range(len(held)) if k not in pair]
    place = {k: j for j, k in enumerate(others)}
    axes = tuple(Axis(0, 1, place.get(k, len(others))) for k in range(len(held)))
    length = min(held[k] for k in pair)
    return View((*(held[k] for k in others), length), axes)


def _chain(suffix: str, base: Shape) -> tuple[Any, ...]:
    """Return the views and reshapes of an update's region; views in a row as one."""
    chain: list[Any] = []
    view = views.identity(base)
    for step in _STEP.finditer(suffix):
        if step[2] != "reshape":
            view = views.compose(_step(step, view.shape, view.shape), view)
            continue
        if not views.is_identity(view, base):
            chain.append(view)
        base = tuple(int(n) for n in re.findall(r"\d+", step[3]))
        chain.append(("reshape", base))
        view = views.identity(base)
    if not views.is_identity(view, base):
        chain.append(view)
    return tuple(chain)


__all__ = ["dtype_of", "parse", "parse_view"]
