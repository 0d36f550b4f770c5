"""Whether a plan fits its device's memory: whole, in windows, or not at all.

It is decided before anything is allocated, and the plan says what was decided and why.
What most plans do without is loaded when it is needed: GPUs' needs, windows, what is on
the host beside them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from lazyarr.errors import MemoryLimitError
from lazyarr.ir.node import where_text
from lazyarr.named import NamedTuple
from lazyarr.plan.model import Decision, Memory, Plan
from lazyarr.plan.quantities import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.plan.model import Pass, Stage
    from lazyarr.plan.passes import Sizes


class Room(NamedTuple):
    """Bytes that a plan may need on its device; None: as many as it likes."""

    bytes: int | None = None
    limit: str = ""


class Fitted(NamedTuple):
    """A plan that says how it uses memory; `refused` says why it cannot run, if so."""

    plan: Plan
    refused: str = ""


def needed(plan: Plan, resident: frozenset[int] = frozenset()) -> int:
    """Return the bytes that a plan needs on its device when it runs whole."""
    if plan.device == "cpu":
        return plan.peak_bytes
    found: int = importlib.import_module("lazyarr.plan.needs").needed(plan, resident)
    return found


def fit(
    plan: Plan,
    room_of: Callable[[int], Room],
    resident: frozenset[int] = frozenset(),
) -> Fitted:
    """Return the plan as it is to run in the memory there is.

    Parameters
    ----------
    plan : Plan
    room_of : callable
        Gives the room for a plan that needs so many bytes.
    resident : set of int
        Inputs that lie on the plan's device already.
    """
    need = needed(plan, resident)
    room = room_of(need)
    memory = Memory(need, room.bytes, room.limit)
    if room.bytes is None or need <= room.bytes:
        return Fitted(plan._replace(memory=memory))
    why = f"{_needs(plan, need)}, and {room.limit}"
    if plan.is_mixed:
        why += "; plans of two devices do not run in windows"
        return _refused(plan, memory, why)
    windows = importlib.import_module("lazyarr.plan.passes")
    passes, most = windows.sized(plan, room.bytes, resident)
    cut = [one for one in passes if one.windows > 1]
    if not cut or most.peak > room.bytes:
        return _refused(plan, memory, _refusal(plan, cut, most, why))
    said = tuple(
        Decision(
            "memory",
            f"{_stages(one.stages)} in {one.windows:,} windows of {one.rows:,} "
            f"{'row' if one.rows == 1 else 'rows'}",
            why,
        )
        for one in cut
    )
    memory = memory._replace(need=most.peak)
    return Fitted(
        plan._replace(
            memory=memory,
            passes=passes,
            peak_bytes=most.peak,
            decisions=(*plan.decisions, *said),
        )
    )


def at_home(fitted: Fitted, room_of: Callable[[int], Room]) -> Fitted:
    """Return a plan of windows on a GPU, or a mixed one; refused if the host is too small.

    It has to hold the results, and all that the stages of a mixed plan need there.
    """
    plan = fitted.plan
    need = sum(plan.values[number].nbytes for number in plan.outputs)
    what = "results take"
    if plan.is_mixed:
        beside = importlib.import_module("lazyarr.plan.beside")
        need = max(need, beside.scratch_of(plan))
        what = "results and the stages on the host take"
    room = room_of(need)
    if room.bytes is None or need <= room.bytes:
        return fitted
    why = f"its {what} {bytes_text(need)} on the host, and {room.limit}"
    return _refused(plan._replace(passes=()), plan.memory, why)


def _refused(plan: Plan, memory: Memory, why: str) -> Fitted:
    decisions = (*plan.decisions, Decision("memory", "refused", why))
    return Fitted(plan._replace(memory=memory, decisions=decisions), why)


def _stages(numbers: tuple[int, ...]) -> str:
    if len(numbers) == 1:
        return f"stage {numbers[0]} runs"
    return f"stages {numbers[0]} to {numbers[-1]} run"


def _name(stage: Stage) -> str:
    return f"stage {stage.id} ({stage.body[-1].op.name if stage.body else 'compute'})"


def _largest(plan: Plan) -> Stage:
    return max(
        plan.stages, key=lambda s: sum(plan.values[o.value].nbytes for o in s.outputs)
    )


def _needs(plan: Plan, need: int) -> str:
    most = f", most of it for {_name(_largest(plan))}" if plan.stages else ""
    return f"the plan needs {bytes_text(need)} at its peak{most}"


def _refusal(plan: Plan, cut: list[Pass], most: Sizes, why: str) -> str:
    peak, number = most
    stage = plan.stages[number]
    if not any(stage.id in one.stages for one in cut):
        return f"{why}; {_name(stage)} cannot run in windows"
    return f"{why}; in windows {_name(stage)} still needs {bytes_text(peak)}"


def refuse(fitted: Fitted) -> None:
    """Raise for a plan that does not fit.

    Raises
    ------
    MemoryLimitError
        It names the stage that holds most, the need, the limit and a remedy.
    """
    if not fitted.refused:
        return
    stage = _largest(fitted.plan)
    where = where_text(stage.body[-1].where) if stage.body else ""
    if fitted.plan.memory.limit.startswith("memory_limit"):
        hint = "raise la.config(memory_limit=...), or compute and reduce in parts."
    else:
        hint = "free arrays, compute and reduce in parts, or use another device."
    raise MemoryLimitError.at("compute", fitted.refused, where, hint)
