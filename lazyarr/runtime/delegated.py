"""How functions of a library are called: in threads, into memory that is used again.

It is loaded with the first stage that calls one, and with it what such stages need.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lazyarr.runtime.pooled import pooled
from lazyarr.runtime.rows import sharing
from lazyarr.runtime.whole import library

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Shape
    from lazyarr.plan.model import Instr


def delegated(instr: Instr, shape: Shape, axes: int) -> Callable[..., Any]:
    """Return ``f(*arrays)``, a whole-array function with a result of this shape.

    `axes` are those of the operand that has most.
    """
    params = instr.params if isinstance(instr.params, tuple) else ()
    spread = sharing(instr.op.name, instr.op.numpy, axes)
    into = pooled(instr.op.name, params, shape, instr.dtype)
    call = into or partial(library, instr.op.numpy, params)
    return call if spread is None else partial(_shared, spread, call, params)


def _shared(
    spread: Callable[..., Any],
    call: Callable[..., Any],
    params: tuple[Any, ...],
    *arrays: Any,
) -> Any:
    """Call a whole-array function in threads; at once if that gains nothing."""
    result = spread(params, *arrays)
    return call(*arrays) if result is None else result
