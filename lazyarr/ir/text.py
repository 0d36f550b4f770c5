"""Expression graphs and views as text: ``%1: f64[1000] = multiply %0 5.0``.

One line per node, operands before their users, numbered in that order: the text of a
graph is the same in every process. Used by ``explain(stage="simplified")``, by the
text of a plan and by tests, which also read it back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir.node import Node, Shape, is_scalar_leaf, topological
from lazyarr.ir.view import FIXED, Axis, View, broadcast, is_identity
from lazyarr.ops.row import DType, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

# An index this close to the end of its axis is written from the end, as people do.
_NEAR_END = 16
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def dtype_text(dtype: DType) -> str:
    """Return the short name of a dtype: ``f64``, ``i32``, ``u8``, ``c128``, ``b``.

    Examples
    --------
    >>> import numpy as np
    >>> dtype_text(np.dtype(np.float32)), dtype_text(np.dtype(bool))
    ('f32', 'b')
    """
    if dtype.kind == "b":
        return "b"
    if dtype.kind in "iufc":
        swapped = "" if dtype.isnative else dtype.byteorder
        return f"{swapped}{dtype.kind}{8 * dtype.itemsize}"
    return str(dtype).replace(" ", "")


def type_text(dtype: DType, shape: Shape) -> str:
    """Return dtype and shape: ``f64[10,20]``; ``f64[]`` for a 0-d value.

    Examples
    --------
    >>> import numpy as np
    >>> type_text(np.dtype(np.uint8), (2, 3))
    'u8[2,3]'
    """
    return f"{dtype_text(dtype)}[{','.join(map(str, shape))}]"


def scalar_text(value: object) -> str:
    """Return a scalar as one writes it, in the fewest digits that mean it."""
    return str(value)


def param_text(param: object) -> str:
    """Return a parameter of an op, without memory addresses."""
    if isinstance(param, tuple):
        inside = ", ".join(map(param_text, param))
        return f"({inside},)" if len(param) == 1 else f"({inside})"
    if isinstance(param, np.dtype):
        return dtype_text(param)
    if callable(param) and hasattr(param, "__name__"):
        return str(param.__name__)
    if issubclass(type(param), np.generic):
        return scalar_text(param)
    return _ADDRESS.sub("", repr(param))


def axes_text(axes: Shape) -> str:
    """Return reduced axes as an argument: ``axis=1`` or ``axis=(0, 1)``."""
    inside = str(axes[0]) if len(axes) == 1 else param_text(axes)
    return f"axis={inside}"


# --- views ------------------------------------------------------------------


def view_text(view: View, base: Shape) -> str:
    """Return a view as what follows its base: ``[1:-1, ::2]``, ``.T``, ``.broadcast``.

    An index comes first, then ``.diagonal(i, j)``, ``.T`` or ``.transpose(…)``, new
    axes, and ``.broadcast`` when axes are stretched to the shape of the result.

    Examples
    --------
    >>> from lazyarr.ir.view import index, permute
    >>> view_text(index((8, 9), (slice(1, -1), slice(None, None, 2))), (8, 9))
    '[1:-1, ::2]'
    >>> view_text(permute((8, 9), (1, 0)), (8, 9))
    '.T'
    """
    if is_identity(view, base):
        return ""
    if _stretches(base, view.shape) and view == broadcast(base, view.shape):
        return ".broadcast"
    keys, labels = _keys(view, base)
    suffix, labels = _rearranged(labels)
    missing = [j for j in range(len(view.shape)) if j not in labels]
    stretched = any(view.shape[j] != 1 for j in missing)
    if stretched:  # leading axes are added by the stretching itself
        missing = [j for j in missing if labels and j > labels[0]]
    if missing and not suffix:
        keys = _with_new_axes(keys, missing)
    index = _bracketed([text for text, _ in keys])
    if missing and suffix:
        whole = [":" if j in labels else "None" for j in sorted([*labels, *missing])]
        suffix += _bracketed(whole)
    return index + suffix + (".broadcast" if stretched else "")


def _stretches(shape: Shape, to: Shape) -> bool:
    """Whether a shape broadcasts to another and gains elements by it."""
    lead = len(to) - len(shape)
    fits = lead >= 0 and all(n in (1, m) for n, m in zip(shape, to[lead:], strict=True))
    return fits and ((1,) * lead + shape) != to


def _keys(view: View, base: Shape) -> tuple[list[tuple[str, int]], list[int]]:
    """Return one index per base axis with the axis it makes, and those axes."""
    keys = []
    for axis, size in zip(view.axes, base, strict=True):
        if axis.axis == FIXED or axis.step == 0:
            keys.append((_position(axis.start, size), FIXED))
        else:
            length = view.shape[axis.axis]
            keys.append((_slice(axis, length, size), axis.axis))
    return keys, [label for _, label in keys if label != FIXED]


def _rearranged(labels: list[int]) -> tuple[str, list[int]]:
    """Return what puts the axes in ascending order, each once, and the order."""
    suffix = ""
    while len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        first = labels.index(twice)
        second = labels.index(twice, first + 1)
        suffix += f".diagonal({first}, {second})"
        labels = [x for k, x in enumerate(labels) if k not in (first, second)]
        labels.append(twice)
    order = sorted(range(len(labels)), key=labels.__getitem__)
    if order == list(range(len(order))):
        return suffix, labels
    if order == list(range(len(order)))[::-1]:
        return f"{suffix}.T", sorted(labels)
    return f"{suffix}.transpose{param_text(tuple(order))}", sorted(labels)


def _with_new_axes(
    keys: list[tuple[str, int]], missing: list[int]
) -> list[tuple[str, int]]:
    waiting = list(missing)
    result: list[tuple[str, int]] = []
    for text, label in keys:
        while waiting and label != FIXED and waiting[0] < label:
            result.append(("None", waiting.pop(0)))
        result.append((text, label))
    return result + [("None", j) for j in waiting]


def _bracketed(parts: list[str]) -> str:
    while parts and parts[-1] == ":":
        parts.pop()
    return f"[{', '.join(parts)}]" if parts else ""


def _position(index: int, size: int) -> str:
    from_end = size - index
    return str(-from_end if from_end < index and from_end <= _NEAR_END else index)


def _slice(axis: Axis, length: int, size: int) -> str:
    start, step = axis.start, axis.step
    if length == 0:
        return ":0"
    if length == 1:
        step = 1
    stop = start + step * length
    if step > 0:
        first = "" if start == 0 else _position(start, size)
        last = "" if stop >= size else _position(stop, size)
    else:
        first = "" if start == size - 1 else _position(start, size)
        last = "" if stop < 0 else _position(stop, size)
    return f"{first}:{last}" + ("" if step == 1 else f":{step}")


def chain_text(chain: tuple[Any, ...], base: Shape) -> str:
    """Return the region an update writes: views and reshapes, one after another."""
    parts, shape = [], base
    for step in chain:
        if isinstance(step, View):
            parts.append(view_text(step, shape))
            shape = step.shape
        else:
            shape = step[1]
            parts.append(f".reshape{param_text(shape)}")
    return "".join(parts)


# --- graphs -----------------------------------------------------------------


def show(roots: Iterable[Node]) -> str:
    """Return the graph under `roots`, one line per node, and a line naming the roots."""
    wanted = list(roots)
    order = topological(wanted)
    spelled = _spelled_out(order, wanted)
    names: dict[Node, str] = {}
    lines = []
    count = 0
    for node in order:
        if is_scalar_leaf(node) and node not in spelled:
            names[node] = scalar_text(node.value)
            continue
        names[node] = f"%{count}"
        count += 1
        made = type_text(node.dtype, node.shape)
        lines.append(f"{names[node]}: {made} = {_made_by(node, names)}")
    lines.append(" ".join(["out", *(names[node] for node in wanted)]))
    return "\n".join(lines)


def _spelled_out(order: list[Node], roots: list[Node]) -> set[Node]:
    """Return the scalars that need a line, because no user of theirs tells the dtype.

    A map with an operand that is no scalar, a fill and an update do tell it.
    """
    spelled = {node for node in roots if is_scalar_leaf(node)}
    for node in order:
        kind = node.op.kind
        telling = kind in (Kind.VIEW, Kind.UPDATE) or (
            kind is Kind.MAP
            and node.op.name != "astype"
            and not all(map(is_scalar_leaf, node.args))
        )
        if not telling:
            spelled.update(arg for arg in node.args if is_scalar_leaf(arg))
    return spelled


def _made_by(node: Node, names: dict[Node, str]) -> str:
    op, args = node.op, [names[arg] for arg in node.args]
    if isinstance(node.params, View):
        base = node.args[0]
        if not base.shape:
            return f"fill {args[0]}"
        return f"{op.name} {args[0]}{view_text(node.params, base.shape)}"
    if is_scalar_leaf(node):
        return f"{op.name} {scalar_text(node.value)}"
    if op.name == "data":
        return f"{op.name} {str(node.params)!r}" if node.params else op.name
    if op.kind is Kind.UPDATE:
        region = chain_text(node.params, node.shape)
        return f"{op.name} {args[0]}{region} {args[1]}"
    return " ".join([op.name, *args, *params_text(op.kind, node.params)])


def params_text(kind: Kind, params: object) -> list[str]:
    """Return the parameters that follow the operands of an op, one word each."""
    if params is None:
        return []
    if not isinstance(params, tuple):
        return [param_text(params)]
    if kind is Kind.REDUCE:
        return [axes_text(params)]
    return [param_text(param) for param in params]
