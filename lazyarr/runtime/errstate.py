"""What `np.errstate` asks for at a line of the user's, where operations run later.

An operation in a block of `errstate` may be computed after the block. What the block
asks for is then found by the operation's place in the user's code: between the
instruction that entered the block and the last one that left it.

What is small is computed at once, where every error is raised that the user does not
ignore: that is told here as well, by contexts that are kept.
"""

from __future__ import annotations

import contextvars
import importlib
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lazyarr import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from lazyarr.ir.node import Where

Function = TypeVar("Function", bound="Callable[..., Any]")

_MOST = 4096

# Where NumPy keeps what a user asked for; and what is there unless that was something.
ASKED = getattr(
    importlib.import_module("numpy._core.umath"), "_extobj_contextvar", None
)
NOTHING = None if ASKED is None else contextvars.Context().run(ASKED.get)


# --- where small arrays are computed ----------------------------------------------

# By what is to be done with each kind of error: where those that are not ignored are
# raised.
_scenes: dict[tuple[str, ...], contextvars.Context] = {}


def scene(modes: dict[str, Any]) -> contextvars.Context:
    """Return a context where errors are raised, but those that the user ignores.

    What is compiled computes there as well, as long as the user asks for the same: NumPy
    keeps one object for each block.
    """
    key = tuple(modes.values())
    context = _scenes.get(key)
    if context is None:
        context = contextvars.Context()
        raised: Any = {
            kind: "ignore" if mode == "ignore" else "raise"
            for kind, mode in modes.items()
        }
        context.run(np.seterr, **raised)
        _scenes[key] = context  # where other threads find it
    if ASKED is not None and compiled.MODULE is not None:
        asked = ASKED.get()
        if asked is not NOTHING:
            compiled.MODULE.choose(asked, context)
    return context


# --- blocks -----------------------------------------------------------------------


class _Block:
    """A block, or a decorated function, in the user's code; and what it asks for."""

    __slots__ = ("call", "code", "modes", "start", "stop")

    def __init__(self, code: CodeType, start: int, stop: int) -> None:
        self.code = code  # held, so that its id stays its own
        self.start = start
        self.stop = stop

    def note(self, modes: dict[str, Any]) -> None:
        """Keep what is asked for now."""
        self.modes = modes
        told = "call" in modes.values() or "log" in modes.values()
        self.call = np.geterrcall() if told else None

    def mode(self, key: str) -> str:
        """Return what is to be done with an error that shows after the block.

        What raises at every read could not be read, unless a state in force at the read
        has its way.
        """
        mode: str = self.modes[key]
        return np.geterr()[key] if mode == "raise" and _is_set(key) else mode  # type: ignore[literal-required]

    def holds(self, code: CodeType) -> bool:
        """Whether a function or comprehension is made in the block."""
        return any(
            line == code.co_firstlineno and self.start <= begin < self.stop
            for begin, _, line in self.code.co_lines()
        ) and code in _codes(self.code)


# By the code's id: the blocks in it, by the instruction that enters each.
_blocks: dict[int, dict[int, _Block]] = {}


def _is_set(key: str) -> bool:
    return bool(np.geterr()[key] != "warn")  # type: ignore[literal-required]


def _entered(code: CodeType, start: int, stop: int, modes: dict[str, Any]) -> _Block:
    if len(_blocks) >= _MOST:
        _blocks.clear()
    inside = _blocks.get(id(code))
    if inside is None:
        inside = _blocks.setdefault(id(code), {})
    block = inside.get(start)
    if block is None:
        block = inside[start] = _Block(code, start, stop)
    block.note(modes)
    return block


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Give the code of functions and comprehensions that a code makes."""
    for one in code.co_consts:
        if isinstance(one, type(code)):
            yield one
            yield from _codes(one)


def at(where: Where) -> _Block | None:
    """Return the innermost block of the user's that a place is in."""
    if where is None or not _blocks:
        return None
    code, lasti = where
    for start, block in sorted(_blocks.get(id(code), {}).items(), reverse=True):
        if start <= lasti < block.stop:
            return block
    for inside in list(_blocks.values()):
        for block in list(inside.values()):  # other threads enter blocks
            if block.holds(code):
                return block
    return None


class errstate(np.errstate):  # noqa: N801 - NumPy's name
    """NumPy's context of floating-point errors, for operations in it that run later too.

    What is computed after the block does with its errors what the block asked for. An
    error that was to be raised is raised then, unless the read is in another such block.

    Examples
    --------
    >>> import lazyarr as la
    >>> with la.errstate(divide="ignore"):
    ...     y = 1 / la.zeros(100_000)
    >>> float(y[0])
    inf
    """

    __slots__ = ("_block",)

    def __enter__(self) -> None:
        super().__enter__()
        frame = sys._getframe(1)
        modes: Any = np.geterr()
        self._block = _entered(frame.f_code, frame.f_lasti, frame.f_lasti, modes)
        scene(modes)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)
        block = self._block
        frame = sys._getframe(1)
        # Errors leave a block by way of instructions that are not in it.
        if kind is None and frame.f_code is block.code and frame.f_lasti > block.stop:
            block.stop = frame.f_lasti

    def __call__(self, func: Function) -> Function:
        """Let a function run in the context."""
        code = getattr(func, "__code__", None)
        if code is not None:

            def enter() -> None:
                modes: Any = np.geterr()
                _entered(code, 0, sys.maxsize, modes)

            super().__call__(enter)()
        return super().__call__(func)


errstate.__module__ = "lazyarr"
