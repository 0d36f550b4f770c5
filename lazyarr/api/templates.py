"""What functions make of lazy arrays, kept: templates of expressions.

A function that NumPy writes in Python runs as a program over lazy arrays, which takes a
hundred times as long as the nodes that it makes, and ours of several steps take ten
times as long. The nodes follow from shapes, dtypes and
other arguments, unless the program reads elements. So the second call with the same
ones is made with stand-ins, whose elements nobody can read, and what it returns is
kept; each call after that puts its own arrays in their places.

Where all arrays are small and known, the program is NumPy's own, run at once.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import known, lines, pending
from lazyarr.api.chains import LOCKED
from lazyarr.api.handle import ELEMENT, FINAL, SLICED, SMALL, SMALLS, WEAK, here, new
from lazyarr.api.made import wrapped
from lazyarr.config import config, current
from lazyarr.ir import infer, layout
from lazyarr.ir.node import Node, Shape, Where, topological
from lazyarr.ir.view import View
from lazyarr.named import NamedTuple
from lazyarr.ops import OPS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from lazyarr.api.array import Array

_NAMED = frozenset((str, type(None), type, type(Ellipsis), type(np._NoValue)))
_PLAIN = WEAK | {str, type(None)}
_VIEWS = (OPS["view"], OPS["reshape"])
_MOST = 256  # templates of a function
_LONGEST = 200  # nodes of a template
_LARGEST = 1 << 14  # bytes of the arrays in it
_REFUSALS = (*known.REFUSALS, AssertionError, Warning)
_ONCE, _NEVER = object(), object()


class _Unlike(TypeError):  # noqa: N818 - not an error that anybody sees
    """An argument is of a kind that no template stands for, or a result is."""


class _Unread:
    """The elements of a stand-in; it notes who asks for them."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked = False

    def __getattr__(self, name: str) -> Any:
        self.asked = self.asked or name != "__cuda_array_interface__"
        raise AttributeError(name)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self.asked = True
        msg = "a stand-in has no elements"
        raise TypeError(msg)


class _Base(NamedTuple):
    """An array that a template makes: its node, its strides, whether it was written."""

    place: int
    steps: Shape
    written: bool


class _Template(NamedTuple):
    """How results are made of arrays: nodes first, then arrays, then what holds them."""

    steps: tuple[tuple[Any, ...], ...]
    bases: tuple[_Base, ...]
    form: tuple[Any, ...]

    def made(self, arrays: list[Array], where: Where) -> Any:
        """Return what the program makes of these arrays."""
        nodes = [x._current() for x in arrays]
        for op, args, params, shape, dtype, tag in self.steps:
            if tag is not None:
                operands = tuple([nodes[k] for k in args])
                made = Node.of(op, operands, params, shape, dtype, tag, where)
            elif op is None:
                made = params
            elif type(params) is View:
                made = infer.view_node(nodes[args[0]], params, where)
            else:
                made = infer.reshape_node(nodes[args[0]], shape, where)
            nodes.append(made)
        bases = []
        for place, steps, written in self.bases:
            base = new(nodes[place])
            base._node.steps = steps  # of fills, they may be told
            if written:
                pending.wrote(base, 0)
            bases.append(base)
        return _filled(self.form, arrays, bases)


def _filled(form: tuple[Any, ...], arrays: list[Array], bases: list[Array]) -> Any:
    kind, what, more = form
    if kind is tuple or kind is list:
        return kind([_filled(part, arrays, bases) for part in what])
    if kind == "known":
        value = what.copy("K") if type(what) is np.ndarray else what
        made = wrapped(value)
        made._how, made._calls = more
        return made
    if kind == "plain":
        return what
    x = (arrays if kind == "given" else bases)[what]
    return x if more is None else x._view(*more)


def templated(function: known.Function) -> known.Function:
    """Let a function run seldom for arguments that it was called with before.

    What is known goes to the function.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> twice = templated(lambda x: x + x)
    >>> with la.config(small_bytes=0):
    ...     [twice(la.asarray([1, k])).compute().tolist() for k in range(4)]
    [[2, 0], [2, 2], [2, 4], [2, 6]]
    """
    templates: dict[Hashable, Any] = {}

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        if FINAL[0] not in map(type, args):
            x = args[0] if args else None
            some = type(x) is SMALL[0] or any(map(known.is_known, args))
            if some and not _holds_lazy(x):
                return function(*args, **options)
        arrays: list[Array] = []
        try:
            key: list[Hashable] = [current()]
            key += [_fact(x, arrays) for x in args]
            key += [(name, _fact(x, arrays)) for name, x in options.items()]
            facts = tuple(key)
            template = templates.get(facts)
        except TypeError:  # an `_Unlike`, or what has no hash
            return lines.make(function, args, options)
        if template is None:
            if len(templates) >= _MOST:
                templates.clear()
            templates[facts] = _ONCE
        elif template is _ONCE and evaluate.alone():
            template = templates[facts] = _tried(function, args, options, arrays)
        if type(template) is _Template:
            return template.made(arrays, here())
        return lines.make(function, args, options)

    return call  # type: ignore[return-value]


def _holds_lazy(x: Any) -> bool:
    """Whether among the first of a sequence there is an array that is not known."""
    if type(x) is not list and type(x) is not tuple:
        return False
    first = x[: known.LOOKED_AT]
    return FINAL[0] in map(type, first) or any(map(_holds_lazy, first))


def _fact(x: Any, arrays: list[Array]) -> Hashable:
    """Return what an expression depends on of an argument; collect the arrays."""
    if type(x) is SLICED[0]:
        SLICED[0]._settled(x)
    kind = type(x)
    if kind is FINAL[0] or kind in SMALLS:
        node = x._current()
        if not node.shape:
            raise _Unlike
        arrays.append(x)
        return node.shape, node.dtype, layout.strides(node)
    if kind is ELEMENT[0]:
        x, kind = x._value, type(x._value)
    if kind in WEAK or issubclass(kind, np.generic):
        if x != x:
            raise _Unlike
        return kind, repr(x)  # 0.0 and -0.0 are one key
    if kind is tuple or kind is list:
        return kind, *[_fact(item, arrays) for item in x]
    if kind is slice:
        return kind, *[_fact(item, arrays) for item in (x.start, x.stop, x.step)]
    if kind in _NAMED or isinstance(x, np.dtype):
        return x  # type: ignore[no-any-return]
    raise _Unlike


def _tried(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
    arrays: list[Array],
) -> Any:
    """Return the template of a call, or `_NEVER`."""
    others: list[Array] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            given = [_replaced(x, others) for x in args]
            named = {name: _replaced(x, others) for name, x in options.items()}
            nodes = [x._node for x in others]
            mixed = any(type(x) in SMALLS for x in arrays)
            # What is computed on the spot may want to read a stand-in.
            with config(small_bytes=0) if nodes else contextlib.nullcontext():
                result = function(*given, **named)
        if any(x._node is not n for x, n in zip(others, nodes, strict=True)):
            return _NEVER  # it was written
        if any(node.value.asked for node in nodes):
            return _NEVER
        return _Drawing(others, mixed).template(result)
    except _REFUSALS:  # the call itself tells what is wrong
        return _NEVER


def _replaced(x: Any, others: list[Array]) -> Any:
    """Return an argument with stand-ins in the place of its arrays."""
    kind = type(x)
    if kind is tuple or kind is list:
        return kind([_replaced(item, others) for item in x])
    if kind is ELEMENT[0]:
        return x._value  # what made it is not to be held
    if kind is not FINAL[0] and kind not in SMALLS:
        return x
    node = x._current()
    leaf = infer.leaf(np.broadcast_to(np.zeros((), node.dtype), node.shape))
    leaf.value = _Unread()
    leaf.steps = layout.strides(node)
    others.append(new(leaf))
    return others[-1]


class _Drawing:
    """Draws the template of what a program made of stand-ins."""

    def __init__(self, others: list[Array], mixed: bool) -> None:
        self.mixed = mixed
        self.given = {id(x): k for k, x in enumerate(others)}
        self.places = {x._node: k for k, x in enumerate(others)}
        self.steps: list[tuple[Any, ...]] = []
        self.bases: dict[int, tuple[int, Array]] = {}
        self.room = _LARGEST

    def template(self, result: Any) -> _Template:
        form = self._form(result)
        bases = []
        for _, base in self.bases.values():
            node = base._node
            self._draw(node)
            written = id(base) in pending.written
            bases.append(_Base(self.places[node], layout.strides(node), written))
        return _Template(tuple(self.steps), tuple(bases), form)

    def _form(self, x: Any) -> tuple[Any, ...]:
        kind = type(x)
        if kind is tuple or kind is list:
            return kind, [self._form(item) for item in x], None
        if kind in SMALLS or kind is ELEMENT[0]:
            value = x._value
            if type(value) is np.ndarray:
                self._take(value)
            return "known", value, (x._how, x._calls)
        if kind in _PLAIN:
            return "plain", x, None
        if kind is SLICED[0]:
            SLICED[0]._settled(x)
        elif kind is not FINAL[0]:
            raise _Unlike
        base, chain = (x, None) if x._base is None else (x._base, x._chain)
        if id(base) in self.given:
            # Whether a reshape is a view depends on the array.
            if any(
                type(step) is not View and step[0] != LOCKED for step in chain or ()
            ):
                raise _Unlike
            if self.mixed:  # small arrays have views of their own kind
                raise _Unlike
            return "given", self.given[id(base)], chain
        place, _ = self.bases.setdefault(id(base), (len(self.bases), base))
        return "made", place, chain

    def _take(self, value: np.ndarray) -> None:
        """Take an array that shares no memory with another one."""
        self.room -= value.nbytes
        if value.base is not None or self.room < 0:
            raise _Unlike

    def _draw(self, root: Node) -> None:
        for node in topological((root,)):
            if node in self.places:
                continue
            if len(self.steps) >= _LONGEST or node.op.draws:
                raise _Unlike
            if not node.args:
                leaf = node
                leaf.where = None  # calls from many lines have it in common
                if node.value is not None and node.shape:
                    if node.value.base is not None:
                        leaf = infer.leaf(node.value.copy("K"))
                    self._take(leaf.value)
                step: tuple[Any, ...] = (None, (), leaf, None, None, None)
            else:
                args = tuple([self.places[arg] for arg in node.args])
                # A view joins the views that its operand consists of; of what is full
                # of one number, a reshape is such a view.
                tag = None if node.op in _VIEWS else node.tag
                step = (node.op, args, node.params, node.shape, node.dtype, tag)
            self.places[node] = len(self.given) + len(self.steps)
            self.steps.append(step)
