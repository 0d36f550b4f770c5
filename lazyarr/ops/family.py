"""How rows of whole-array functions are entered, and which family each belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.row import DType, Kind, Op, no_rule, register

if TYPE_CHECKING:
    from collections.abc import Callable

    Absent = Callable[[tuple[Any, ...], tuple[DType, ...]], str]


class ElementsError(NotImplementedError):
    """NumPy has to compute these elements; others of their dtypes need not be left to it."""


_TRANSFORMS = "fft ifft rfft irfft hfft ihfft fftn ifftn rfftn irfftn"
TRANSFORMS = tuple(_TRANSFORMS.split())

# Families of functions that take as long for as much work; the rest is ``gather``.
_FAMILIES = {
    "product": "matmul dot tensordot einsum",
    "vector": "convolve correlate",
    "sums": "vecdot",
    "factor": "cholesky det inv solve slogdet qr triangular_factor",
    "spectrum": "eigh eigvalsh",
    "singular": "svd svdvals pinv eig eigvals",
    "transform": _TRANSFORMS,
    "scan": "cumulative_sum cumulative_prod ufunc_accumulate partition argpartition"
    " nanargmax nanargmin",
    "select": "median quantile percentile nanmedian nanquantile nanpercentile",
    "sort": "sort",
    "argsort": "argsort lexsort isin",
    "search": "searchsorted interp",
    "scatter": "setitem ufunc_at repeat histogram",
}
_FAMILY_OF = {name: key for key, names in _FAMILIES.items() for name in names.split()}


def library_op(
    name: str,
    numpy: Callable[..., Any],
    flops: int = 4,
    absent: Absent | None = None,
    numbers: tuple[int, ...] = (),
) -> Op:
    """Enter a whole-array function, whose dtypes are found where its node is made."""
    row = Op(
        name=name,
        kind=Kind.LIBRARY,
        numpy=numpy,
        nin=1,
        flops=flops,
        speed=_FAMILY_OF.get(name, ""),
        dtypes=no_rule,
        absent=absent,
        numbers=numbers,
    )
    return register(row)


def only_numpy(xp: Any, name: str) -> None:
    """Refuse an array module other than NumPy.

    Raises
    ------
    NotImplementedError
    """
    if xp is not np:
        msg = f"{xp.__name__} has no {name}"
        raise NotImplementedError(msg)
