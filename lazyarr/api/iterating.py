"""Going through arrays that are there along their first axis, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import handle
from lazyarr.api.bounds import MADE_BY, TOLD
from lazyarr.api.chains import seen_along
from lazyarr.api.handle import FINAL
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Iterator


def elements(x: Any, held: np.ndarray) -> Iterator[Any]:
    """Give elements one by one, as they are then: a loop may write them."""
    count, kind = 0, handle.ELEMENT[0]
    for value in held:
        try:
            if x._value is not held:
                break  # it has other memory now
        except AttributeError:
            break  # it is an expression now
        made = kind()
        made._value = value
        made._how = None
        made._calls = 0
        yield made
        count += 1
    else:
        return  # of the memory that there was, no more can have become of it
    while count < len(x):
        yield x[count]
        count += 1


def rows(x: Any, held: np.ndarray) -> Iterator[Any]:
    """Give a known array along its first axis, part by part, as they are then."""
    small = handle.SMALL[0]
    count = 0 if marks or type(x) is not small else len(held)
    told = x._calls < MADE_BY and held.nbytes <= TOLD
    for k in range(count):
        if type(x) is not small or x._value is not held:
            count = k  # it has other memory, or sides, now
            break
        made = small()
        made._value = held[k]
        made._chain = held
        made._how = (x, k) if told else None
        made._calls = x._calls + 1 if told else MADE_BY
        yield made
    while count < len(x):
        yield x[count]
        count += 1


def in_memory(x: handle.Handle) -> Iterator[Any]:
    """Give elements of an array of one axis, as long as it shows the same memory."""
    own = x._base
    base: Any = x if own is None else own
    held = None if marks or type(base) is not FINAL[0] else base._node.value
    if type(held) is not np.ndarray:
        return
    chain = () if own is None else x._chain
    shown, kind = seen_along(held, chain), handle.ELEMENT[0]
    for value in shown if shown.ndim == 1 else ():
        if type(base) is not FINAL[0] or base._node.value is not held:
            return  # a loop has written into it
        if x._base is not own or (own is not None and x._chain is not chain):
            return  # its shape is another one
        yield kind._of(value)
