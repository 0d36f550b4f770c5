"""What is evaluated on the spot in loops that write: into what they wrote.

An array whose pending writes were evaluated belongs to a loop, most likely: its next
statement reads parts of it, computes with them, and writes the result into it. Each of
these costs NumPy a few microseconds if the parts are not large, and a node and a plan
more than that. So a part of such an array is read at once (`shown`), and what is known is
written right into it if no expression and no other array needs what was there.
"""

from __future__ import annotations

from functools import cache
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import bounds, pending
from lazyarr.api.bounds import LARGE, USUAL, small_bytes
from lazyarr.api.chains import Steps, shown_by
from lazyarr.api.handle import (
    ELEMENT,
    FINAL,
    OPENED,
    OPS,
    SLICED,
    SMALLS,
    WEAK,
    Handle,
)
from lazyarr.config import current
from lazyarr.ir import view as views
from lazyarr.ir.kept import Owned, become
from lazyarr.ir.leaves import LARGEST
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind, ask_numpy
from lazyarr.ops.standard import Strided
from lazyarr.runtime import floating
from lazyarr.watched import marks

if TYPE_CHECKING:
    from types import FrameType

    from lazyarr.ir.node import Node, Where
    from lazyarr.ops.row import Op

LITTLE = 8  # what is written is smaller than the array by this factor, at least
_SEVERAL = 8  # little writes, one after the other
_FEW = 40  # nodes of what is computed without waiting for more
_BOUNDS = (np.maximum, np.minimum)  # whose rows only name ``out``
ERRORS = (TypeError, ValueError, IndexError, OverflowError, RuntimeError)


_scene = floating.Scene()
_notes = _scene.notes


def noted(
    function: Any, *operands: Any, **named: Any
) -> tuple[Any, set[floating.Note]]:
    """Return what a call gives, and what errors it met.

    These are taken where they are noted: no other thread can be there meanwhile.

    Raises
    ------
    RuntimeError
        Another thread is there.
    """
    return _scene.run(_taken, function, operands, named)


def _taken(function: Any, operands: Any, named: Any) -> tuple[Any, set[floating.Note]]:
    found: set[floating.Note] = set()
    try:
        value = function(*operands, **named)
    finally:
        if _notes.found:
            found, _notes.found = _notes.found, found
    return value, found


@cache
def is_plain(op: Op) -> bool:
    """Whether an op is a ufunc of NumPy's with NumPy's dtypes."""
    own = type(op.numpy) is np.ufunc and op.function is None
    return (own or op.function in _BOUNDS) and op.dtypes is ask_numpy


def without_out(op: Op) -> Any:
    """Return what computes a row whose result is new: NumPy's ufunc, if there is one."""
    if op.function in _BOUNDS:
        return op.function
    return op.numpy.ufunc if type(op.numpy) is Strided else op.numpy


def known(x: Any) -> Any:
    """Return the elements of an operand that are there; None if they are not, or large.

    They may lie in memory that is written to later.
    """
    kind = type(x)
    if kind in WEAK:
        return x
    if kind is SLICED[0]:
        return shown(x)
    if kind is FINAL[0]:
        return _seen(x)
    if kind is ELEMENT[0]:
        return x._value
    return x._value if kind in SMALLS and x._value.nbytes <= LARGE else None


def shown(x: Handle) -> Any:
    """Return what a part by its key shows of memory, if it is not much; else None.

    It may be the user's memory.
    """
    base: Any = x._base
    kind, node = type(base), None
    if kind is FINAL[0]:
        node = base._node
        held = node.value
        if type(held) is not np.ndarray:
            return None
    elif kind in SMALLS or kind is OPENED[0]:
        held = base._value
    else:
        return None
    part = shown_by(held, x._whole)
    if part.nbytes <= USUAL and not marks:
        return part
    if part.nbytes > LARGE:
        return None
    remark = None if node is None else node.params
    if type(remark) is Owned and remark.writes:  # it belongs to a loop
        return part if _allowed() else None
    return part if part.nbytes <= small_bytes() else None


def _seen(x: Handle) -> Any:
    """Return what an array shows of memory that a loop writes to; None if of none."""
    base = x if x._base is None else x._base
    if type(base) is OPENED[0]:
        array = base._value  # which a look at its node would close
    else:
        remark = base._node.params
        if type(remark) is not Owned or not remark.writes:
            return None
        array = base._node.value
    if type(array) is not np.ndarray:
        return None
    if base is not x:
        array = _part(x, array)
    if array is None or not 0 < array.nbytes <= LARGE:
        return None
    return array if not marks or _allowed() else None


def _part(x: Handle, array: np.ndarray) -> np.ndarray | None:
    """Return the part of a base's array that a view shows; None if not at once."""
    if type(x) is SLICED[0]:
        key = x._whole
        if type(key) is not Steps:
            return array[key]  # type: ignore[no-any-return]
        return (
            None
            if any(type(step) is not View for step in key)
            else shown_by(array, key)
        )
    for step in x._chain:
        if type(step) is not View:
            return None
        array = views.apply(array, step)
    return array if array.ndim else None


def is_of_slices(key: Any) -> bool:
    """Whether a key consists of integers and slices."""
    if type(key) is not tuple:
        return type(key) is int or type(key) is slice
    for one in key:  # noqa: SIM110 - three times as fast as all()
        if type(one) is not int and type(one) is not slice:
            return False
    return True


def _allowed() -> bool:
    options = current()
    return options.small_path and options.device in ("auto", "cpu")


def _references() -> int:
    """Return how many references `_mine` sees to a leaf that an array holds."""
    holder = [object()]
    node = holder[0]
    return getrefcount(node)


UNSHARED = _references()
"""References to a leaf that only its array holds, while it is looked at."""


def _mine(x: Handle) -> Any:
    """Return what `_seen` does if nothing else needs what is there; else None."""
    kind = type(x)
    if kind is not FINAL[0] and kind is not SLICED[0]:
        return None
    base = x if x._base is None else x._base
    node = base._node
    # The base, this call's name for the node and the argument: nobody else.
    return _seen(x) if getrefcount(node) <= UNSHARED else None


def place(frame: FrameType) -> Where:
    """Return where a frame is."""
    return frame.f_code, frame.f_lasti


def tell(found: set[floating.Note], op: Op, where: Where) -> None:
    """Do with floating-point errors what the user's ``np.errstate`` says."""
    floating.report(found, (floating.Place(op, where),))


def inplace(op: Op, x: Handle, y: Any, where: Where) -> bool:
    """Replace what `x` shows by ``x op y`` in the memory where it is; say whether."""
    b = known(y)
    if b is None:
        return False
    array = _mine(x)
    if array is None:
        return False
    if type(b) not in WEAK and b.dtype is not array.dtype:
        return False
    return bool(into(op, array, (array, b), where))


def _covers(array: np.ndarray, value: Any) -> bool:
    """Whether a value broadcasts to an array's shape, not to a larger one."""
    return np.broadcast(array, value).shape == array.shape


@floating.loop
def into(op: Op, array: np.ndarray, operands: tuple[Any, ...], where: Where) -> bool:
    """Replace an array's elements by ``op`` of operands; say whether that could be."""
    plain = is_plain(op)
    if not plain and (OPS.get(op.name) is not op or op.dtypes is not ask_numpy):
        return False
    at = 0  # noqa: F841 - Notes reads it
    try:
        if plain:
            found = noted(op.numpy, *operands, array)[1]
        else:
            if not all(type(x) is np.ndarray for x in operands):
                return False  # numbers are weak there
            value, found = noted(op.numpy, *operands)
            if value.dtype != array.dtype or not _covers(array, value):
                return False
            array[...] = value
    except ERRORS:
        return False  # told where every operand is looked at
    if found:
        tell(found, op, where)
    return True


def write(x: Handle, key: Any, value: Any) -> bool:
    """Do what ``x[key] = value`` does in the memory where `x` is; say whether."""
    if not is_of_slices(key):
        return False
    if type(value) is SLICED[0] and value._base is x and value._whole is key:
        return True  # it is there, as after ``x[key] += y``
    given = known(value)
    if given is None:
        given = _computed(x, value)
        if given is None:
            return False
    array = _mine(x) if x._base is not None else _whole(x)
    if array is None or not _fits(given, array) or (marks and not _allowed()):
        return False
    if type(given) is np.ndarray and given.base is not None:
        given = given.copy()  # it may be a part of the same memory
    try:
        array[key] = given
    except ERRORS:
        return False  # told where every key is looked at
    if type(given) is np.ndarray and given.nbytes * LITTLE <= array.nbytes:
        del array  # who else needs the memory is counted
        _note(x if x._base is None else x._base)
    return True


def _note(base: Handle) -> None:
    """Note a little write; after several, the loop goes on in what is opened for it."""
    remark = base._node.params
    remark.parts += 1
    if remark.parts == _SEVERAL:
        for settle in pending.SETTLED:
            settle(base, bounds.LARGEST)


def _computed(x: Handle, value: Any) -> Any:
    """Return a little value for memory that a loop writes, computed now; else None.

    The rest of the loop then finds the memory as it is, with nothing pending.
    """
    base = x if x._base is None else x._base
    if type(base) is not FINAL[0] or type(value) is not FINAL[0]:
        return None
    remark, node = base._node.params, value._node
    if type(remark) is not Owned or not remark.writes or value._base is not None:
        return None
    if not _is_little(node) or not _allowed() or not evaluate.alone():
        return None
    result = evaluate.direct().run((node,), frozenset())[0]
    become(node, result)  # which lets go of the memory, if it is made of it
    return result


def _is_little(node: Node) -> bool:
    """Whether a node is made by a few operations on parts of what is in memory."""
    waiting, count, most = [node], 0, min(USUAL, LARGE)
    while waiting:
        one = waiting.pop()
        count += 1
        kind = one.op.kind
        if kind is Kind.SOURCE:
            if one.value is None or hasattr(one.value, "__cuda_array_interface__"):
                return False
        elif kind is not Kind.VIEW and (kind is not Kind.MAP or one.nbytes > most):
            return False
        if count > _FEW:
            return False
        waiting.extend(one.args)
    return count > 1 and bool(node.shape)


def _fits(given: Any, array: np.ndarray) -> bool:
    """Whether a value is assigned without a word of NumPy's."""
    if type(given) not in WEAK:
        return given.dtype is array.dtype
    if type(given) is bool:
        return True
    if type(given) is not int and array.dtype.kind not in "fc":
        return False
    largest = LARGEST.get(array.dtype.char)
    return largest is None or abs(given) <= largest


def _whole(x: Handle) -> Any:
    """Return the memory of a base that nobody else needs, however large it is."""
    if type(x) is not FINAL[0]:
        return None  # nor ask it for a node, which would close what is open
    node = x._node
    if getrefcount(node) > UNSHARED:
        return None
    remark, array = node.params, node.value
    if type(remark) is not Owned or not remark.writes or type(array) is not np.ndarray:
        return None
    return array
