"""What CuPy's functions of linear algebra work in on a GPU, beside operands and results.

They call cuSOLVER, whose needs grow with the sides of matrices and depend on the library's
version: these are an H200's, with CUDA 13.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Value

_DOUBLE = 8  # bytes of the numbers for which needs are given
_ADDRESS = 8
_REFLECTED = 819_200  # numbers that reflections of a tall matrix are found in
_JACOBI = 32  # sides to which small matrices of a stack are filled up


class _Stack(NamedTuple):
    """Matrices of numbers of `item` bytes."""

    many: int
    rows: int
    cols: int
    item: int

    @property
    def nbytes(self) -> int:
        return self.many * self.rows * self.cols * self.item

    @property
    def wide(self) -> float:
        """How many times as large as a double a number is."""
        return self.item / _DOUBLE


def _stack(seen: Sequence[Any]) -> _Stack:
    *others, rows, cols = seen[0].shape
    item = max(seen[0].dtype.itemsize, 4)
    if seen[0].dtype.kind not in "fc":
        item = _DOUBLE
    return _Stack(prod(others), rows, cols, item)


def _solved(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    """Return the bytes of a copy, of pivots, and of addresses of the matrices."""
    x = _stack(seen)
    right: int = sum(y.size * x.item for y in seen[1:] if y.order != "C")
    return x.nbytes + right + x.many * (3 * _ADDRESS + 4 * x.rows) + 32 * x.rows


def _determined(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    x = _stack(seen)
    each = 5 * _ADDRESS + (4 + x.item) * x.rows + x.item
    return x.nbytes + x.many * each + 32 * x.rows


def _rooted(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    x = _stack(seen)
    return 2 * _ADDRESS * x.many + (x.nbytes if x.many > 1 else 0)


def _reflected(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    x = _stack(seen)
    return _REFLECTED * x.item + (2 if x.many == 1 else 0.3) * x.nbytes


def _singular(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    x = _stack(seen)
    if x.many > 1 and max(x.rows, x.cols) <= _JACOBI:
        return 3.4 * x.nbytes
    tall = _REFLECTED * x.item if x.rows != x.cols else 0
    return tall + 700_000 * x.wide + 5 * x.nbytes


def _inverted(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    return _singular(seen, result, params) + _stack(seen).nbytes


def _symmetric(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    x = _stack(seen)
    if x.many > 1 and x.rows <= _JACOBI:
        return x.many * x.item * (_JACOBI**2 + 65)
    return (560_000 + 7_500 * x.rows + 19 * x.rows**2) * x.wide


def _general(seen: Sequence[Any], result: Value, params: tuple[Any, ...]) -> float:
    x = _stack(seen)
    return (270_000 + 44 * x.rows**2) * x.many * (2 if seen[0].dtype.kind == "c" else 1)


FACTORS: dict[str, Callable[[Sequence[Any], Value, tuple[Any, ...]], float]] = {
    **dict.fromkeys(("solve", "inv"), _solved),
    **dict.fromkeys(("det", "slogdet"), _determined),
    **dict.fromkeys(("svd", "svdvals"), _singular),
    **dict.fromkeys(("eigh", "eigvalsh"), _symmetric),
    **dict.fromkeys(("eig", "eigvals"), _general),
    "cholesky": _rooted,
    "pinv": _inverted,
    **dict.fromkeys(("qr", "triangular_factor"), _reflected),
}
