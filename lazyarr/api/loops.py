"""The loops of NumPy's ufuncs that ``dtype=`` and ``casting=`` choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import cast_to, no_numbers, operand
from lazyarr.ir.node import Node

if TYPE_CHECKING:
    from lazyarr.ir import infer
    from lazyarr.ir.node import Where
    from lazyarr.ops.row import Op

_BOOL = np.dtype(bool)


def check_casting(op: Op, operands: tuple[Any, ...], casting: Any) -> None:
    """Raise NumPy's error for operands that a rule does not let into the loop."""
    ufunc = op.function or op.numpy
    if isinstance(ufunc, np.ufunc):
        kinds = _kinds(tuple([operand(x) for x in operands]))
        ufunc.resolve_dtypes((*kinds, None), casting=casting)


def _kinds(raw: tuple[infer.Raw, ...]) -> tuple[Any, ...]:
    """Return what NumPy is asked with; a Python bool is no weak number."""
    kinds = (x.dtype if isinstance(x, Node) else type(x) for x in raw)
    return tuple(_BOOL if kind is bool else kind for kind in kinds)


def of_dtype(
    op: Op, raw: tuple[infer.Raw, ...], dtype: Any, where: Where, casting: Any
) -> tuple[infer.Raw, ...]:
    """Return operands cast to the inputs of the loop whose output has a dtype."""
    if isinstance(dtype, type) and issubclass(dtype, np.dtype):
        made: Any = dtype  # NumPy's code also passes the classes of dtypes
        dtype = made()
    dtype = np.dtype(dtype)
    if is_foreign(dtype):  # asked for objects, `resolve_dtypes` may crash
        raise no_numbers(dtype, op.name)
    ufunc = op.function or op.numpy
    if not isinstance(ufunc, np.ufunc):
        return tuple(cast_to(x, dtype, where) for x in raw)
    if casting in ("no", "equiv"):
        # NumPy crashes where it is asked about Python's numbers, and not where it casts.
        given = [np.empty(0, x.dtype) if isinstance(x, Node) else x for x in raw]
        with np.errstate(all="ignore"):
            ufunc(*given, dtype=dtype, casting=casting)
        casting = "unsafe"
    signature = (None,) * ufunc.nin + (dtype,)
    asked = (*_kinds(raw), None)
    loop = ufunc.resolve_dtypes(asked, signature=signature, casting=casting)
    return tuple(
        cast_to(x, wanted, where) for x, wanted in zip(raw, loop, strict=False)
    )
