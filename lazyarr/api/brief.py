"""Products of matrices and vectors without much ado: what programs call in loops.

Those of known operands with a small result are done at once; nodes of the usual ones are
made on the spot. `products` has all others.
"""

from __future__ import annotations

import functools
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api.bounds import PRODUCT, small_bytes
from lazyarr.api.handle import FINAL, SLICED, SMALL, here, new
from lazyarr.api.known import REFUSALS, Function, run, there
from lazyarr.api.made import NO_OPTIONS, Loose, made_at
from lazyarr.ir.infer import library_node
from lazyarr.ops.row import promote
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.array import Array
    from lazyarr.ops.row import DType, Op

_BRIEF = 1 << 22  # products of two numbers, which BLAS adds up in about a millisecond
_WIDEST = 16  # bytes of an element
_SIDES = ((2, 2), (2, 1), (1, 2))  # how many axes the usual operands have


@cache
def resolved(kinds: tuple[DType, ...]) -> DType:
    """Return the dtype of a product of operands of these."""
    if len(kinds) == 2:
        return np.matmul.resolve_dtypes((*kinds, None))[2]
    return promote(kinds)


def briefly(theirs: Any) -> Callable[[Function], Function]:
    """Let a product be done at once if its operands are known and its result small."""
    op = ops.OPS[theirs.__name__]

    def decorate(ours: Function) -> Function:
        @functools.wraps(ours)
        def product(*args: Any, **options: Any) -> Any:
            usual = len(args) == 2 or (len(args) == 3 and args[2] is None)
            if usual and not options:
                made = _at_once(product, theirs, args[:2])
                if made is None and type(args[0]) is type(args[1]) is FINAL[0]:
                    made = _planned(op, *args[:2])
                if made is not None:
                    return made
            return ours(*args, **options)

        return product  # type: ignore[return-value]

    return decorate


def _planned(op: Op, a: Array, b: Array) -> Array | None:
    """Return the usual product: of a matrix with a matrix or a vector of its dtype.

    None of others. Loops over data are full of these.
    """
    x, y = a._current(), b._current()
    dtype, left, right = x.dtype, x.shape, y.shape
    if y.dtype is not dtype or (len(left), len(right)) not in _SIDES:
        return None
    if left[-1] != right[0] or resolved((dtype, dtype)) is not dtype:
        return None
    shape = (*left[:-1], *right[1:])
    return new(library_node(op, (x, y), (), shape, dtype, here()))


def _at_once(ours: Any, theirs: Any, args: tuple[Any, Any]) -> Array | None:
    """Return a small product of matrices or vectors that are known; None of others.

    What follows in the program is computed on the spot, then, as with all that is small.
    A plan would make the same call of BLAS, later, with nothing to be fused with it.
    """
    values, operands, count = [], [], 1
    for one in args:
        if type(one) in SMALL:
            value = one._value
            count += one._calls
            operands.append(one)
        else:
            value = there(one) if type(one) in (FINAL[0], SLICED[0]) else None
            if value is None:
                return None
            # It may be large: to tell of it is no reason to hold it.
            operands.append(Loose(one))
        if not 1 <= value.ndim <= 2:
            return None
        values.append(value)
    x, y = values
    inner = x.shape[-1]
    if not inner or y.shape[0] != inner:
        return None
    size = x.size // inner * (y.size // inner)
    most = min(PRODUCT, small_bytes() // _WIDEST) if marks else PRODUCT
    if size > most or size * inner > _BRIEF:
        return None
    try:
        value = run(theirs, x, y)
    except REFUSALS:
        return None
    frame = sys._getframe(2)
    made: Array | None = made_at(value, ours, tuple(operands), NO_OPTIONS, count, frame)
    return made
