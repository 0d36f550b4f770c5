"""Products of matrices and vectors as most are: the usual cases ahead of `products`.

Those that are known and make little are done at once: loops over data are full of these.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api.bounds import PRODUCT, small_bytes
from lazyarr.api.handle import FINAL, SLICED, SMALLS, here, new, shown
from lazyarr.api.known import REFUSALS, Function, run, there
from lazyarr.api.made import NO_OPTIONS, Loose, made_at
from lazyarr.ir.infer import library_node
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType

_BRIEF = 1 << 22  # products of two numbers, which BLAS adds up in about a millisecond
_WIDEST = 16  # bytes of an element
_OF_BLAS = frozenset("fdFD")


def briefly(theirs: Any) -> Callable[[Function], Function]:
    """Let a product be done at once if its operands are known and its result small."""

    def decorate(ours: Function) -> Function:
        @functools.wraps(ours)
        def product(*args: Any, **options: Any) -> Any:
            usual = len(args) == 2 or (len(args) == 3 and args[2] is None)
            if usual and not options:
                made = at_once(product, theirs, args[:2])
                if made is None:
                    made = planned(ours.__name__, args[0], args[1])
                if made is not None:
                    return made
            return ours(*args, **options)

        return product  # type: ignore[return-value]

    return decorate


def is_brief(x: Any, y: Any, most: int = PRODUCT) -> bool:
    """Whether a product of matrices or vectors is done at once: of `most` elements."""
    if not (1 <= x.ndim <= 2 and 1 <= y.ndim <= 2):
        return False
    inner = x.shape[-1]
    if not inner or y.shape[0] != inner:
        return False
    size = x.size // inner * (y.size // inner)
    return bool(size <= most and size * inner <= _BRIEF)


def at_once(ours: Any, theirs: Any, args: tuple[Any, Any]) -> Array | None:
    """Return a small product of matrices or vectors that are known; None of others.

    What follows in the program is computed on the spot, then, as with all that is small.
    A plan would make the same call of BLAS, later, with nothing to be fused with it.
    """
    values, operands, count = [], [], 0
    for one in args:
        if type(one) in SMALLS:
            value = one._value
            count += one._calls
            operands.append(one)
        else:
            kind = type(one)
            lazy = kind is FINAL[0] or kind is SLICED[0]
            value = there(one) if lazy else None
            if value is None:
                return None
            # It may be large: to tell of it is no reason to hold it.
            operands.append(Loose(one))
        values.append(value)
    x, y = values
    most = min(PRODUCT, small_bytes() // _WIDEST) if marks else PRODUCT
    if not is_brief(x, y, most):
        return None
    try:
        value = run(theirs, x, y)
    except REFUSALS:
        return None
    frame = sys._getframe(2)
    made: Array | None = made_at(value, ours, tuple(operands), NO_OPTIONS, count, frame)
    return made


@functools.lru_cache(maxsize=1024)
def _shape_of(x: Shape, y: Shape, kind: DType, other: DType) -> Shape | None:
    """Return the shape of a product of matrices or vectors of one dtype; None of others."""
    if kind != other or kind.char not in _OF_BLAS or not 0 < len(x) < 3 > len(y) > 0:
        return None
    return (*x[:-1], *y[1:]) if x[-1] == y[0] else None


def expressed(ours: Any, x: Any, y: Any) -> Array | None:
    """Return ``x @ y`` of arrays of which one at least is no small one; None if unusual.

    `ours` is the function that makes the same of them in plans.
    """
    made = at_once(ours, np.matmul, (x, y))
    return planned("matmul", x, y) if made is None else made


def planned(name: str, x: Any, y: Any) -> Array | None:
    """Return a product, by the op of this name, for later; None if it is unusual."""
    lazy = FINAL[0]
    if (type(x) is not lazy and type(x) not in SMALLS) or (
        type(y) is not lazy and type(y) not in SMALLS
    ):
        return None
    first, second = shown(x), shown(y)
    shape = _shape_of(first.shape, second.shape, first.dtype, second.dtype)
    if shape is None:
        return None
    operands = first, second
    return new(library_node(ops.OPS[name], operands, (), shape, first.dtype, here()))
