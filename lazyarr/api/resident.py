"""Functions without a lazy form on arrays that lie on a GPU: called there, if CuPy can."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from lazyarr import evaluate
from lazyarr.api import nested
from lazyarr.api.handle import Handle, new, node_of
from lazyarr.api.made import like
from lazyarr.api.sizes import entry_of, settled
from lazyarr.ir import flat, infer
from lazyarr.ir.kept import Owned
from lazyarr.ir.node import structure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lazyarr.ir.node import Node
    from lazyarr.ops.row import DType

_RUNTIME = "lazyarr.runtime.cupy_backend"  # is loaded before any array lies on a device
_NONE: Mapping[Node, Any] = {}


def is_on_device(value: Any) -> bool:
    """Whether a value is an array that lies on a device."""
    return hasattr(value, "__cuda_array_interface__")


def device_of(value: Any) -> str:
    """Return the device on which an array in an argument lies, or what it is made of.

    Or "".
    """
    if _RUNTIME not in sys.modules:
        return ""
    nodes = tuple([x._current() for x in _each(value) if isinstance(x, Handle)])
    for node in structure(nodes)[1] if nodes else ():
        if is_on_device(node.value):
            return f"gpu:{node.value.device.id}"
    return ""


def stacked(value: Any, dtype: DType | None, copy: bool | None) -> Node | None:
    """Return arrays in a sequence, if some lie on a device, joined where they are.

    None if they do not, or are of several shapes; the sequence is read then.
    """
    if type(value) not in (list, tuple) or copy is False or not device_of(value):
        return None
    made = nested.stacked(value, ())
    return made if made is None or dtype is None else infer.astype(made, dtype)


def called(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
    name: str,
    device: str,
) -> Any:
    """Return what CuPy computes of operands of which some lie on a device.

    Expressions are evaluated where they belong, once; what lies on the host is copied, if
    that is less than to copy the rest. The plan of the result says who computed it.

    Raises
    ------
    NotImplementedError
        NumPy has to; this says why.
    """
    entry = entry_of(function)
    if entry is None or len(args) < entry.operands:
        msg = "CuPy's is not known to be NumPy's"
        raise NotImplementedError(msg)
    given = _there(args[: entry.operands], f"read by {name}", entry.view)
    arrays = [x for x in _each(given) if hasattr(x, "nbytes")]
    far = sum(x.nbytes for x in arrays if is_on_device(x))
    if not all(x.size for x in arrays) or sum(x.nbytes for x in arrays) > 2 * far:
        msg = "most of what it takes lies on the host"
        raise NotImplementedError(msg)
    rest = evaluated(args[entry.operands :]), evaluated(options)
    number = int(device.partition(":")[2])
    made = evaluate.gpu_backend().called(entry.function, given, *rest, number)
    note = f"{name} has no lazy form: CuPy computed it when it was called"
    return _wrapped(made, note)


def evaluated(value: Any, known: Mapping[Node, Any] = _NONE) -> Any:
    """Return a value with the lazy arrays in it, nested ones too, as NumPy arrays.

    Those of `known` nodes are there.
    """
    if isinstance(value, Handle):
        found = known.get(value._node) if known and value._base is None else None
        return value._read() if found is None else found
    if isinstance(value, (list, tuple)):
        return like(value, [evaluated(item, known) for item in value])
    if isinstance(value, dict):
        return {key: evaluated(item, known) for key, item in value.items()}
    return value


def _each(value: Any) -> Iterator[Any]:
    """Yield what is in an argument, and no sequence."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _each(item)
    elif isinstance(value, dict):
        yield from _each(tuple(value.values()))
    else:
        yield value


def _there(value: Any, why: str, view: bool) -> Any:
    """Return an operand with the elements of the arrays in it, where these lie.

    Memory that is written into later is copied for a `view`, which is to hold what is
    there now.
    """
    if isinstance(value, Handle):
        leaf = settled(value, why)
        if view and type(leaf.params) is Owned:
            return leaf.value.copy()
        return leaf.value if leaf.shape else leaf.value[()]
    if isinstance(value, (list, tuple)):
        return like(value, [_there(item, why, view) for item in value])
    return value


def _wrapped(made: Any, note: str) -> Any:
    """Return arrays of a device, and numbers, as lazy ones that a plan has a note of."""
    if isinstance(made, tuple):
        return tuple([_wrapped(one, note) for one in made])
    node = node_of(made)
    return new(flat.noted(node, note) if node.op.name == "data" else node)
