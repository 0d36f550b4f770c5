"""NumPy's floating-point errors: noted while a plan runs, reported once, at the line.

Plans run inside contexts of their own in which NumPy notes every error in a `Notes`
object instead of warning. Afterwards, in the user's context, `report` does what the
user's ``np.errstate`` asks for: once for every operation and kind of error, whatever
the number of tiles and threads, and as if the user's line had raised it.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.config import current, fix
from lazyarr.errors import ExecutionError, Listener
from lazyarr.errors import warn as warn_outside
from lazyarr.ir.node import Where, alike, where_text
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.runtime import errstate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, FrameType

    from lazyarr.ir.node import Node
    from lazyarr.ops.row import Op
    from lazyarr.options import Options
    from lazyarr.plan.model import Instr


class Place(NamedTuple):
    """What happens in a plan besides its instructions, as far as errors need it."""

    op: Op
    where: Where = None


# Where an error can happen.
Origin: TypeAlias = "Place | Instr"
# Where in the list of places an error happened, and NumPy's text for it.
Note: TypeAlias = tuple[int, str]

_KINDS = {
    "divide by zero": ("divide", 1),
    "overflow": ("over", 2),
    "underflow": ("under", 4),
    "invalid value": ("invalid", 8),
}
_LOOPS: set[CodeType] = set()


def loop(function: Callable[..., Any]) -> Any:
    """Mark a function that calls ufuncs, with the current place in its local ``at``."""
    _LOOPS.add(function.__code__)
    return function


class Notes(Listener):
    """What NumPy calls with its errors: they are kept, with the place."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: set[Note] = set()

    def write(self, text: str) -> None:
        """Keep one error; called by NumPy, inside the loop that called the ufunc."""
        frame = sys._getframe(1)
        while frame.f_code not in _LOOPS:
            if frame.f_back is None:
                return
            frame = frame.f_back
        self.found.add((frame.f_locals["at"], text.strip()))


class Scene:
    """A context in which NumPy writes its errors to `notes`, and options are in force."""

    __slots__ = ("context", "notes", "run")

    def __init__(self, options: Options | None = None) -> None:
        self.notes = Notes()
        # An empty context: nothing of the user's may change what NumPy does here.
        self.context = contextvars.Context()
        self.run = self.context.run
        self.run(np.errstate(all="log", call=self.notes).__enter__)
        if options is not None:
            self.run(fix, options)


_MOST = 64  # options that scenes are kept for
_idle: dict[Options, list[Scene]] = {}


def at_rest(options: Options) -> list[Scene]:
    """Return the scenes of these options that nobody is in: one thread can be at a time."""
    found = _idle.get(options)
    if found is None:
        if len(_idle) >= _MOST:
            _idle.clear()
        found = _idle.setdefault(options, [])
    return found


@contextmanager
def noted(places: Sequence[Origin]) -> Iterator[Scene]:
    """Give a scene to run in; report at the end what was noted there."""
    options = current()
    idle = at_rest(options)
    try:
        scene = idle.pop()
    except IndexError:
        scene = Scene(options)
    found: set[Note] = set()
    try:
        yield scene
        found = scene.notes.found
    finally:
        scene.notes.found = set()
        idle.append(scene)
    if found:
        report(found, places)


_waiting = threading.local()


@contextmanager
def deferred() -> Iterator[list[tuple[set[Note], Sequence[Origin]]]]:
    """Put off what runs in the block report, for `replay`."""
    outer = getattr(_waiting, "errors", None)
    errors: list[tuple[set[Note], Sequence[Origin]]] = []
    _waiting.errors = errors
    try:
        yield errors
    finally:
        _waiting.errors = outer


def replay(errors: list[tuple[set[Note], Sequence[Origin]]]) -> None:
    """Report what was put off."""
    for found, places in errors:
        report(found, places)


def beneath(ready: Any, nodes: Any, function: Any, argument: Any) -> Any:
    """Call a function of one argument where no other frame tells of plan and graph."""
    return function(argument)


RUNNING = [beneath.__code__]
"""Of what runs plans: it has the plan as `ready`, and the nodes of the graph as `nodes`."""


def _located() -> Callable[[Origin], list[Where]]:
    """Return what tells the user's lines for that of the nodes that a plan was made for.

    It is another one where graphs of one structure are made in several places, and
    several where equal expressions are computed once. Errors and warnings are rare: the
    nodes are found in the frame of what runs the plan.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code not in RUNNING:
        frame = frame.f_back
    held = {} if frame is None else frame.f_locals
    ready, nodes = held.get("ready"), held.get("nodes")
    if ready is None or nodes is None:
        return lambda origin: [origin.where]
    number = alike(nodes)
    found: dict[int, list[Node]] = {}  # by the line that a plan was made for
    for node, where in zip(nodes, ready.wheres, strict=True):
        found.setdefault(id(where), []).append(node)
    same: dict[int, list[Where]] = {}
    for node, k in number.items():
        same.setdefault(k, []).append(node.where)

    def lines(origin: Origin) -> list[Where]:
        places = found.get(id(origin.where))
        if places is None:
            return [origin.where]
        of_op = [number[node] for node in places if node.op is origin.op]
        if not of_op:
            return [places[0].where]
        return list(dict.fromkeys([where for k in of_op for where in same[k]]))

    return lines


def report(found: set[Note], places: Sequence[Origin]) -> None:
    """Do with the errors what the user's ``np.errstate`` says, in the plan's order.

    Raises
    ------
    FloatingPointError
        Where the user asked for that.
    """
    errors = getattr(_waiting, "errors", None)
    if errors is not None:
        errors.append((found, places))
        return
    flags: dict[int, int] = {}
    for at, text in found:
        flags[at] = flags.get(at, 0) | _kind(text)[1]
    lines = _located()
    for at, text in sorted(found):
        message = _in_words(text.removeprefix("Warning: "), at, places)
        for where in lines(places[at]):
            _tell(text, message, where, flags[at])


def _tell(text: str, message: str, where: Where, flags: int) -> None:
    """Do with one error at one line what the user's ``np.errstate`` says."""
    key, flag = _kind(text)
    if not flag:
        warn(message, where)
        return
    block = errstate.at(where)
    mode = np.geterr()[key] if block is None else block.mode(key)  # type: ignore[literal-required]
    user = np.geterrcall() if block is None else block.call
    if mode in ("call", "log"):
        _call(user, mode, message, flags)
    elif mode != "ignore":
        _act(mode, message, where)


def _kind(text: str) -> tuple[str, int]:
    """Return how `np.errstate` calls an error, and its flag.

    The flag is 0 if it is no error of arithmetic: see `lazyarr.errors.tell`.
    """
    kind = text.removeprefix("Warning: ").partition(" encountered")[0]
    return _KINDS.get(kind, ("", 0))


def _in_words(message: str, at: int, places: Sequence[Origin]) -> str:
    """Return NumPy's text, which calls a cast of a result by the name of its op."""
    if not at or not message.endswith(" in cast") or places[at].op.name != "astype":
        return message
    before = places[at - 1]
    if before.where is None or before.where != places[at].where:
        return message
    function = before.op.function or before.op.numpy
    if before.op.kind is not Kind.MAP or not isinstance(function, np.ufunc):
        return message
    return message.removesuffix("cast") + function.__name__


def _act(mode: str, message: str, where: Where) -> None:
    if mode == "raise":
        raise FloatingPointError(message)
    if mode == "warn":
        warn(message, where)
    else:
        sys.stderr.write(f"Warning: {message}\n")


def _call(user: Any, mode: str, message: str, flags: int) -> None:
    """Tell the user's callback, or what is written to, of an error."""
    if user is None:
        msg = f"np.errstate asks to {mode} '{message}', but no callback is set"
        raise NameError(msg)
    if mode == "call":
        user(message.partition(" encountered")[0], flags)
    else:
        user.write(f"Warning: {message}\n")


# Of every file, which warnings it has shown: what a module keeps for itself elsewhere.
_registries: dict[str, dict[Any, Any]] = {}


def warn(message: str, where: Where) -> None:
    """Issue a RuntimeWarning as if the user's line had."""
    if where is None:
        warn_outside(message)
        return
    code, lasti = where
    line = code.co_firstlineno
    for start, stop, number in code.co_lines():
        if start <= lasti < stop and number is not None:
            line = number
            break
    registry = _registries.setdefault(code.co_filename, {})
    warnings.warn_explicit(
        message, RuntimeWarning, code.co_filename, line, registry=registry
    )


# --- errors that end a run ---------------------------------------------------

_PARENTS = (
    np.linalg.LinAlgError,
    MemoryError,
    IndexError,
    ValueError,
    TypeError,
    ArithmeticError,
)
_KEPT = (Warning, FloatingPointError, ExecutionError)


def _combined(parent: type[Exception]) -> type[ExecutionError]:
    def reduced(self: ExecutionError) -> tuple[Any, ...]:
        return _again, (parent, self.args, self.__dict__)  # the class has no name

    fields = {"__module__": "lazyarr", "__reduce__": reduced}
    made: type[ExecutionError] = type(
        "ExecutionError", (ExecutionError, parent), fields
    )
    return made


def _again(
    parent: type[Exception], args: tuple[Any, ...], fields: dict[str, Any]
) -> ExecutionError:
    """Return an error that was pickled."""
    error = _COMBINED[parent](*args)
    error.__dict__.update(fields)
    return error


_COMBINED: dict[type[Exception], type[ExecutionError]] = {
    parent: _combined(parent) for parent in _PARENTS
}


def failure(error: Exception, place: Origin) -> Exception:
    """Return what to raise for an error inside an operation: it names the line.

    The result is also an instance of NumPy's type of the error, so that users may catch
    either. What the user asked for by way of ``np.errstate`` or warning filters stays
    as it is.
    """
    if isinstance(error, _KEPT):
        return error
    cls: type[ExecutionError] = ExecutionError
    for parent in _PARENTS:
        if isinstance(error, parent):
            cls = _COMBINED[parent]
            break
    text = str(error) or type(error).__name__
    return cls.at(place.op.name, text, line(place))


def line(place: Origin) -> str:
    """Return the user's line of an operation of the plan that runs."""
    return where_text(_located()(place)[0])
