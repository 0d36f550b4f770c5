"""The expressions that known arrays were made by, for plans and for other devices.

What is known remembers the call that made it: its function, and the arrays that went
in, which remember theirs. The leaf that stands for it in a graph carries that along.
Made again without computing anything on the spot, the calls give the graph of all.
"""

from __future__ import annotations

import sys
from operator import getitem
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled, evaluate
from lazyarr.api.bounds import USUAL, small_bytes
from lazyarr.api.handle import ELEMENT, SMALLS, Handle, new, operand
from lazyarr.api.known import REFUSALS, elementwise
from lazyarr.api.made import NO_OPTIONS, Loose, is_told, made_at
from lazyarr.api.recent import OF_PART
from lazyarr.config import config
from lazyarr.errors import LazyarrError
from lazyarr.ir import flat, infer
from lazyarr.ir.node import Node, Where, topological
from lazyarr.ops.row import Op
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOSE = {"e": 1e-2, "f": 1e-4, "F": 1e-4}  # of the largest: sums differ with order
_CLOSER = 1e-9
_ROUNDED = 8  # units in the last place of an element of a product
_ANY = 1 << 40  # bytes of what was once known
_FEW = 1 << 14  # bytes that are copied sooner than two ufuncs are called
_REFUSALS = (LazyarrError, *REFUSALS)


def called(how: Any) -> Any:
    """Return the function, arguments, options and place of the call that made an array.

    Operators, which are many, have their operands in the place of the other two.
    """
    if len(how) == OF_PART:
        return getitem, how, NO_OPTIONS, None, 0
    if type(how[2]) is dict:
        return how
    function, x, y, code, place = how
    return function, (x, y), NO_OPTIONS, code, place


class Made:
    """The remark on a leaf that a call made its value: `how`."""

    __slots__ = ("how",)

    def __init__(self, how: Any) -> None:
        self.how = how

    def __bool__(self) -> bool:
        return False  # nothing to print

    def __str__(self) -> str:
        return ""


class Found:
    """What made an array that NumPy's function, which has no lazy form, returned.

    Made again, it is a leaf that says so.
    """

    __slots__ = ("value", "why")

    def __init__(self, value: np.ndarray, why: str) -> None:
        self.value = value
        self.why = why

    def __call__(self) -> Any:
        """Return the array of a leaf."""
        return new(self.leaf(None))

    def leaf(self, where: Where) -> Node:
        """Return a leaf with the value as it is now."""
        return flat.noted(copied(self.value, where), self.why)


def copied(value: np.ndarray, where: Where) -> Node:
    """Return the leaf of a copy of an array, which may be written later."""
    if not value.ndim:
        return infer.element(value, value.dtype)
    return infer.leaf(value.copy("K"), where)


def are_same(a: Any, b: Any) -> bool:
    """Whether two values of one shape and dtype are the same, bit for bit."""
    if a.nbytes < _FEW or not (a.flags.c_contiguous and b.flags.c_contiguous):
        same: bool = a.tobytes() == b.tobytes()
        return same
    words = np.dtype(np.uint64 if a.nbytes % 8 == 0 else np.uint8)
    return np.array_equal(a.reshape(-1).view(words), b.reshape(-1).view(words))


are_same = compiled.method("array_same", are_same)


def found(value: Any, why: str) -> Any:
    """Return an array that NumPy has made as one of ours, if it is small; else None."""
    if type(value) is not np.ndarray or not value.dtype.isnative:
        return None
    if not 0 < value.nbytes <= (small_bytes() if marks else USUAL):
        return None
    alone = value if value.base is None else value.copy("K")
    return made_at(alone, Found(alone, why), (), NO_OPTIONS, 0, sys._getframe(1))


def _is_remarked(roots: tuple[Node, ...]) -> bool:
    """Whether a call made a leaf under roots, as its remark says."""
    return any(type(node.params) is Made for node in topological(roots))


_is_remarked = compiled.method("graph_remarked", _is_remarked, other=Made)


def expanded(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return graphs with what is known in them as the expressions that made it.

    A leaf stays one where its expression has another value by now: an operand, or the
    array itself, has been written into.
    """
    if not _is_remarked(roots):
        return roots
    memo: dict[int, Any] = {}
    found: dict[Node, Node] = {}
    with config(small_path=False), np.errstate(all="ignore"):
        for node in topological(roots):
            if type(node.params) is Made:
                found[node] = _expression(node, memo)
            else:
                found[node] = infer.rebuilt(node, tuple([found[a] for a in node.args]))
    return tuple([found[root] for root in roots])


def _expression(leaf: Node, memo: dict[int, Any]) -> Node:
    """Return the expression that made a leaf's value, or the leaf."""
    known, how = np.asarray(leaf.value), leaf.params.how
    try:
        node: Node = _built(how, memo)._current()
        (value,) = evaluate.compute((node,), "cpu")
        value = np.asarray(value)
        if not _is_alike(value, known):
            return leaf
        same = value.tobytes() == known.tobytes()
        return node if same or _is_as_made(how, known, node) else leaf
    except _REFUSALS:  # what cannot be done again is a leaf
        return leaf


def _is_as_made(how: Any, known: np.ndarray, node: Node) -> bool:
    """Whether the calls, made at once as they were, give each element again.

    A write into an operand may change less than the order of a sum does, beside the
    largest element; or the sign of a zero. Only products round as they lie in memory.
    """
    with config(small_path=True, small_bytes=_ANY, device="cpu", memory_limit=None):
        value = np.asarray(_built(how, {}, at_once=True)._read())
    if value.tobytes() == known.tobytes():
        return True
    if all(one.op.speed != "product" for one in topological((node,))):
        return False
    most = _ROUNDED * np.finfo(known.dtype).eps
    return bool(np.allclose(value, known, most, 0, equal_nan=True))


def _is_alike(value: np.ndarray, known: np.ndarray) -> bool:
    """Whether two values are one but for the order in which sums were taken."""
    if (value.shape, value.dtype) != (known.shape, known.dtype):
        return False
    if known.dtype.kind not in "fc":
        return bool((value == known).all())
    rough = _CLOSE.get(known.dtype.char, _CLOSER)
    largest = np.abs(known[np.isfinite(known)]).max(initial=0)
    return bool(np.allclose(value, known, rough, rough * largest, equal_nan=True))


def _built(root: Any, memo: dict[int, Any], *, at_once: bool = False) -> Any:
    """Make calls again, those of operands first; no recursion.

    They give expressions, or are done `at_once`.
    """
    stack, opened = [root], set()
    while stack:
        how = stack[-1]
        opened.add(id(how))
        _, args, options, _, _ = called(how)
        missing = [
            one
            for one in [x._how for x in _operands((args, tuple(options.values())))]
            if is_told(one) and id(one) not in memo
        ]
        if missing:
            if not opened.isdisjoint(map(id, missing)):
                raise ValueError  # an operand was made anew from what it had made
            stack += missing
            continue
        stack.pop()
        if id(how) not in memo:
            memo[id(how)] = _again(how, memo, at_once), how  # which is not freed before
    return memo[id(root)][0]


def _is_known(x: Any) -> bool:
    return type(x) in SMALLS or type(x) is ELEMENT[0]


def _operands(x: Any) -> Iterator[Any]:
    """Yield the known arrays in an argument."""
    if _is_known(x):
        yield x
    elif type(x) in (list, tuple):
        for one in x:
            yield from _operands(one)
    elif type(x) is slice:
        yield from _operands((x.start, x.stop, x.step))


def _again(how: Any, memo: dict[int, Any], at_once: bool) -> Any:
    """Return the array that a call makes of expressions, or of what is known."""
    function, args, options, code, place = called(how)
    args = _replaced(args, memo, at_once)
    options = {key: _replaced(x, memo, at_once) for key, x in options.items()}
    if at_once and not isinstance(function, Op):
        return getattr(function, "at_once", function)(*args, **options)
    made = elementwise(function, args) if at_once else None
    if made is not None:
        return made
    where = None if code is None else (code, place)
    if isinstance(function, Op):
        raw = tuple([operand(x) for x in args])
        return new(infer.of(function, raw, where))
    result = function(*args, **options)
    if where is not None:
        given = (args, tuple(options.values()))
        old = set(topological([x._current() for x in _handles(given)]))
        for node in topological((result._current(),)):
            if node not in old and node.where is not None:
                node.where = where  # the call's line, not this one
    return result


def _handles(x: Any) -> Iterator[Handle]:
    if isinstance(x, Handle):
        yield x
    elif type(x) in (list, tuple):
        for one in x:
            yield from _handles(one)


def _replaced(x: Any, memo: dict[int, Any], at_once: bool) -> Any:
    if _is_known(x):
        how = x._how  # which may be forgotten meanwhile
        if is_told(how):
            return memo[id(how)][0]
        return x if at_once else new(x._node)
    if type(x) in (list, tuple):
        return type(x)([_replaced(one, memo, at_once) for one in x])
    if type(x) is slice:
        parts = (x.start, x.stop, x.step)
        return slice(*[_replaced(one, memo, at_once) for one in parts])
    return x.found() if type(x) is Loose else x
