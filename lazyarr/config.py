"""Options: their defaults, environment names, checks, and the values in force now.

``config(threads=2)`` sets an option for the whole process; ``with
config(threads=2):`` sets it for the block alone, in this thread or task only.
The rest of the library reads ``current().threads``.
"""

from __future__ import annotations

import importlib
import operator
import os
import re
import threading
import warnings
import weakref
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from lazyarr import watched
from lazyarr.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token

__all__ = ["Options", "config", "current", "thread_count"]

PREFIX = "LAZYARR_"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Options:
    """One value for every option.

    Equal options are one object for as long as anybody holds it, so that a
    plan cache can key on the object and hash it by identity.
    """

    device: str = "auto"
    crossover: int = 10_000_000
    threads: int | None = None
    tile_elements: int = 131_072
    fusion: bool = True
    rules: bool = True
    small_path: bool = True
    small_bytes: int = 1 << 18
    pending_writes: int = 64
    pending_bytes: int = 1 << 24
    kept_bytes: int = 1 << 28
    result_pool_bytes: int = 1 << 29
    memory_limit: int | None = None
    transfers: str = "allow"
    plan_cache_size: int = 1024
    # Divisible by most small numbers: the parts of a repeated loop body are alike.
    max_ops_per_kernel: int = 240
    profile: str = "auto"
    gpu_arithmetic: str = "exact"
    learn: bool = True


MEANINGS: dict[str, str] = {
    "device": "where to compute: auto, cpu, gpu or gpu:N",
    "crossover": "elements from which an unprofiled machine prefers its GPU",
    "threads": "CPU threads; None takes every core this process may use",
    "tile_elements": "elements of one tile of a stage on the CPU, at most",
    "fusion": "run several operations in one pass over memory",
    "rules": "rewrite expressions by exact identities before planning",
    "small_path": "evaluate tiny arrays at once and without tiles",
    "small_bytes": "bytes of a small array, at most; with 0 none is evaluated at once",
    "pending_writes": "writes into an array before it is evaluated",
    "pending_bytes": "bytes written into parts of an array before it is evaluated",
    "kept_bytes": "bytes of an array kept because it was computed before; 0 keeps none",
    "result_pool_bytes": "freed result buffers kept for the next result, in bytes",
    "memory_limit": "bytes a plan may need at its peak; None for no limit",
    "transfers": "copies to and from a GPU that nobody asked for: allow or error",
    "plan_cache_size": "plans kept for expressions of the same structure",
    "max_ops_per_kernel": "operations fused into one stage before it is cut",
    "profile": "what is known of this machine: auto, none or the path of a profile",
    "gpu_arithmetic": "how a GPU's kernels round: exact, contracted or fast",
    "learn": "let the times of runs correct what the profile predicts",
}

NAMES: tuple[str, ...] = Options.__match_args__
DEFAULTS = Options()

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_UNITS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgt", 1):
    _UNITS[_letter] = _UNITS[_letter + "ib"] = 1024**_power
    _UNITS[_letter + "b"] = 1000**_power


# --- what each option takes -------------------------------------------------


def device_named(value: object) -> str | None:
    """Return the name of a device, or None for what is not one."""
    if value in ("auto", "cpu", "gpu"):
        return str(value)
    if isinstance(value, str) and re.fullmatch(r"gpu:[0-9]+", value):
        return value
    return None


def _profile(value: object) -> str | None:
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    return value if isinstance(value, str) and value else None


def _word(*words: str) -> Callable[[object], str | None]:
    return lambda value: str(value) if value in words else None


_rounding = _word("exact", "contracted", "fast")


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    """Return an integer for anything that is one exactly, NumPy's included."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _size(value: object) -> int | None:
    if not isinstance(value, str):
        return _whole(value)
    match = re.fullmatch(r"\s*([0-9_]+)\s*([a-z]*)\s*", value.lower())
    if match is None or match[2] not in _UNITS:
        return None
    return int(match[1]) * _UNITS[match[2]]


# Option: what reads a value (None: not one), smallest value, None allowed, allowed.
_CHECKS: dict[str, tuple[Callable[[object], Any], int | None, bool, str]] = {
    "device": (device_named, None, False, "'auto', 'cpu', 'gpu' or 'gpu:N'"),
    "crossover": (_whole, 0, False, "an integer, 0 or more"),
    "threads": (_whole, 1, True, "None or an integer, 1 or more"),
    "tile_elements": (_whole, 1, False, "an integer, 1 or more"),
    "fusion": (_flag, None, False, "True or False"),
    "rules": (_flag, None, False, "True or False"),
    "small_path": (_flag, None, False, "True or False"),
    "small_bytes": (_size, 0, False, "bytes, or text such as '32KiB'"),
    "pending_writes": (_whole, 1, False, "an integer, 1 or more"),
    "pending_bytes": (_size, 0, False, "bytes, or text such as '16MiB'"),
    "kept_bytes": (_size, 0, False, "bytes, or text such as '256MiB'"),
    "result_pool_bytes": (_size, 0, False, "bytes, or text such as '512MiB'"),
    "memory_limit": (_size, 1, True, "None, bytes, or text such as '2GiB'"),
    "transfers": (_word("allow", "error"), None, False, "'allow' or 'error'"),
    "plan_cache_size": (_whole, 0, False, "an integer, 0 or more"),
    "max_ops_per_kernel": (_whole, 1, False, "an integer, 1 or more"),
    "profile": (_profile, None, False, "'auto', 'none' or the path of a profile"),
    "gpu_arithmetic": (_rounding, None, False, "'exact', 'contracted' or 'fast'"),
    "learn": (_flag, None, False, "True or False"),
}


def _unknown(name: str) -> str:
    """Return a hint that names the option that was probably meant."""
    # Loaded here: a misspelt option is rare, and difflib is slow to import.
    close = importlib.import_module("difflib").get_close_matches(name, NAMES, 1)
    listed = f"the options are {', '.join(NAMES)}."
    return f"did you mean {close[0]!r}?" if close else listed


def _checked(name: str, value: object) -> Any:
    """Return the value as the option holds it, or raise `ConfigError`."""
    if name not in _CHECKS:
        raise ConfigError.at("config", f"no option {name!r}", None, _unknown(name))
    read, least, optional, allowed = _CHECKS[name]
    if value is None and optional:
        return None
    found = read(value)
    if found is None or (least is not None and found < least):
        what = f"{name}={value!r} is not a value of this option"
        raise ConfigError.at("config", what, None, f"it takes {allowed}.")
    return found


def _spoken(name: str, text: str) -> object:
    """Return what an environment variable's text stands for."""
    word = text.strip().lower()
    if _CHECKS[name][0] is _profile:
        return word if word in ("auto", "none") else text.strip()
    read, _, optional, _ = _CHECKS[name]
    if optional and word in ("", "none"):
        return None
    if read is _flag and word in _TRUE + _FALSE:
        return word in _TRUE
    if read is _whole and re.fullmatch(r"[0-9]+(_[0-9]+)*", word):
        return int(word)
    return word


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the options that ``LAZYARR_<NAME>`` variables set.

    Raises
    ------
    ConfigError
        If a value is not one that its option takes.
    """
    found: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in _CHECKS:
            what = f"{variable} is ignored: no option {name!r}; {_unknown(name)}"
            warnings.warn(what, stacklevel=2)
            continue
        try:
            found[name] = _checked(name, _spoken(name, text))
        except ConfigError:
            what = f"{variable}={text!r} is not a value of this option"
            takes = f"it takes {_CHECKS[name][3]}."
            raise ConfigError.at("config", what, "environment", takes) from None
    return found


# --- the values in force ----------------------------------------------------

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

    __slots__ = ("base", "merged", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
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
_scope: ContextVar[_Scope | _Call | None]
_scope = ContextVar("lazyarr_options", default=None)


def current() -> Options:
    """Return the options in force in this thread or task."""
    scope = _scope.get()
    if scope is None:
        return _base
    if scope.base is _base:
        return scope.merged
    return scope.refresh()


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
        self._tokens: list[Token[_Scope | _Call | None]] = []
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
        self._tokens.append(_scope.set(_Scope({**inherited, **self._values})))
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
        return _Change({name: _checked(name, options[name]) for name in options})

    def __getattr__(self, name: str) -> Any:
        if name in _CHECKS:
            return getattr(current(), name)
        hint = "" if name.startswith("_") else f"; {_unknown(name)}"
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


def _origin(name: str, scope: _Scope | _Call | None) -> str:
    """Return where the value in force came from."""
    if scope is not None and name in scope.values:
        return "with block"
    with _lock:
        called = name in _settled or any(name in change for _, change in _changes)
    if called:
        return "config call"
    return PREFIX + name.upper() if name in _environment else "default"


config = _Config()
