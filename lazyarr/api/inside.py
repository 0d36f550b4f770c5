"""What is read and written inside of views of memory that is there, at once."""

from __future__ import annotations

from operator import getitem
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import looped
from lazyarr.api.bounds import LARGE, MADE_BY, small_bytes
from lazyarr.api.chains import LOCKED, Steps
from lazyarr.api.handle import ELEMENT, FINAL, OPENED, SLICED, SMALL
from lazyarr.api.keys import keyed, size_of
from lazyarr.api.known import REFUSALS, run, there
from lazyarr.ir import view as views
from lazyarr.watched import marks

if TYPE_CHECKING:
    from lazyarr.api.handle import Handle


def part(x: Handle, key: Any) -> Any:
    """Return what ``x[key]`` is of a view of what is there, if little; else None."""
    held = _memory_shown(x)
    if held is not None and looped.is_of_slices(key):
        try:
            value = held[key]
        except IndexError:
            return None  # the error is told where every key is looked at
        if type(value) is not np.ndarray:
            return ELEMENT[0]._of(value)
        if value.nbytes <= LARGE:
            made = SMALL[0]._of(value)
            made._calls = MADE_BY + 1  # what is made of it shall not hold the array
            return made
    own = _within(x, key)
    return None if own is None else x._base[own]  # type: ignore[index]


def put_part(x: Handle, key: Any, value: Any) -> bool:
    """Do what ``x[key] = value`` does in the memory of what `x` is a view of; say if."""
    held = _memory_shown(x)
    if held is not None:
        OPENED[0]._of(held)[key] = value
        return True
    own = _within(x, key)
    if own is None:
        return False
    x._base[own] = value  # type: ignore[index]
    return True


def _memory_shown(x: Handle) -> np.ndarray | None:
    """Return what a view shows of an array into which a loop writes; else None."""
    base: Any = x._base
    if type(base) is not OPENED[0] or (marks and not small_bytes()):
        return None
    if type(x) is FINAL[0] and len(x._chain) == 1 and type(x._chain[0]) is views.View:
        return views.apply(base._value, x._chain[0])  # as usual
    return None if _is_locked(x) else there(x)


def _is_locked(x: Handle) -> bool:
    """Whether a part by its key may not be written, as where its base was locked."""
    return type(x) is SLICED[0] and type(x._whole) is Steps and (LOCKED,) in x._whole


def _within(x: Handle, key: Any) -> Any:
    """Return the key of a base that is there which shows what a view does; else None."""
    base: Any = x._base
    if type(base) is FINAL[0]:
        if type(base._node.value) is not np.ndarray:
            return None
    elif type(base) is not OPENED[0]:
        return None
    chain = x._path() if type(x) is SLICED[0] else x._chain  # type: ignore[attr-defined]
    if len(chain) != 1 or type(chain[0]) is not views.View:
        return None
    return views.key_within(chain[0], key)


def picked(x: Handle, key: Any) -> Any:
    """Return the little that known places pick of what is there; else None."""
    base = x if x._base is None else x._base
    known = type(base) is OPENED[0]
    # The user's own memory is read later.
    if not known and (type(base) is not FINAL[0] or base._node.params is None):
        return None
    held = there(x)
    if held is None:
        return None
    try:
        places = keyed(key if type(key) is tuple else (key,))
        if size_of(held, places) * held.itemsize > small_bytes():
            return None
        return SMALL[0]._of(run(getitem, held, places))
    except REFUSALS:
        return None  # as the general way will tell
