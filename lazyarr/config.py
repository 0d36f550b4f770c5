"""The values of options that are in force now.

``config(threads=2)`` sets an option for the whole process; ``with
config(threads=2):`` sets it for the block alone, in this thread or task only.
The rest of the library reads ``current().threads``.
"""

from __future__ import annotations

import os
import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn

from lazyarr import compiled, watched
from lazyarr.options import (
    CHECKS,
    DEFAULTS,
    MEANINGS,
    NAMES,
    PREFIX,
    Options,
    checked,
    from_environment,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token

__all__ = ["Options", "config", "current", "thread_count"]

_pool: weakref.WeakValueDictionary[tuple[Any, ...], Options]
_pool = weakref.WeakValueDictionary()
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):  # another thread may have held it
    os.register_at_fork(
        after_in_child=lambda: globals().update(_lock=threading.RLock())
    )


def _merge(base: Options, values: Mapping[str, Any]) -> Options:
    """Return the base with some values replaced; equal options are one object."""
    row = tuple(values.get(name, getattr(base, name)) for name in NAMES)
    with _lock:  # 1 and True are equal, but an option holds only one of the two
        found = _pool.get(row)
        if found is None:
            found = _pool[row] = Options(*row)
    return found


class _Scope:
    """What a ``with`` block sets, on top of the process's values as they change."""

    __slots__ = ("base", "change", "merged", "values")

    def __init__(self, values: Mapping[str, Any], change: _Change) -> None:
        self.values = values
        self.change = change  # the marks that it made stay while the block is open
        self.refresh()

    def refresh(self) -> Options:
        base = _base
        # Two threads may come here at once: both store the same two values.
        self.merged = _merge(base, self.values)
        self.base = base
        return self.merged


_environment = from_environment(os.environ)
_settled: dict[str, Any] = {}  # set for good by calls of config
_changes: list[tuple[weakref.ref[_Change], dict[str, Any]]] = []  # may yet be entered
_base = _merge(DEFAULTS, _environment)
watched.settled(_base, DEFAULTS)
_scope: ContextVar[_Scope | _Call | _Fixed | None]
_scope = ContextVar("lazyarr_options", default=None)


def current() -> Options:
    """Return the options in force in this thread or task."""
    scope = _scope.get()
    if scope is None:
        return _base
    if scope.base is _base:
        return scope.merged
    return scope.refresh()


current = compiled.method("options_current", current, other=(_scope, globals()))


class _Fixed:
    """Options that stay, whatever the process's values become."""

    __slots__ = ("merged",)
    base, values = None, dict[str, Any]()

    def __init__(self, options: Options) -> None:
        self.merged = options

    def refresh(self) -> Options:
        return self.merged


def fix(options: Options) -> None:
    """Let these options be in force in this context for good."""
    _scope.set(_Fixed(options))


def thread_count() -> int:
    """Return how many CPU threads to use: the option, or the cores allowed."""
    threads = current().threads
    if threads is not None:
        return threads
    has_affinity = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1


def _publish() -> None:
    """Recompute the process's values; the caller holds the lock."""
    global _base
    # A change whose object is gone can no longer be entered: it is settled.
    while _changes and _changes[0][0]() is None:
        _settled.update(_changes.pop(0)[1])
    values = {**_environment, **_settled}
    for _, change in _changes:
        values.update(change)
    _base = _merge(DEFAULTS, values)
    watched.settled(_base, DEFAULTS)


class _Call:
    """What a call of `config` asked for, until it is known whether ``with`` follows.

    It stands in for the scope of the calling thread. That the thread reads an option,
    or drops what the call returned, shows that none came: then it is for the process.
    """

    __slots__ = ("__weakref__", "change", "is_open", "outer", "values")
    base = None  # of no process's values: `current` comes to `refresh`

    def __init__(self, change: _Change, values: dict[str, Any]) -> None:
        self.values = values
        self.change = weakref.ref(change)
        self.is_open = True
        self.outer = _scope.get()

    def settle(self) -> None:
        """Set the process's values, unless a block was entered or that was done."""
        with _lock:
            if self.is_open:
                self.is_open = False
                _changes.append((self.change, self.values))
                _publish()

    def refresh(self) -> Options:
        self.settle()
        _scope.set(self.outer)
        return current()


class _Change:
    """What a call of `config` did; ``with`` turns it into a change for a block.

    The call cannot know whether ``with`` follows: see `_Call`. Entering a block takes
    back what the call has set for the process.
    """

    __slots__ = ("__weakref__", "_call", "_tokens", "_values")

    def __init__(self, values: dict[str, Any]) -> None:
        current()  # settles the call before this one
        self._values = values
        self._tokens: list[Token[_Scope | _Call | _Fixed | None]] = []
        self._call = _Call(self, values)
        _scope.set(self._call)
        watched.entered(values)

    def __del__(self) -> None:
        if hasattr(self, "_call"):
            self._call.settle()
            watched.left(self._call.values)

    def __enter__(self) -> Options:
        with _lock:
            self._call.is_open = False
            kept = [pair for pair in _changes if pair[0]() is not self]
            if len(kept) < len(_changes):
                _changes[:] = kept
                _publish()
        current()  # the call itself is no scope any more
        outer = _scope.get()
        inherited = outer.values if outer is not None else {}
        self._tokens.append(_scope.set(_Scope({**inherited, **self._values}, self)))
        return current()

    def __exit__(self, *error: object) -> None:
        current()
        _scope.reset(self._tokens.pop())

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"lazyarr.config({inside})"


class _Config:
    """The options of lazyarr: call to set, read by attribute.

    ``config(threads=2)`` sets for the whole process, ``with config(threads=2):``
    for the block, in this thread or task only. ``config.threads`` is the value in
    force. ``print(config)`` lists every option, where its value came from, and
    what it means. An option's default is taken from the environment variable
    ``LAZYARR_<NAME>`` when ``lazyarr`` is imported.

    Raises
    ------
    ConfigError
        For an option that does not exist or a value that it does not take.

    Examples
    --------
    >>> with config(threads=1):
    ...     config.threads
    1
    """

    __slots__ = ()

    def __call__(self, **options: object) -> _Change:
        return _Change({name: checked(name, options[name]) for name in options})

    def __getattr__(self, name: str) -> Any:
        if name in CHECKS:
            return getattr(current(), name)
        hint = "" if name.startswith("_") else f"; {unknown(name)}"
        msg = f"lazyarr.config has no option {name!r}{hint}"
        raise AttributeError(msg)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = f"options are set by a call: lazyarr.config({name}={value!r})"
        raise AttributeError(msg)

    def __dir__(self) -> list[str]:
        return [*NAMES, *object.__dir__(self)]

    def __repr__(self) -> str:
        options = current()
        scope = _scope.get()
        rows = []
        for name in NAMES:
            value = repr(getattr(options, name))
            rows.append((name, value, _origin(name, scope), MEANINGS[name]))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [
            "  ".join([*map(str.ljust, row[:3], widths), row[3]]).rstrip()
            for row in rows
        ]
        return "\n".join(lines)


def _origin(name: str, scope: _Scope | _Call | _Fixed | None) -> str:
    """Return where the value in force came from."""
    if scope is not None and name in scope.values:
        return "with block"
    with _lock:
        called = name in _settled or any(name in change for _, change in _changes)
    if called:
        return "config call"
    return PREFIX + name.upper() if name in _environment else "default"


config = _Config()
