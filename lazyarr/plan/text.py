"""A plan as one screen of text, or in full. The grammar is in ``docs/explain.md``.

The text is made of rows with a left part and a note to its right. A short text
leaves out the middle of what is long and says how much; only the rows that are shown
are ever written, so the text of a plan of 100,000 ops costs what a small one's does.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from lazyarr.ir.node import where_text
from lazyarr.ir.text import type_text
from lazyarr.named import NamedTuple
from lazyarr.plan.naming import Names
from lazyarr.plan.quantities import bytes_text, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lazyarr.plan.model import DeviceProfile, Plan, Stage
    from lazyarr.plan.profile import HostProfile
    from lazyarr.plan.trace import Trace

WIDTH = 100
_LABEL = 9
_NOTES_FROM = 66  # the widest that the left parts may push the notes
_STAGE_ROWS = 40
_BODY_ROWS = 9
_LIST_ROWS = 6
_COPY_ROWS = 4


class Row(NamedTuple):
    """One line: its left part, and a note that is put in a column of its own."""

    left: str
    note: str = ""


class Request(NamedTuple):
    """What a text is made of besides the plan."""

    trace: Trace | None = None
    scalars: Mapping[int, Any] = {}
    kernels: Mapping[int, str] = {}
    profile: DeviceProfile | HostProfile | None = None


def plan_text(plan: Plan, request: Request, *, full: bool = False) -> str:
    """Return the text of a plan; in full, nothing is left out."""
    names = Names(plan, request.scalars)
    rows = [
        *_header(plan, request, full),
        *_inputs(plan, names, full),
        *_copies(plan, names, full),
        *_stages(plan, names, request, full),
        *_footer(plan, names, full),
    ]
    lines = _aligned(rows, full)
    for stage, source in sorted(request.kernels.items()):
        lines += ["", f"kernel of stage {stage}", source.rstrip("\n")]
    return "\n".join(lines)


# --- quantities -------------------------------------------------------------


def counted(count: int, noun: str) -> str:
    """Return ``1 stage`` or ``2 stages``."""
    plural = "es" if noun.endswith("ch") else "s"
    return f"{count:,} {noun}" + ("" if count == 1 else plural)


def predicted_text(stage: Stage) -> str:
    """Return the predicted time, and what runs did to it."""
    guess = stage.estimate
    runs = f" ({correction_text(guess.factor, guess.runs)})" if guess.runs else ""
    return f"{seconds_text(guess.seconds)}{runs}"


def correction_text(factor: float, runs: int) -> str:
    """Return a correction in words.

    Examples
    --------
    >>> correction_text(1.1234, 37)
    'corrected by x1.12 from 37 runs'
    """
    return f"corrected by x{factor:.2f} from {runs:,} run{'' if runs == 1 else 's'}"


def timing_text(stage: Stage, measured: float | None) -> str:
    """Return predicted beside measured time and the rate that was reached."""
    predicted = predicted_text(stage)
    if measured is None:
        return f"predicted {predicted}, not measured"
    moved = stage.estimate.bytes_read + stage.estimate.bytes_written
    rate = f", {moved / measured / 1e9:.3g} GB/s" if moved and measured > 0 else ""
    share = limit_share(stage, measured)
    limit = "" if share is None else f", {share:.0%} of the predicted rate"
    return f"predicted {predicted}, measured {seconds_text(measured)}{rate}{limit}"


def limit_share(stage: Stage, measured: float | None) -> float | None:
    """Return how near a stage came to what its device can do, as the planner sees it."""
    limit = stage.estimate.seconds
    if not measured or not 0 < limit < float("inf"):
        return None
    return limit / measured


# --- parts of the text ------------------------------------------------------


def _labelled(label: str, text: str, full: bool) -> list[Row]:
    """Return a text as rows, the first with a label, folded to the width."""
    folded = _folded(text, full) or [""]
    heads = [label, *[""] * (len(folded) - 1)]
    return [Row(f"{h:<7}{line}") for h, line in zip(heads, folded, strict=True)]


def _folded(text: str, full: bool) -> list[str]:
    """Return the lines of a text; a number is not parted from what it counts."""
    width = 10**9 if full else WIDTH - _LABEL
    joined = re.sub(r"(?<=\d) (?=\w)", "\N{NO-BREAK SPACE}", text)
    lines = textwrap.wrap(joined, width, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def header_facts(plan: Plan, request: Request) -> Iterator[tuple[str, str]]:
    """Yield what is true of the whole plan: a label and a text for each."""
    what = counted(len(plan.stages), "stage")
    if plan.launches:
        what += f", {counted(plan.launches, 'launch')}"
    yield "plan", f"{what} on {' and '.join(plan.devices)}"
    peak = bytes_text(plan.peak_bytes)
    if request.profile is not None:
        peak += f" of {bytes_text(request.profile.memory)}"
    if plan.buffers:
        peak += f", {counted(len(plan.buffers), 'buffer')}"
    yield "peak", peak
    yield "why", plan.reason or "not said"
    # The usual reason names the crossover; saying it twice costs a line.
    if plan.crossover is not None and f"{plan.crossover:,}" not in plan.reason:
        yield "crossover", f"{plan.crossover:,} elements"
    if request.profile is not None:
        yield "profile", request.profile.name
    if request.trace is not None:
        yield "time", _time_text(plan, request.trace)


def _header(plan: Plan, request: Request, full: bool) -> Iterator[Row]:
    facts = dict(header_facts(plan, request))
    yield Row(f"plan   {facts.pop('plan')}", f"peak {facts.pop('peak')}")
    yield from _labelled("why", facts.pop("why"), full)
    for label in ("crossover", "profile"):
        if label in facts:
            yield Row(f"       {label} {facts.pop(label)}")
    if "time" in facts:
        yield from _labelled("time", facts["time"], full)


def _time_text(plan: Plan, trace: Trace) -> str:
    parts = [
        f"wall {seconds_text(trace.wall_s)} = "
        f"stages {seconds_text(trace.stages_s)} "
        f"(predicted {seconds_text(plan.predicted_s)})"
    ]
    known = 0.0
    for name, seconds in trace.phases.items():
        if seconds:
            parts.append(f"{name} {seconds_text(seconds)}")
        known += seconds
    rest = trace.outside_s - known
    if rest > 0:
        parts.append(f"rest {seconds_text(rest)}")
    return " + ".join(parts)


def _shortened(rows: Sequence[Row], keep: int, what: str, full: bool) -> list[Row]:
    if full or len(rows) <= keep:
        return list(rows)
    head = keep - 2
    left_out = counted(len(rows) - head - 1, what)
    return [*rows[:head], Row(f"       … {left_out} …"), rows[-1]]


def _inputs(plan: Plan, names: Names, full: bool) -> list[Row]:
    rows: list[Row] = []
    for value in plan.values:
        if value.role == "input":
            note = bytes_text(value.nbytes)
        elif value.role == "scalar" and names.of(value.id).startswith("s"):
            note = "scalar"
        else:
            continue
        head = "in" if not rows else ""
        text = f"{head:<7}{names.of(value.id)}: {type_text(value.dtype, value.shape)}"
        rows.append(Row(text, _joined(note, where_text(value.where))))
    return _shortened(rows, _LIST_ROWS, "input", full)


def copies_text(plan: Plan, names: Names) -> list[tuple[str, str, str]]:
    """Return what is copied of inputs and results: what and where to, size and time, why."""
    return [
        (
            f"{', '.join(map(names.of, copy.values))} from {copy.source} to {copy.target}",
            f"{bytes_text(copy.nbytes)}, predicted {seconds_text(copy.seconds)}",
            copy.reason,
        )
        for copy in plan.copies
    ]


def _copies(plan: Plan, names: Names, full: bool) -> list[Row]:
    rows = [
        (Row(f"{'' if k else 'copy':<7}{what}", note), Row(f"         why: {why}"))
        for k, (what, note, why) in enumerate(copies_text(plan, names))
    ]
    most = len(rows) if full else _COPY_ROWS
    shown = [row for pair in rows[:most] for row in pair]
    if len(rows) > most:
        shown.append(Row(f"       … {len(rows) - most:,} more …"))
    return shown


def _footer(plan: Plan, names: Names, full: bool) -> Iterator[Row]:
    outputs = [names.of(value) for value in plan.outputs]
    if not full and len(outputs) > 2 * _LIST_ROWS:
        left_out = len(outputs) - 2 * _LIST_ROWS + 1
        outputs[2 * _LIST_ROWS - 2 : -1] = [f"… {left_out} more …"]
    yield from _labelled("out", ", ".join(outputs), full)
    yield from _labelled("rules", rules_text(plan), full)
    chosen = decisions_text(plan, names)
    heads = ["chose", *[""] * len(chosen)]
    rows = [Row(f"{head:<7}{text}") for head, text in zip(heads, chosen, strict=False)]
    yield from _shortened(rows, _LIST_ROWS, "decision", full)


def rules_text(plan: Plan) -> str:
    """Return the rules that fired, by name, and how often each did."""
    fired = [f"{name} {times}" for name, times in sorted(plan.rules.items()) if times]
    return ", ".join(fired) or "none"


def decisions_text(plan: Plan, names: Names) -> list[str]:
    """Return a line for each decision that does not stand at its stage already.

    A subject ``input 7`` counts the graph's nodes; the text calls it by its name.
    """
    said = {(f"stage {stage.id}", stage.reason) for stage in plan.stages}
    named = {
        f"input {value.source}": f"input {names.of(value.id)}"
        for value in plan.values
        if value.role == "input"
    }
    return [
        f"{named.get(subject, subject)}: {choice}" + (f" ({reason})" if reason else "")
        for subject, choice, reason in plan.decisions
        if (subject, reason) not in said
    ]


def _stages(plan: Plan, names: Names, request: Request, full: bool) -> Iterator[Row]:
    """Return the rows of all stages, or of the first and last that fit."""
    if full:
        for place in range(len(plan.stages)):
            yield from _stage(place, names, request, None, short=False)
        return
    limit = None if _fits(plan, names, request) else _BODY_ROWS
    budget = 10**9 if limit is None else _STAGE_ROWS
    head: list[Row] = []
    first, last = 0, len(plan.stages)
    while first < last and len(head) < budget // 2:
        head += _stage(first, names, request, limit, short=True)
        first += 1
    tail: list[list[Row]] = []
    used = len(head)
    while first < last:
        rows = _stage(last - 1, names, request, limit, short=True)
        if used + len(rows) > budget and tail:
            break
        tail.append(rows)
        used += len(rows)
        last -= 1
    yield from head
    if first < last:
        ops = sum(len(stage.body) for stage in plan.stages[first:last])
        count = counted(last - first, "stage")
        yield Row(f"… {count} with {counted(ops, 'op')} left out: .save('plan.txt') …")
    for rows in reversed(tail):
        yield from rows


def _fits(plan: Plan, names: Names, request: Request) -> bool:
    if len(plan.stages) > _STAGE_ROWS:
        return False
    extra = 1 + (request.trace is not None)
    each = (
        names.length(place) + extra + bool(stage.reason)
        for place, stage in enumerate(plan.stages)
    )
    return sum(each) <= _STAGE_ROWS


def _stage(
    place: int, names: Names, request: Request, limit: int | None, *, short: bool
) -> list[Row]:
    plan, stage = names.plan, names.plan.stages[place]
    moved = stage.estimate
    note = (
        f"read {bytes_text(moved.bytes_read)}, write {bytes_text(moved.bytes_written)}"
    )
    rows = [Row(stage_title(stage, plan), note)]
    if request.trace is not None:
        measured = request.trace.stage_s.get(stage.id)
        times = _folded(timing_text(stage, measured), not short)
        rows += [Row(f"         {line}") for line in times]
    elif moved.runs:
        rows.append(Row(f"         predicted {predicted_text(stage)}"))
    rows += _body(place, names, limit, short=short)
    if stage.reason:
        rows.append(Row(f"         {reason_text(stage)}"))
    return rows


def reason_text(stage: Stage) -> str:
    """Return why a stage ends where it does, or why a copy is made."""
    return f"{'why' if stage.kind == 'copy' else 'ends'}: {stage.reason}"


def stage_title(stage: Stage, plan: Plan) -> str:
    """Return number, kind and loop of a stage, and its device if it is not the plan's."""
    dims = ",".join(map(str, stage.loop))
    title = f"stage {stage.id:<2} {stage.kind} [{dims}]"
    if stage.kind == "copy":
        return f"{title} to {stage.device}"
    if stage.device != plan.device:
        title += f" on {stage.device}"
    return title


def _body(place: int, names: Names, limit: int | None, *, short: bool) -> list[Row]:
    length = names.length(place)
    if limit is None or length <= limit:
        return _rows(names.lines(place, 0, length, short=short))
    head, tail = limit // 2 + 1, limit - limit // 2 - 2
    return [
        *_rows(names.lines(place, 0, head, short=True)),
        Row(f"         … {length - head - tail:,} more …"),
        *_rows(names.lines(place, length - tail, length, short=True)),
    ]


def _rows(lines: Iterable[Any]) -> list[Row]:
    return [Row(f"         {text}", _joined(at, goes)) for text, goes, at in lines]


def _joined(*parts: str) -> str:
    return "  ".join(part for part in parts if part)


def _aligned(rows: Sequence[Row], full: bool) -> list[str]:
    """Return the rows with their notes in one column; a short text is clipped."""
    noted = [len(row.left) for row in rows if row.note and len(row.left) <= _NOTES_FROM]
    column = max(noted, default=0) + 2
    lines = []
    for left, note in rows:
        if not full:
            left = _clipped(left, WIDTH - len(note) - 2 if note else WIDTH)
        gap = max(column - len(left), 2)
        lines.append(f"{left}{' ' * gap}{note}" if note else left)
    return lines


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
