"""How an array would lie in memory as NumPy's: its shape, and views of its bytes."""

from __future__ import annotations

import functools
import gc
import sys
import warnings
from contextlib import suppress
from math import prod
from operator import index
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import pending
from lazyarr.api.axes import listed
from lazyarr.api.bounds import LARGE, LARGEST
from lazyarr.api.chains import LOCKED, SEALED, joined, seen_along
from lazyarr.api.classes import ndarray
from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import FINAL, OPENED, SMALL, SMALLS, Handle, new
from lazyarr.api.interop import through_numpy
from lazyarr.api.manipulation import sides_of
from lazyarr.api.opened import settle
from lazyarr.api.order import ghost, keeps_elements, order_of
from lazyarr.errors import warn
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ops.evaluated import bytes_as

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Shape


def set_shape(x: Array, shape: Any) -> None:
    """Do what ``x.shape = shape`` does: other sides, the same elements.

    Raises
    ------
    ShapeError
        The sizes differ.
    AttributeError
        The elements do not lie in memory so that this could be.
    """
    for text, category in _remarks():
        warn(text, category)
    sides = sides_of(x.size, shape)
    if type(x) is SMALL[1]:
        x._own()  # type: ignore[attr-defined]
    if not keeps_elements(x, sides):
        msg = (
            "Incompatible shape for in-place modification. Use `.reshape()` to make a "
            "copy with the desired shape."
        )
        raise AttributeError(msg)
    _reshape(x, sides, "C")


def _reshape(x: Array, sides: Shape, order: Any) -> None:
    """Give an array other sides; its elements stay where they are, in this order."""
    if type(x) is SMALL[1]:
        x._own()  # type: ignore[attr-defined]
    if is_known(x):
        _mark_owner(x)
        leave_views(x)
        x._value, x._seen, x._how = x._value.reshape(sides, order=order), None, None
    elif order == "C":
        lead_on(x, ("reshape", sides))
    else:
        turned = ("reshape", sides[::-1]), views.permute(sides[::-1], None)
        lead_on(x, views.permute(x.shape, None), *turned)


def leave_views(x: Any) -> None:
    """Let the views of a known array be of one that no name refers to."""
    views = views_of(x)
    if not views:
        return
    hidden = type(x)._of(x._value[...])  # flags of its own
    hidden._viewed = True
    _mark_owner(x)
    if hasattr(x, "_owned"):
        hidden._owned = x._owned
    for view in views:
        view._base = hidden


def _mark_owner(x: Any) -> None:
    """Let a known array that owns its memory be told from views when it shows a view."""
    if x._value.base is None and not hasattr(x, "_owned"):
        x._owned = [not x._value.flags.writeable]


def resize(x: Array, shape: tuple[Any, ...], *, check: bool) -> None:
    """Do what ``x.resize(shape)`` does: other sides, cut or filled up with zeros.

    Raises
    ------
    ValueError
        The array is a view, there are views of it, or a side is negative.
    """
    if shape in ((), (None,)) or x._is_scalar():
        return
    sides = tuple(map(index, listed(shape[0] if len(shape) == 1 else shape)))
    flags = ghost(x).flags
    if not flags.forc:
        msg = "resize only works on single-segment arrays"
        raise ValueError(msg)
    if min(sides, default=0) < 0:
        msg = "negative dimensions not allowed"
        raise ValueError(msg)
    if prod(sides) == x.size:
        _reshape(x, sides, "C" if flags.c_contiguous else "F")
        return
    if x.base is not None:
        msg = "cannot resize this array: it does not own its data"
        raise ValueError(msg)
    if check and _is_shared(x):
        msg = (
            "cannot resize an array that references or is referenced\nby another array "
            "in this way.\nUse the np.resize function or refcheck=False"
        )
        raise ValueError(msg)
    _replace(x, sides)


def _is_shared(x: Any) -> bool:
    """Whether other arrays show the elements of one, which may have been reshaped."""
    if any(view is not x for view in views_of(x if x._base is None else x._base)):
        return True
    if type(x) is not SMALL[0]:
        return False
    kind = type(x._value.base)
    return kind in _ALONE and _holders(x) > _ALONE[kind]


def _holders(x: Any) -> int:
    """Return how often the memory of a known array is referred to, in here as well."""
    held = x._value
    return sys.getrefcount(held if held.base is None else held.base)


_ALONE = {
    type(None): _holders(SimpleNamespace(_value=np.empty(1))),
    np.ndarray: _holders(SimpleNamespace(_value=np.empty(1).reshape(1, 1))),
}
"""What `_holders` gives of memory that one array alone holds: its own, and reshaped."""


def _replace(x: Array, sides: Shape) -> None:
    """Let an array be one of other sides, with the elements that fit."""
    order: Any = order_of(x)
    writeable = x.flags.writeable
    held = np.zeros(sides, x.dtype, order)
    kept = np.asarray(x).ravel(order)[: held.size]
    held.reshape(-1, order=order)[: kept.size] = kept
    if not is_known(x):
        lead_on(x)
        x._node, x._base = pending.owned(held), None
    elif held.nbytes > LARGE:
        x._become(pending.owned(held))  # type: ignore[attr-defined]
    else:
        leave_views(x)
        x._value, x._seen, x._how = held, None, None
    if hasattr(x, "_owned"):
        del x._owned  # as views have it, of the memory that there was
    if not writeable:
        x.setflags(write=False)


@functools.cache
def _remarks() -> tuple[tuple[str, type[Warning]], ...]:
    """Return what this NumPy warns of where a shape is set: deprecated in newer ones."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        np.empty(0).shape = (0,)
    return tuple((str(one.message), one.category) for one in told)


def is_known(x: Array) -> bool:
    """Evaluate what is pending of a base; say whether it is a known array then."""
    if x._base is None and id(x) in pending.written:
        pending.settle(x)
        pending.forget(x)
    return type(x) in SMALLS or type(x) in OPENED


def lead_on(x: Array, *steps: tuple[Any, ...]) -> None:
    """Let an array be a view, so many steps further, of what it has been."""
    if x._base is None:
        # The elements move to a base that no name refers to.
        hidden = new(x._node)
        for view in views_of(x):
            view._base = hidden
        x._base, x._chain = hidden, ()
        hidden._viewed = True
        hidden._owned = x._owned = [False]
    x._seen = None
    x._value = None  # what operators would write to
    x._chain = joined(x._chain, steps)
    with suppress(AttributeError):
        del x._whole  # of what it was: a key, or the base of an element


def views_of(x: Array) -> list[Handle]:
    """Return the views of a base. It does not know them: this looks everywhere.

    But only if there ever was one: among many objects that takes milliseconds.
    """
    if not hasattr(x, "_viewed"):
        return []
    found = [one for one in gc.get_referrers(x) if isinstance(one, Handle)]
    return [one for one in found if one._base is x]


def holder_of(memory: np.ndarray) -> Any:
    """Return the known array whose memory this is; None if there is none any more.

    Its views do not know it: this looks everywhere, too.
    """
    for one in gc.get_referrers(memory):
        if (type(one) in SMALLS or type(one) in OPENED) and one._value is memory:
            return one
    return None


def viewed(x: Array, dtype: Any, kind: Any) -> Any:
    """Return what ``x.view(dtype)`` is.

    Under another dtype it shares memory with a base that is not too large, or on a
    device, and with the base of a view; else it is an evaluated copy, not to be written.
    As an array of a class that is NumPy's it shares memory with a user's array that is
    wrapped, too, for that is how such classes make theirs.

    Raises
    ------
    ValueError
        The sizes of the dtypes differ and the last axis is not contiguous.
    """
    if isinstance(dtype, type) and issubclass(dtype, ndarray):
        dtype, kind = None, dtype
    if isinstance(kind, type) and issubclass(kind, np.ndarray) and kind != np.ndarray:
        memory = shared(x)
        return memory.view(kind) if dtype is None else memory.view(dtype, kind)
    wanted = x.dtype if dtype is None else np.dtype(dtype)
    if is_foreign(wanted):  # records, dates, bytes: NumPy's
        seen = np.array(x).view(wanted)
        seen.flags.writeable = False
        return seen
    if not wanted.isnative:
        return np.array(x).view(wanted)  # NumPy's, as where they are asked for
    if wanted == x.dtype:
        return new(x._current()) if x._is_scalar() else x._view()
    if _needs_contiguous(x, wanted) and ghost(x).strides[-1] != 1:
        what = "To change to a dtype of a different size, the last axis must be"
        msg = f"{what} contiguous"
        raise ValueError(msg)
    held = own_memory(x) if x.ndim else None
    if held is not None:
        made = held.view(wanted)
        return (SMALL if made.nbytes <= LARGE else OPENED)[0]._of(made)
    seen = through_numpy(bytes_as, (x, wanted), {}, "view")
    # Locked for good: what were written there would not reach the array.
    return seen._view(*SEALED) if x.size else seen


def shared(x: Any) -> np.ndarray:
    """Return the memory of an array, or a user's that it wraps, to be written through.

    What is computed for this may be of any size. Of an array on a device it is a copy.
    """
    memory = _wrapped(x)
    memory = own_memory(x, most=sys.maxsize) if memory is None else memory
    return np.asarray(x) if memory is None else memory


def _wrapped(x: Any) -> np.ndarray | None:
    """Return what an array shows of a user's array that it wraps, if it does."""
    base, chain = (x, ()) if x._base is None else (x._base, x._chain)
    if type(base) is SMALL[1]:
        return memory_along(base._value, chain)
    node = base._node if type(base) is FINAL[0] else None
    if node is None or node.params is not None or type(node.value) is not np.ndarray:
        return None
    return memory_along(node.value, chain)


def own_memory(
    x: Any, *, borrowed: bool = False, most: int = LARGEST
) -> np.ndarray | None:
    """Return the memory of an array or a view, if it is, or may be, known.

    Parameters
    ----------
    x : Array
    borrowed : bool
        Whether what wraps a user's array gets memory of its own.
    most : int
        Bytes of an expression that is computed for this.
    """
    base = x if x._base is None else x._base
    kinds = (*SMALL, *OPENED) if borrowed else (SMALL[0], OPENED[0])
    if type(base) not in kinds and base._sides():
        in_memory(base, most)
    if type(x) in kinds:
        if type(x) is SMALL[1]:
            x._own()
        found: np.ndarray = x._value
        return found
    if x._base is None or type(base) not in kinds:
        return None
    return memory_along(base._value, x._chain)


def memory_along(array: np.ndarray, chain: tuple[Any, ...]) -> np.ndarray:
    """Return what a chain of views shows of an array, with flags of its own."""
    seen: np.ndarray = seen_along(array, chain, copy=False)[...]
    if (LOCKED,) in chain or not array.flags.writeable:
        seen.flags.writeable = False
    return seen


def in_memory(x: Any, most: int = LARGEST) -> np.ndarray | None:
    """Return the memory of a base that is not too large, which is known from now on."""
    if x._base is not None or x.nbytes > most:
        return None
    if type(x) is FINAL[0] and x._node.args and not infer.is_fill(x._node):
        pending.settle_all((x,))
    settle(x, most)
    held: np.ndarray | None = None
    if type(x) in (SMALL[0], OPENED[0]):
        held = x._value
    return held


def _needs_contiguous(x: Array, wanted: np.dtype[Any]) -> bool:
    other = x.ndim and wanted.itemsize != x.itemsize
    return bool(other and x.shape[-1] != 1 and x.size)
