"""``x ** y``, with the shortcuts that NumPy's operator takes."""

from __future__ import annotations

import sys
from typing import Any

from lazyarr.api.calls import binary
from lazyarr.api.handle import OPS, Handle, new, refuse_negative
from lazyarr.api.known import elementwise
from lazyarr.api.shortcuts import shortcut
from lazyarr.ir import infer

_POW = OPS["pow"]


def at_once(x: Any, y: Any) -> Any:
    """Return ``x ** y`` of what is known, at once; None for the general way."""
    if type(y) in (int, float):
        found = shortcut(x._value.dtype, y)
        if found is not None:
            return elementwise(found, (x,))
    return elementwise(_POW, (x, y))


def power(x: Any, y: Any) -> Any:
    """Return ``x ** y``, with NumPy's shortcuts for some Python scalars."""
    if type(y) in (int, float) and isinstance(x, Handle):
        node = x._current()
        op = shortcut(node.dtype, y)
        if op is not None:
            frame = sys._getframe(2)
            where = (frame.f_code, frame.f_lasti)
            return new(infer.unary_node(op, node, where))
        if node.dtype.kind not in "fc":
            refuse_negative(node, y)
    return binary(_POW, x, y, 3)
