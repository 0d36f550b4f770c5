"""Arrays stretched to a shape, and the shapes that they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.api import theirs
from lazyarr.api.chains import LOCKED
from lazyarr.api.creation import shape_of
from lazyarr.api.handle import here, node_of
from lazyarr.api.manipulation import array_like
from lazyarr.api.quick import quick
from lazyarr.api.subclasses import or_numpys
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Shape, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array


@quick(theirs.broadcast)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Array:
    """Return a view stretched to a shape, not to be written.

    Raises
    ------
    ShapeError
        The array does not broadcast to it.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.broadcast_to(la.arange(3), (2, 3)).shape
    (2, 3)
    """
    array = array_like(array)
    sides = shape_of(shape, "broadcast_to")
    where = here()
    both = infer.broadcast_shapes("broadcast_to", (array.shape, sides), where)
    if both != sides:
        what = f"shape {array.shape} does not broadcast to {sides}"
        raise ShapeError.at("broadcast_to", what, where_text(where))
    return array._view(views.broadcast(array.shape, sides), (LOCKED,))  # type: ignore[no-any-return]


def broadcast_shapes(*shapes: Any) -> Shape:
    """Return the shape that arrays of these shapes broadcast to.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    listed = tuple(shape_of(s, "broadcast_shapes") for s in shapes)
    return infer.broadcast_shapes("broadcast_shapes", listed, here())


@or_numpys
def broadcast_arrays(*arrays: Any, subok: bool = False) -> tuple[Array, ...]:
    """Return the arrays stretched to their common shape.

    What is stretched is not to be written, as NumPy announces for its own.

    Examples
    --------
    >>> import lazyarr as la
    >>> [x.shape for x in la.broadcast_arrays(la.ones(3), la.ones((2, 1)))]
    [(2, 3), (2, 3)]
    """
    shapes = tuple(node_of(a).shape for a in arrays)
    common = infer.broadcast_shapes("broadcast_arrays", shapes, here())
    if all(shape == common for shape in shapes):
        return tuple(map(_itself, arrays))  # to be written
    return tuple(
        array_like(a)[...] if shape == common else broadcast_to(a, common)
        for a, shape in zip(arrays, shapes, strict=True)
    )


def _itself(a: Any) -> Array:
    """Return an array as it is; of a scalar, an array without axes."""
    made = array_like(a)
    return made[...] if made._is_scalar() else made
