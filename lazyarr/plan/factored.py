"""What NumPy's functions of linear algebra work in, beside operands and results.

They work on doubles, and so cast what is narrower. Matrices of a stack are copied for
LAPACK one after the other, with memory for its results and for what it works in.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Value

_LONG = 11 / 6  # sides of a matrix that LAPACK takes a triangle of first
_LINES = 80  # lines of the shorter side that blocks of reflections take
_FEW_LINES = 16
_MANY_LINES = 136  # where eigenvectors are balanced, too
_BLOCK = 34  # lines of columns that a triangle is found in
_MASK = 2  # bytes of an element: what finds the upper triangle
_COMPLEX = 16  # bytes of a number of two parts

# Copies of the matrix, and lines of its shorter side.
_MATRICES = {
    "cholesky": (1, 0),
    "det": (1, 0),
    "slogdet": (1, 0),
    "solve": (1, 0),
    "inv": (2, 0),
    "eigvalsh": (1, _LINES),
    "eigvals": (1, _LINES),
    "svdvals": (1, _LINES),
    "eigh": (3, _FEW_LINES),
}


class _Matrices(NamedTuple):
    """A stack of matrices of doubles.

    ``item`` are the bytes of a number, ``wider`` times those of the numbers given.
    """

    many: int
    rows: int
    cols: int
    item: int
    wider: int

    @property
    def short(self) -> int:
        return min(self.rows, self.cols)

    @property
    def one(self) -> int:
        """Bytes of a matrix."""
        return self.rows * self.cols * self.item

    @property
    def all(self) -> int:
        """Bytes of the stack."""
        return self.many * self.one

    @property
    def narrow(self) -> int:
        """Bytes of as many of the columns as there are rows at least."""
        return self.rows * self.short * self.item

    @property
    def flat(self) -> int:
        """Bytes of as many of the rows as there are columns at least."""
        return self.short * self.cols * self.item


def workspace(
    name: str,
    operands: Sequence[tuple[Shape, DType]],
    result: Value,
    params: tuple[Any, ...],
) -> int:
    """Return the bytes that a function works in beside its operands and its result."""
    shape, dtype = operands[0]
    *stack, rows, cols = shape
    item = 16 if dtype.kind == "c" else 8
    wider = item // dtype.itemsize
    given = _Matrices(prod(stack), rows, cols, item, wider)
    if name in ("qr", "triangular_factor"):
        most = _triangular(given, params[0] if params else "r")
    elif name == "pinv":
        most = _inverse(given) + result.nbytes
    else:
        most = result.nbytes * wider + _inside(name, given, params)
        if name == "solve":
            most += prod(operands[1][0][-2:]) * item
        if wider > 1:
            most += sum(prod(sides) * item for sides, _ in operands)
    if wider > 1 or result.dtype.itemsize == 1:
        # What is cast back, and several results that become one array of bytes.
        most = max(most, result.nbytes * (wider + 1))
    return most - result.nbytes


def _inside(name: str, given: _Matrices, params: tuple[Any, ...]) -> int:
    """Return the bytes of what LAPACK is given for a matrix."""
    if name == "eig":
        # Of a real one, numbers and vectors are made complex afterwards.
        copies, lines = (2 if given.item == _COMPLEX else 4), _MANY_LINES
    elif name == "svd":
        return _singular(given, full=bool(params[0]))
    else:
        copies, lines = _MATRICES.get(name, (1, _LINES))
    return copies * given.one + lines * given.short * given.item


def _singular(given: _Matrices, *, full: bool) -> int:
    """Return the bytes of a matrix, of its singular vectors and of what finds them."""
    rows, cols, short = given.rows, given.cols, given.short
    left, right = given.narrow, given.flat
    lines = _LINES * short
    if full:
        left, right = rows * rows * given.item, cols * cols * given.item
        lines = _LINES * max(rows, cols)
    long = max(rows, cols) >= _LONG * short
    squares = 5 + 2 * long if given.item == _COMPLEX else 3 + long
    return given.one + left + right + (squares * short**2 + lines) * given.item


def _triangular(given: _Matrices, mode: str) -> int:
    """Return the most bytes of a decomposition into reflections and a triangle."""
    many = given.many
    square = given.rows**2 * given.item
    left = {"r": 0, "complete": square}.get(mode, given.narrow)
    right = given.rows * given.cols * given.item if mode == "complete" else given.flat
    blocks = _BLOCK * given.cols * given.item
    behind = many * right + _MASK * given.rows * given.cols
    if given.wider > 1:
        behind += many * (left or right) // given.wider
    return given.all + many * left + max(given.one + left + blocks, behind)


def _inverse(given: _Matrices) -> int:
    """Return the most bytes of an inverse by singular vectors, beside it itself."""
    vectors = given.many * (given.narrow + given.flat)
    conjugate = given.all // given.wider if given.item == _COMPLEX else 0
    cast = given.all if given.wider > 1 else 0
    found = cast + vectors + _singular(given, full=False)
    found -= given.all // given.wider  # the inverse is not there yet
    product = (vectors + given.many * given.narrow) // given.wider
    return conjugate + max(found, product)
