"""What runs on this machine taught about a profile, from one process to the next.

Corrections of predictions (see `lazyarr.plan.learned`) lie beside the profile of
``lazyarr calibrate`` in a file that is read when a profile is first used and written
when the process ends. They belong to one profile: another one starts from nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import threading
import time
import warnings
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lazyarr import profiles
from lazyarr.plan.learned import (
    BOUND,
    MARGIN,
    OWN,
    Correction,
    correction_of,
    learned,
)
from lazyarr.plan.profile import to_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Plan, Stage
    from lazyarr.plan.profile import HostProfile

FORMAT = 2
WORTHWHILE = 1e-3
"""Predicted seconds of plans whose runs are timed: two looks at a clock cost nothing.

And seconds of such runs from one that teaches to the next: a lesson takes some forty
microseconds, which may be half of a run that is far shorter than predicted.
"""
LEAST = 20e-6
"""Predicted seconds of stages that an analysed run teaches something about."""
_LOOKS = frozenset(4**k for k in range(1, 12))
"""Runs after which a plan is made anew if what was learned has changed its time by much."""
_FILE = "learned.json"
_PRIVATE = 0o600
_MOST = 8  # profiles in the file
_STAGES = 256  # of each profile: those that ran last


class Lessons:
    """What was learned about one profile."""

    def __init__(self, host: HostProfile) -> None:
        json = importlib.import_module("json")
        text = json.dumps(to_record(host), sort_keys=True)
        self.mark = f"{host.name} {zlib.crc32(text.encode()):08x}"
        self.lock = threading.Lock()
        self.known: dict[str, Correction] = _stored().get(self.mark, {})
        self.changed = False
        view = MappingProxyType(self.known)
        gpu = None if host.gpu is None else host.gpu._replace(learned=view)
        self.host = host._replace(cpu=host.cpu._replace(learned=view), gpu=gpu)

    def observe(self, predicted: dict[str, float], measured: float) -> None:
        """Learn from one run, or one stage of a run."""
        with self.lock:
            # The planner reads this very mapping; last is what was last met.
            for name, after in learned(self.known, predicted, measured).items():
                self.known.pop(name, None)
                self.known[name] = after
            if len(self.known) > 2 * _STAGES:
                own = [key for key in self.known if OWN in key]
                for key in own[:-_STAGES]:
                    del self.known[key]
            self.changed = True


_lessons: dict[int, Lessons] = {}  # by the identity of a profile, which is kept
_kept: list[HostProfile] = []


def _unlock() -> None:
    """Start with free locks in a forked process: another thread may have held one."""
    for lessons in _lessons.values():
        lessons.lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)


def lessons_of(host: HostProfile) -> Lessons:
    """Return what was learned about a profile; the file is read at the first call."""
    found = _lessons.get(id(host))
    if found is None:
        if not _lessons:
            atexit.register(save)
        found = _lessons[id(host)] = Lessons(host)
        _kept.append(host)
        _lessons[id(found.host)] = found
    return found


def forget() -> None:
    """Forget what was learned in this process and is not saved."""
    _lessons.clear()
    _kept.clear()
    atexit.unregister(save)


# --- runs that teach something -----------------------------------------------------------


class Observed:
    """A plan of the CPU whose runs are timed, but for the first.

    `again` is called when they have taught so much that the plan may belong elsewhere,
    and have taken as long as another plan will: `making`.
    """

    __slots__ = (
        "again",
        "corrected",
        "executable",
        "left",
        "lessons",
        "predicted",
        "rest",
        "runs",
    )

    def __init__(
        self,
        executable: Any,
        lessons: Lessons,
        predicted: dict[str, float],
        again: Callable[[], None] | None,
        making: float = 0.0,
    ) -> None:
        self.executable = executable
        self.lessons = lessons
        self.predicted = predicted
        self.again = again
        self.corrected = self._corrected()
        self.left = making
        self.rest = 0.0  # seconds of runs before the next one that teaches
        self.runs = 0

    def run(self, leaves: Sequence[Any], *rest: Any, **keywords: Any) -> list[Any]:
        """Return the values of the plan's roots; see `Executable`."""
        start = time.perf_counter()
        results: list[Any] = self.executable.run(leaves, *rest, **keywords)
        spent = time.perf_counter() - start
        # How long it took does not bear on whether it teaches: no mean would be right.
        if self.runs and self.rest <= 0.0:
            self.lessons.observe(self.predicted, spent)
            self.rest = WORTHWHILE
        self.rest -= spent
        self.runs += 1
        self.left -= spent
        if self.runs in _LOOKS and self.left <= 0 and self.again is not None:
            moved = self._corrected() / self.corrected
            if not 1 / MARGIN <= moved <= MARGIN:
                self.again()
        return results

    def _corrected(self) -> float:
        known = self.lessons.known
        return sum(
            s * correction_of(known, k).factor for k, s in self.predicted.items()
        )


def observed(
    executable: Any,
    plan: Plan,
    host: HostProfile,
    again: Callable[[], None] | None = None,
    making: float = 0.0,
) -> Any:
    """Return what runs a plan; if its runs are worth a look at a clock, with one."""
    if plan.passes or any(s.device != "cpu" for s in plan.stages):
        return executable
    predicted: dict[str, float] = {}
    for stage in plan.stages:
        bare = _bare(stage)
        if bare > 0.0:
            key = stage.estimate.key
            predicted[key] = predicted.get(key, 0.0) + bare
    if sum(predicted.values()) < WORTHWHILE:
        return executable
    return Observed(executable, lessons_of(host), predicted, again, making)


def study(plan: Plan, seconds: dict[int, float], host: HostProfile) -> None:
    """Learn from an analysed run, whose stages were timed one by one."""
    lessons = lessons_of(host)
    for stage in plan.stages:
        bare, measured = _bare(stage), seconds.get(stage.id, 0.0)
        if bare >= LEAST and measured > 0.0:
            lessons.observe({stage.estimate.key: bare}, measured)


def _bare(stage: Stage) -> float:
    """Return what the profile alone predicts; 0 if it predicts nothing."""
    guess = stage.estimate
    return guess.seconds / guess.factor if guess.key else 0.0


# --- the file ----------------------------------------------------------------------------


def path() -> str:
    """Return where corrections are kept."""
    return os.path.join(os.path.dirname(profiles.user_file()), _FILE)


def _stored() -> dict[str, dict[str, Correction]]:
    """Return the file's corrections by profile; nothing, and a warning, if it is spoilt."""
    where = path()
    if not os.path.isfile(where):
        return {}
    json = importlib.import_module("json")
    try:
        with open(where, encoding="utf-8") as file:
            record = json.load(file)
        if record["format"] != FORMAT:
            return {}
        return {
            str(mark): {str(k): _correction(*v) for k, v in entries.items()}
            for mark, entries in record["profiles"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"what was learned in {where} is not used: {error}"
        warnings.warn(what, RuntimeWarning, stacklevel=2)
        return {}


def _correction(factor: Any, runs: Any) -> Correction:
    found = Correction(float(factor), int(runs))
    if not 0.999 / BOUND <= found.factor <= 1.001 * BOUND or found.runs < 0:
        msg = f"{factor!r} from {runs!r} runs is no correction"
        raise ValueError(msg)
    return found


def save() -> None:
    """Write what was learned, if anything was; a folder that cannot be written is left."""
    changed = {id(each): each for each in _lessons.values() if each.changed}
    if not changed:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was said when the file was first read
        stored = _stored()
    for each in changed.values():
        stored.pop(each.mark, None)
        with each.lock:
            # A pace is of this hour: another process finds its own.
            stored[each.mark] = {k: c for k, c in each.known.items() if "/" in k}
            each.changed = False
    while len(stored) > _MOST:
        stored.pop(next(iter(stored)))
    record = {
        "format": FORMAT,
        "profiles": {
            mark: {k: [float(f"{c.factor:.6g}"), c.runs] for k, c in known.items()}
            for mark, known in stored.items()
        },
    }
    json = importlib.import_module("json")
    with contextlib.suppress(OSError):
        _replace(path(), json.dumps(record, indent=1) + "\n")


def _replace(where: str, content: str) -> None:
    """Write a file that its owner alone can read; readers see the old or the new one."""
    folder, name = os.path.split(where)
    os.makedirs(folder, exist_ok=True)
    new = os.path.join(folder, f".{name}.{os.getpid()}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(new, where)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
