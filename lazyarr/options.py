"""Which options there are: their defaults, what they mean, and what they take."""

from __future__ import annotations

import importlib
import operator
import os
import re
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from lazyarr.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "LAZYARR_"
COMPILED = PREFIX + "COMPILED"
"""No option, but a variable that is looked at once: see `lazyarr.compiled`."""


class _Defaults:
    """Every option, with its default."""

    __slots__ = ()
    device: str = "auto"
    crossover: int = 10_000_000
    threads: int | None = None
    tile_elements: int = 131_072
    fusion: bool = True
    rules: bool = True
    small_path: bool = True
    small_bytes: int = 1 << 19
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


NAMES: tuple[str, ...] = tuple(_Defaults.__annotations__)


class Options(_Defaults):
    """One value for every option.

    Equal options are one object for as long as anybody holds it, so that a
    plan cache can key on the object and hash it by identity.
    """

    __slots__ = (*NAMES, "__weakref__")

    def __init__(self, *values: Any) -> None:
        for name, value in zip(NAMES, values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = f"options never change: {name} cannot be set"
        raise AttributeError(msg)


DEFAULTS = Options(*(getattr(_Defaults, name) for name in NAMES))

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
CHECKS: dict[str, tuple[Callable[[object], Any], int | None, bool, str]] = {
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


def unknown(name: str) -> str:
    """Return a hint that names the option that was probably meant."""
    # Loaded here: a misspelt option is rare, and difflib is slow to import.
    close = importlib.import_module("difflib").get_close_matches(name, NAMES, 1)
    listed = f"the options are {', '.join(NAMES)}."
    return f"did you mean {close[0]!r}?" if close else listed


def checked(name: str, value: object) -> Any:
    """Return the value as the option holds it, or raise `ConfigError`."""
    if name not in CHECKS:
        raise ConfigError.at("config", f"no option {name!r}", None, unknown(name))
    read, least, optional, allowed = CHECKS[name]
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
    if CHECKS[name][0] is _profile:
        return word if word in ("auto", "none") else text.strip()
    read, _, optional, _ = CHECKS[name]
    if optional and word in ("", "none"):
        return None
    if read is _flag and word in _TRUE + _FALSE:
        return word in _TRUE
    if read is _whole and re.fullmatch(r"[0-9]+(_[0-9]+)*", word):
        return int(word)
    return word


def is_aside(environ: Mapping[str, str]) -> bool:
    """Whether `COMPILED` is switched off, by any of the words that switches take."""
    return environ.get(COMPILED, "").strip().lower() in _FALSE


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the options that ``LAZYARR_<NAME>`` variables set.

    Raises
    ------
    ConfigError
        If a value is not one that its option takes.
    """
    found: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable == COMPILED:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in CHECKS:
            what = f"{variable} is ignored: no option {name!r}; {unknown(name)}"
            warnings.warn(what, stacklevel=2)
            continue
        try:
            found[name] = checked(name, _spoken(name, text))
        except ConfigError:
            what = f"{variable}={text!r} is not a value of this option"
            takes = f"it takes {CHECKS[name][3]}."
            raise ConfigError.at("config", what, "environment", takes) from None
    return found
