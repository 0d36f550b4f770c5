"""Stacks of matrices as operands: their checks, their dtypes, the stages on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api.handle import here, new, node_of
from lazyarr.errors import DTypeError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir.node import Node, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType

_DOUBLE = np.dtype(np.float64)


class MatrixError(ShapeError, np.linalg.LinAlgError):
    """Operands that are not stacks of matrices, or not of square ones."""


def common_dtype(name: str, *nodes: Node) -> DType:
    """Return the dtype in which NumPy gives the result: integers count as float64.

    Raises
    ------
    DTypeError
        An operand is of half precision, which LAPACK does not know.
    """
    kinds = [n.dtype if n.dtype.kind in "fc" else _DOUBLE for n in nodes]
    for kind in kinds:
        if kind.char == "e":
            what = "array type float16 is unsupported in linalg"
            raise DTypeError.at(name, what, where_text(here()), "cast to float32.")
    return np.result_type(*kinds)


def real_dtype(dtype: DType) -> DType:
    """Return the dtype of the parts of a complex dtype; a real one itself."""
    return np.empty(0, dtype).real.dtype


def one_bound(**bounds: Any) -> Any:
    """Return the bound on singular values that is given, if one is.

    Raises
    ------
    ValueError
        Two are.
    """
    given = [x for x in bounds.values() if x is not None]
    if len(given) > 1:
        first, second = bounds
        msg = f"`{first}` and `{second}` can't be both set."
        raise ValueError(msg)
    return given[0] if given else None


def matrix(name: str, x: Any, *, square: bool = False, keep: bool = False) -> Node:
    """Return an operand as a node of the dtype of linear algebra.

    Parameters
    ----------
    name : str
        The function, for the error.
    x : array_like
    square : bool
        Whether rows and columns must be equally many.
    keep : bool
        Keep the dtype as it is.

    Raises
    ------
    ShapeError
        `x` is no stack of such matrices.
    """
    where = here()
    node = node_of(x)
    if len(node.shape) < 2:
        what = (
            f"{len(node.shape)}-dimensional array given. "
            "Array must be at least two-dimensional"
        )
        raise MatrixError.at(name, what, where_text(where))
    if square and node.shape[-1] != node.shape[-2]:
        what = f"Last 2 dimensions of the array must be square, found {node.shape}"
        raise MatrixError.at(name, what, where_text(where))
    return node if keep else infer.astype(node, common_dtype(name, node), where)


def result_of(
    name: str, args: tuple[Node, ...], params: tuple[Any, ...], shape: Shape, dtype: Any
) -> Array:
    """Return the result of a library stage."""
    row = ops.OPS[name]
    return new(infer.library_node(row, args, params, shape, dtype, here()))


def singular_values(node: Node) -> Array:
    """Return the singular values of matrices of a dtype of linear algebra."""
    shape = (*node.shape[:-2], min(node.shape[-2:]))
    return result_of("svdvals", (node,), (), shape, real_dtype(node.dtype))
