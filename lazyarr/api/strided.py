"""Memory for NumPy's `as_strided`: it has the strides that an array tells. And windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import known
from lazyarr.api.bounds import USUAL
from lazyarr.api.chains import SEALED
from lazyarr.api.handle import FINAL, Handle
from lazyarr.api.interop import evaluated, through_numpy
from lazyarr.api.memory import memory_along, own_memory
from lazyarr.ir import layout
from lazyarr.ir import view as views
from lazyarr.ir.kept import Owned

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Shape


def windows(
    function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Return what ``sliding_window_view`` does: views of what is there at the call."""
    made = known.call(function, function, args, options)
    if made is not None and made.nbytes <= USUAL:
        return made  # a view of what is known
    made = through_numpy(function, args, options, "sliding_window_view")
    if not isinstance(made, Handle):
        return made
    if type(made) is FINAL[0] and args and isinstance(args[0], Handle):
        ghost = layout.ghost(args[0]._current())  # has the strides that the array tells
        like = function(ghost, *evaluated(args[1:]), **evaluated(options))
        made._node.steps = like.strides
    return made._view(*SEALED)


def memory(x: Handle, shape: Any, strides: Any) -> np.ndarray:
    """Return an array's elements in memory in which these strides may be followed.

    That of its base, if it is not too large: writes go through. Else it is a copy of
    all of the base, or what the user has wrapped, not to be written.

    Parameters
    ----------
    x : Array
    shape, strides : sequence of int or None
        What is asked for; None is what the array has.

    Raises
    ------
    ValueError
        That reaches beyond the memory.
    """
    held = own_memory(x, borrowed=True)
    if held is None:
        held = memory_along(_computed(x), () if x._base is None else x._chain)
        held.flags.writeable = False
    sides = held.shape if shape is None else _numbers(shape)
    if strides is not None:
        steps = _numbers(strides)
    elif held.flags.c_contiguous:  # NumPy takes them to be of any shape then
        steps = tuple(n * held.itemsize for n in views.contiguous_strides(sides))
    else:
        steps = held.strides
    _check(held, sides, steps)
    return held


def _numbers(given: Any) -> Shape:
    """Return what there is a tuple of; what is gone when it is read is none."""
    if iter(given) is given:
        msg = "as_strided: shape and strides of a lazy array must be sequences"
        raise TypeError(msg)
    return tuple(map(int, given))


def _computed(x: Handle) -> np.ndarray:
    """Return all elements of an array's base, which lie as it tells."""
    base = x if x._base is None else x._base
    node = base._current()
    size = node.dtype.itemsize
    steps = tuple(s * size for s in base._steps())
    held: Any = node.value
    if type(held) is not np.ndarray or type(node.params) is Owned:
        held = np.asarray(base._read())
    if _lies_so(held, steps):
        own: np.ndarray = held[...]
        return own
    spans = [(n - 1) * s for n, s in zip(held.shape, steps, strict=True)]
    start = -sum(s for s in spans if s < 0)
    room = np.zeros(sum(map(abs, spans)) + size, np.uint8) if held.size else held
    made = np.ndarray(held.shape, held.dtype, room, start, steps)
    made[...] = held
    return made


def _lies_so(array: np.ndarray, steps: Shape) -> bool:
    """Whether an array has these strides along all axes that have a length."""
    pairs = zip(array.shape, array.strides, steps, strict=True)
    return not array.size or all(s == t for n, s, t in pairs if n > 1)


def _check(held: np.ndarray, sides: Shape, steps: Shape) -> None:
    """Raise an error if elements were not in the memory that an array lies in."""
    if any(n <= 0 for n in sides) or len(sides) != len(steps):
        return  # there are none, or NumPy says what is wrong
    owner = _owner(held)
    first, end = np.lib.array_utils.byte_bounds(owner)
    spans = [(n - 1) * s for n, s in zip(sides, steps, strict=True)]
    start = held.__array_interface__["data"][0]
    low = start + sum(s for s in spans if s < 0)
    high = start + sum(s for s in spans if s > 0) + held.itemsize
    if held.size and first <= low and high <= end:
        return
    msg = (
        f"as_strided: shape {sides} with strides {steps} reaches bytes {low - start} to "
        f"{high - start} from the array's first element; its memory has bytes "
        f"{first - start} to {end - start}"
    )
    raise ValueError(msg)


def _owner(array: np.ndarray) -> np.ndarray:
    """Return the array whose memory another one lies in."""
    below: Any = array
    # What a pool gives is of a class of its own, and larger than the array.
    while type(below) is np.ndarray:
        array, below = below, below.base
        if not isinstance(below, np.ndarray):  # what `as_strided` made keeps it there
            below = getattr(below, "base", None)
    return array
