"""Calls of elementwise functions, with the keywords of NumPy's ufuncs, and operators."""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import known, looped, opened, pending
from lazyarr.api.foreign import called, is_foreign
from lazyarr.api.handle import (
    ELEMENT,
    FINAL,
    OPS,
    SELECTED,
    SELECTION,
    SMALL,
    SMALLS,
    WEAK,
    Handle,
    certain,
    here,
    new,
    node_of,
    operand,
    refuse_cast,
    refuse_negative,
    write,
)
from lazyarr.api.loops import check_casting, of_dtype
from lazyarr.api.nested import held, is_holder, is_prior, is_wrapping
from lazyarr.api.order import named
from lazyarr.api.results import finished, in_order, laid_out, summed
from lazyarr.api.subclasses import is_subclass, meant
from lazyarr.errors import DTypeError
from lazyarr.ir import infer, layout
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Where, where_text
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazyarr.api.array import Array
    from lazyarr.ops.row import DType, Op

_FLOAT = np.dtype(np.float64)
_BOOL = np.dtype(bool)
_NUMPYS = (np.ndarray, np.generic)
_POW = OPS["pow"]
_MULTIPLY = OPS["multiply"]
_NO_SUBCLASSES = set(WEAK)  # types of operands, as far as they were met
_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))
_EQUALITY = {"equal": False, "not_equal": True}


def _of_selections(op: Op, operands: tuple[Any, ...], where: Where) -> Array | None:
    """Return ``op`` of what one mask selects, if it is no more than that."""
    for x in operands:
        if type(x) is SELECTION[0]:
            node = x._mapped(op, operands, where)
            return None if node is None else x._with(node)
    return None


def call(
    op: Op,
    operands: tuple[Any, ...],
    out: Any,
    where: Any,
    dtype: Any,
    casting: Any = "same_kind",
    order: Any = "K",
) -> Array:
    """Return ``op`` of array-likes with a ufunc's keywords."""
    if order != "K":
        order = named(order)
        made = call(op, operands, out, where, dtype, casting)
        entered = operands if where is True else (*operands, where)
        return in_order(made, order, entered, out)  # type: ignore[no-any-return]
    operands = held(operands)
    plain = out is None and where is True and dtype is None
    unusual = casting != "same_kind" and dtype is None
    if unusual:
        pass  # what the rule lets in is looked at first
    elif plain and type(operands[0]) is not FINAL[0]:
        made = known.elementwise(op, operands)
        if made is not None:
            return made  # type: ignore[no-any-return]
    elif where is True and dtype is None and _into(op, operands, out):
        return out  # type: ignore[no-any-return]
    try:
        if unusual:
            check_casting(op, operands, casting)
        return _call(op, operands, out, where, dtype, casting, plain)
    except (DTypeError, OverflowError) as error:
        if not _is_numpys(error, operands):
            raise
        plain = plain and not unusual
        if plain and isinstance(error, DTypeError):
            _refuse_without_loop(op, operands)
        options = {"out": out, "where": where, "dtype": dtype, "casting": casting}
        options = {} if plain else options
        return called(getattr(np, op.name), operands, options)  # type: ignore[no-any-return]


def _refuse_without_loop(op: Op, operands: tuple[Any, ...]) -> None:
    """Raise NumPy's error for dtypes without a loop, before anything is computed."""
    function = getattr(np, op.name)
    if isinstance(function, np.ufunc):
        kinds = [getattr(x, "dtype", None) or np.asarray(x).dtype for x in operands]
        function.resolve_dtypes((*kinds, *[None] * function.nout))


def _is_numpys(error: Exception, operands: tuple[Any, ...]) -> bool:
    """Whether NumPy has an answer: of foreign dtypes, or numbers of Python's alone."""
    foreign = isinstance(error, DTypeError) and error.foreign
    return foreign or (
        type(error) is OverflowError and WEAK.issuperset(map(type, operands))
    )


def _into(op: Op, operands: tuple[Any, ...], out: Any) -> bool:
    """Write ``op`` of known operands into a small array; say whether that was done."""
    if type(out) is not SMALL[0] or not out.flags.writeable:
        return False
    if not marks and opened.put(op, operands, out, here(4)):
        return True
    made = known.elementwise(op, operands, 4)
    if type(made) is not SMALL[0] or made.shape != out.shape:
        return False
    if not np.can_cast(made.dtype, out.dtype, "same_kind"):
        return False
    out[...] = made
    return True


def _is_meant(operands: tuple[Any, ...]) -> bool:
    """Whether an operand is one of `is_subclass`; note the types that are not."""
    if any(map(is_subclass, operands)):
        return True
    _NO_SUBCLASSES.update([type(x) for x in operands if isinstance(x, Handle)])
    return False


def _call(
    op: Op,
    operands: tuple[Any, ...],
    out: Any,
    where: Any,
    dtype: Any,
    casting: Any,
    plain: bool,
) -> Array:
    place = here(
        4
    )  # this function, its caller, the one that is named after the op, its user
    usual = _NO_SUBCLASSES.issuperset(map(type, operands))
    if plain and not usual and _is_meant(operands):
        return meant(op.numpy, op.name, operands, {})  # type: ignore[no-any-return]
    if plain and op is not _POW:
        x = operands[0]
        if len(operands) == 1 and type(x) is FINAL[0] and x._base is None:
            return new(infer.unary_node(op, x._node, place))
        if SELECTED and (made := _of_selections(op, operands, place)) is not None:
            return made
        raw = tuple([operand(x) for x in operands])
        return new(infer.of(op, raw, place))
    if isinstance(out, tuple):
        (out,) = out
    usual = where is True and dtype is None and casting == "same_kind" and not marks
    if usual and type(out) in SMALLS and opened.put(op, operands, out, place):
        return out  # type: ignore[no-any-return]
    raw = tuple([operand(x) for x in operands])
    if dtype is not None:
        raw = of_dtype(op, raw, dtype, place, casting)
    if op is _POW:
        refuse_negative(*raw)
    node = infer.map_node(op, raw, place)
    if where is not True and where is not np._NoValue:
        node = _where(node, where, out, op.name, place, casting)
    return finished(node, out, op.name, place, casting, stretched=True)


def _where(
    node: Node, where: Any, out: Any, name: str, place: Where, casting: Any
) -> Node:
    """Return the node where a mask is true, and what `out` holds elsewhere."""
    mask = node_of(where)
    scalar = not mask.shape and (not isinstance(where, Handle) or where._is_scalar())
    if scalar or isinstance(where, (list, tuple)):
        mask = infer.astype(mask, _BOOL, place)  # what is no array may be of any dtype
    if mask.dtype != _BOOL:
        what = f"where= takes booleans, found dtype {mask.dtype}"
        raise DTypeError.at(name, what, where_text(place))
    if out is None:
        other = infer.full_node(infer.scalar(0, node.dtype), node.shape)
    else:
        other = node_of(out)
        if not np.can_cast(node.dtype, other.dtype, casting):
            refuse_cast(node, other.dtype, name, casting)
    made = quiet(node, mask, place, is_cast=other.dtype != node.dtype)
    node = infer.astype(certain(made), other.dtype, place)
    return infer.map_node(OPS["where"], (mask, node, other), place)


def quiet(node: Node, mask: Node, place: Where, *, is_cast: bool = False) -> Node:
    """Return a node that meets harmless operands, and warns of none, off a mask.

    `is_cast` says that what it makes is cast: off the mask, that must warn of nothing too.
    """
    op, dtypes = node.op, tuple([a.dtype for a in node.args])
    if op.kind is not Kind.MAP:  # known beforehand: no int8 equals 300
        return node
    changes = is_cast or op.unit is None or dtypes[-1].kind not in op.unit_exact
    safe = infer.scalar(_harmless(op, dtypes) if changes else op.unit, _FLOAT)

    def only(arg: Node) -> Node:
        args = (mask, _repeated(arg), infer.astype(safe, arg.dtype))
        return infer.map_node(OPS["where"], args, place)

    *others, last = node.args  # whatever the others are, nothing is done with them
    args = (*(map(only, others) if changes else others), only(last))
    return infer.map_node(op, args, place)


def _repeated(node: Node) -> Node:
    """Return what a node stretches: one element along the axes that it repeats."""
    if type(node.params) is not View:
        return node
    own = {a.axis for a in node.params.axes}
    key = [slice(None) if k in own else slice(1) for k in range(len(node.shape))]
    return infer.view_node(node, views.index(node.shape, tuple(key)), node.where)


@functools.cache
def _harmless(op: Op, dtypes: tuple[DType, ...]) -> float:
    """Return a value that an op takes for all of its operands without a warning."""
    for value in (1.0, 0.5):
        try:
            with np.errstate(all="raise"):
                op.numpy(*(np.full(1, value).astype(dtype) for dtype in dtypes))
        except FloatingPointError:
            continue
        return value
    return 1.0


# --- operators --------------------------------------------------------------------


def binary(op: Op, x: Any, y: Any, depth: int = 2) -> Any:
    """Return ``x op y`` for an operator; foreign types get their own try first."""
    first: Any = type(x)
    second: Any = type(y)
    if is_holder(second) or is_holder(first):
        x, y = held((x, y))
        made = known.elementwise(op, (x, y), depth + 1)
        if made is not None:
            return made
    cls = FINAL[0]
    try:
        a = (
            x._node
            if type(x) is cls and x._base is None
            else _operator_operand(x, op, y)
        )
        if type(y) is cls and y._base is None:
            b = y._node
        elif y is None or type(y) is str:
            return _never_equal(op, a)
        else:
            b = _operator_operand(y, op, x)
    except DTypeError as error:
        if not error.foreign:
            raise
        return called(getattr(operator, f"__{op.dunder}__"), (x, y), {})
    if a is NotImplemented or b is NotImplemented:
        return _theirs(op, x, y, reflected=a is NotImplemented)
    made = new(infer.binary_node(op, a, b, here(depth + 1)))
    return summed(made, x, y) if first is ELEMENT[0] or second is ELEMENT[0] else made


_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}


def _theirs(op: Op, x: Any, y: Any, *, reflected: bool) -> Any:
    """Return ``x op y`` where the class of one has its own word on arrays.

    If it takes no lazy array, it gets NumPy's, as a matrix and a sparse one do.
    """
    other, function = (x if reflected else y), getattr(operator, f"__{op.dunder}__")
    name = op.dunder or ""
    mirrored = f"__{_MIRRORED.get(name, 'r' + name)}__"
    own = getattr(type(y), mirrored, None)
    if hasattr(other, "__array_ufunc__") and not isinstance(other, np.ndarray):
        told = reflected or own is getattr(object, mirrored, None)
        if told and other.__array_ufunc__ is not None:
            return getattr(np, op.name)(
                x, y
            )  # it has no operator: it says what this is
        return NotImplemented
    if _wraps(other):
        return getattr(np, op.name)(x, y)
    if reflected:  # its own operator was asked before ours
        return function(x, y._read())
    if own is None or isinstance(y, np.ndarray):
        return NotImplemented
    made = own(y, x)
    return function(x._read(), y) if made is NotImplemented else made


def _wraps(x: Any) -> bool:
    """Whether operators are NumPy's ufuncs, whose results an operand's class wraps."""
    kind: Any = type(x)
    return is_wrapping(kind) and not is_prior(x)


def _never_equal(op: Op, x: Any) -> Any:
    """Return ``x op y`` for a `y` that is None or a string, as no element is."""
    if op.name not in _EQUALITY:
        return NotImplemented
    value = infer.scalar(_EQUALITY[op.name], _BOOL)
    if not isinstance(x, Node):
        return new(value)
    return laid_out(new(infer.full_node(value, x.shape)), "K", x)


def _operator_operand(x: Any, op: Op | None = None, other: Any = None) -> Any:
    if type(x) in WEAK:
        return x
    if isinstance(x, Handle):
        return x._node if x._base is None else x._current()
    if issubclass(type(x), _NUMPYS):
        return NotImplemented if is_subclass(x) else node_of(x)
    if hasattr(x, "__array_ufunc__") or is_prior(x) or _wraps(x):
        return NotImplemented
    sequence = isinstance(x, Sequence) and not isinstance(x, (str, bytes))
    if op is _MULTIPLY and isinstance(x, (list, tuple)) and is_scalar(other):
        return NotImplemented  # Python repeats a list as often as a scalar says
    if sequence or hasattr(x, "__array__") or not hasattr(x, "__array_namespace__"):
        return node_of(x)  # anything else is an object, as for NumPy
    return NotImplemented


def is_scalar(x: Any) -> bool:
    """Whether an array stands for one of NumPy's scalars: a base without axes."""
    return isinstance(x, Handle) and x._is_scalar()


def unary(op: Op, x: Handle) -> Any:
    """Return ``op x`` for an operator."""
    frame = sys._getframe(2)
    where = (frame.f_code, frame.f_lasti)
    return new(infer.unary_node(op, x._current(), where))


def _written_by(y: Any) -> Any:
    """Return the operand of an in-place operator: NumPy's own if its dtype is."""
    if issubclass(type(y), _NUMPYS) and is_foreign(y.dtype):
        return y
    try:
        b = y if type(y) in WEAK else _operator_operand(y)
    except DTypeError as error:
        if not error.foreign:
            raise
        return np.asarray(y)  # of a list of such numbers
    kind = type(y)
    if b is NotImplemented and (issubclass(kind, np.ndarray) or _wraps(y)):
        return node_of(np.array(y))  # what is written into stays what it is
    return b


def inplace(op: Op, x: Handle, y: Any) -> Any:
    """Replace ``x`` by ``x op y`` where it is, seen by every view.

    What stands for a scalar is not changed: a new one is returned, as in NumPy.

    Raises
    ------
    numpy.exceptions._UFuncOutputCastingError
        The result does not cast to the dtype of `x` by the rule "same_kind".
    ShapeError
        The result is larger than `x`.
    """
    frame = sys._getframe(2)  # operator, then its user
    where = (frame.f_code, frame.f_lasti)
    if pending.looped and looped.inplace(op, x, y, where):
        return x
    if x._base is not None and opened.inplace(op, x, y, where):
        return x
    b = _written_by(y)
    if b is NotImplemented:
        return NotImplemented
    if issubclass(type(b), _NUMPYS):
        function = getattr(np, op.name)
        return function(x, b) if x._is_scalar() else function(x, b, out=x)
    shown = x._current()
    result = infer.binary_node(op, shown, b, where)
    if x._base is not None:
        write(x, result, op.name, "same_kind", where)
    elif x._is_scalar():
        return summed(new(result), x, y) if type(y) is ELEMENT[0] else new(result)
    elif (
        result.dtype is shown.dtype
        and result.shape == shown.shape
        and type(x) is FINAL[0]
    ):
        if len(shown.shape) > 1 or shown.value is not None:
            result.steps = layout.strides(shown)  # no write changes them
        x._node = result
        pending.wrote(x, 0)
    else:
        write(x, result, op.name, "same_kind", where)
    return x


def operators() -> Iterator[tuple[str, Op, bool]]:
    """Yield the names of Python's operators, their rows, and which are reflected.

    Without powers, which have shortcuts, and without those in place.
    """
    for op in OPS.values():
        name = op.dunder
        if name is not None and name != "pow":
            yield f"__{name}__", op, False
            if op.nin == 2 and name not in _COMPARISONS:
                yield f"__r{name}__", op, True
