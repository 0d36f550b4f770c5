"""Measured machines: those that ship, and the profile of the machine at hand.

``lazyarr.profiles.names()`` lists the profiles that ship; ``explain(profile="h200")``
plans for one by its name, and each is a function here, ``lazyarr.profiles.h200()``.
``lazyarr calibrate`` writes the profile of the machine at hand.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from lazyarr._version import __version__
from lazyarr.errors import ConfigError, warn
from lazyarr.plan.profile import DeviceProfile, HostProfile, from_record, to_record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

__all__ = ["cpu2", "h200", "names"]

_FOLDER = os.path.dirname(__file__)
_FILE = "profile.json"
_PRIVATE = 0o600
# Facts of the hardware: the others name versions.
HARDWARE = ("cpu", "cores", "gpu")


def names() -> tuple[str, ...]:
    """Return the names of the profiles that ship.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.profiles.names()
    ('cpu2', 'h200')
    """
    there = os.listdir(_FOLDER)
    return tuple(sorted(f.removesuffix(".json") for f in there if f.endswith(".json")))


def h200() -> HostProfile:
    """Return the profile of a host with one NVIDIA H200 and 16 cores.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.profiles.h200().gpu.name
    'NVIDIA H200'
    """
    return _shipped("h200")


def cpu2() -> HostProfile:
    """Return the profile of a machine with two cores and no GPU."""
    return _shipped("cpu2")


@cache
def _shipped(name: str) -> HostProfile:
    return read(os.path.join(_FOLDER, f"{name}.json"))


def to_plan_for(asked: Any) -> Any:
    """Return the profile that `explain` was asked for, which names may stand for.

    Parameters
    ----------
    asked : HostProfile, DeviceProfile, str or os.PathLike
        A profile, the name of one that ships, or the path of a file that
        ``lazyarr calibrate --output PATH`` wrote, on whatever machine.

    Returns
    -------
    HostProfile or DeviceProfile

    Raises
    ------
    ConfigError
        It is none of these, or the file cannot be read.
    """
    if isinstance(asked, (HostProfile, DeviceProfile)):
        return asked
    if asked in names():
        return _shipped(asked)
    try:
        return read(os.fspath(asked))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"profile={asked!r} cannot be used: {error}"
        ship = ", ".join(map(repr, names()))
        hint = (
            f"give a profile, the path of one, or the name of one that ships: {ship}."
        )
        raise ConfigError.at("explain", what, None, hint) from error


def read(path: str | PathLike[str]) -> HostProfile:
    """Return the profile in a file.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        It cannot be read, or is no profile.
    """
    json = importlib.import_module("json")
    with open(path, encoding="utf-8") as file:
        return from_record(json.load(file))


def write(host: HostProfile, path: str | PathLike[str]) -> None:
    """Write a profile to a file that its owner alone can read."""
    json = importlib.import_module("json")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    content = json.dumps(to_record(host), indent=1) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    os.chmod(path, _PRIVATE)


# --- the machine at hand ------------------------------------------------------------------


def user_file() -> str:
    """Return where ``lazyarr calibrate`` keeps the profile of this machine.

    It is in the user's configuration folder, as platformdirs says, and without that
    package as the XDG rules say: in ``$XDG_CONFIG_HOME/lazyarr`` or
    ``~/.config/lazyarr``.
    """
    with contextlib.suppress(ImportError):
        platformdirs = importlib.import_module("platformdirs")
        return os.path.join(platformdirs.user_config_dir("lazyarr"), _FILE)
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    folder = folder if os.path.isabs(folder) else os.path.expanduser("~/.config")
    return os.path.join(folder, "lazyarr", _FILE)


def cpu_facts() -> dict[str, str]:
    """Return what identifies the CPU, and the libraries that use it."""
    cores: Any = os.cpu_count()
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    numpy = sys.modules["numpy"]
    return {
        "cpu": cpu_name(),
        "cores": str(cores),
        "numpy": str(numpy.__version__),
        "lazyarr": __version__,
    }


@cache
def cpu_name() -> str:
    """Return what the processor calls itself."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return os.environ.get("PROCESSOR_IDENTIFIER", "unknown CPU")


@cache
def found(choice: str) -> HostProfile | None:
    """Return the profile of this machine that the option `profile` names.

    Parameters
    ----------
    choice : str
        ``auto``: that of ``lazyarr calibrate``, or one that ships and was measured on
        the same hardware. ``none``: none. Anything else is the path of a file, which is
        not used on another machine than that on which it was measured.

    Raises
    ------
    ConfigError
        A file that was named cannot be read.
    """
    if choice == "none":
        return None
    if choice != "auto":
        try:
            host = read(choice)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"the profile {choice!r} cannot be used: {error}"
            hint = "write one with: lazyarr calibrate --output PATH."
            if choice in names():
                hint = f"plan for it with: explain(profile={choice!r})."
            raise ConfigError.at("config", what, None, hint) from error
        _places[id(host.facts)] = host.facts, choice
        return _unchanged(host, choice)
    path = user_file()
    if os.path.isfile(path):
        return _of_user(path)
    facts = cpu_facts()
    for name in names():
        host = _shipped(name)
        if all(host.facts.get(fact) == facts[fact] for fact in ("cpu", "cores")):
            return host
    return None


def _of_user(path: str) -> HostProfile | None:
    try:
        host = read(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _ignored(path, str(error))
        return None
    return _unchanged(host, path)


def _unchanged(host: HostProfile, path: str) -> HostProfile | None:
    """Return a profile, or None and a warning if it is that of another machine."""
    changed = difference(host, cpu_facts())
    if changed:
        _ignored(path, changed)
        return None
    return host


def _ignored(path: str, why: str) -> None:
    what = f"the profile {path} is not used: {why}; run lazyarr calibrate again"
    warn(what)


def difference(host: HostProfile, facts: dict[str, str]) -> str:
    """Return in words which fact of a profile is no longer true, or an empty string."""
    for name, now in facts.items():
        then = host.facts.get(name)
        if then is not None and then != now:
            return f"{name} was {then} and is {now}"
    return ""


_refused: set[int] = set()
# Files of profiles that were named, by the identity of their facts, which are held.
_places: dict[int, tuple[Mapping[str, str], str]] = {}


def fits_gpu(host: HostProfile, facts: dict[str, str]) -> bool:
    """Whether a profile was measured on this GPU; says why not, once.

    For one that ships the hardware decides, and nothing is said.
    """
    if id(host) in _refused:
        return False
    # What was learned makes another profile of it, of the same facts.
    shipped = any(host.facts is _shipped(name).facts for name in names())
    kept = {k: v for k, v in facts.items() if not shipped or k in HARDWARE}
    changed = difference(host, kept)
    if not changed:
        return True
    _refused.add(id(host))
    if not shipped:
        _, path = _places.get(id(host.facts), (host.facts, user_file()))
        _ignored(path, changed)
    return False
