"""A plan as HTML: a part of a notebook, or a page of its own. It loads nothing else.

Everything is drawn in the colour of the surrounding text and in washes of grey, so
one style sheet serves light and dark pages.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lazyarr.ir.node import where_text
from lazyarr.ir.text import type_text
from lazyarr.named import NamedTuple
from lazyarr.plan.naming import Line, Names
from lazyarr.plan.quantities import bytes_text
from lazyarr.plan.svg import FONT, HUES, plan_svg
from lazyarr.plan.text import (
    Request,
    copies_text,
    counted,
    decisions_text,
    header_facts,
    reason_text,
    rules_text,
    stage_title,
    timing_text,
)
from lazyarr.plan.timeline import timeline_svg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazyarr.plan.model import Plan, Stage

_STYLE = rf"""
.lazyarr-plan{{font:13px/1.5 system-ui,sans-serif;max-width:1100px;text-align:left}}
.lazyarr-plan *{{box-sizing:border-box}}
.lazyarr-plan dl{{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:6px 0 12px}}
.lazyarr-plan dt{{opacity:.7}}
.lazyarr-plan dd{{margin:0;overflow-wrap:anywhere}}
.lazyarr-plan details{{border:1px solid rgba(128,128,128,.35);border-left:4px solid rgba(128,128,128,.6);border-radius:5px;margin:6px 0}}
.lazyarr-plan summary{{cursor:pointer;padding:5px 10px;display:flex;flex-wrap:wrap;gap:2px 10px}}
.lazyarr-plan summary::-webkit-details-marker{{display:none}}
.lazyarr-plan summary::before{{content:"\25b8"}}
.lazyarr-plan details[open]>summary::before{{content:"\25be"}}
.lazyarr-plan summary b{{min-width:9em}}
.lazyarr-plan summary .end{{margin-left:auto;opacity:.75}}
.lazyarr-plan .ends{{padding:0 10px 7px;opacity:.75}}
.lazyarr-plan .scroll{{overflow-x:auto;padding:4px 10px 8px}}
.lazyarr-plan table{{border-collapse:collapse;margin:0;font:12px/1.5 {FONT}}}
.lazyarr-plan td{{padding:0 18px 0 0;text-align:left;white-space:pre;border:0;background:none}}
.lazyarr-plan td+td{{opacity:.7}}
.lazyarr-plan pre{{font:12px/1.45 {FONT};margin:0;background:none;color:inherit}}
.lazyarr-plan .bar{{display:flex;align-items:center;gap:8px;padding:0 10px;font-size:12px}}
.lazyarr-plan .bar i{{display:block;height:7px;border-radius:3px;min-width:2px}}
.lazyarr-plan .bar span{{width:5.5em;opacity:.7}}
.lazyarr-plan svg{{display:block;max-width:none}}
"""
_PAGE = (
    ":root{color-scheme:light dark}"
    "body{margin:24px auto;padding:0 16px;max-width:1132px;"
    "color:#1f2328;background:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}}"
)


_LISTED = 12


class _Limits(NamedTuple):
    """The most stages and lines per stage that are written out."""

    stages: int
    lines: int
    open: int


_IN_NOTEBOOK = _Limits(stages=40, lines=40, open=6)
_ON_PAGE = _Limits(stages=1000, lines=1000, open=12)


def plan_html(plan: Plan, request: Request) -> str:
    """Return a plan as a part of a page, for a notebook's output."""
    return _document(plan, request, _IN_NOTEBOOK)


def plan_page(plan: Plan, request: Request) -> str:
    """Return a plan as a page of its own."""
    inside = _document(plan, request, _ON_PAGE)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Plan of {counted(len(plan.stages), 'stage')}</title>"
        f"<style>{_PAGE}</style></head>\n<body>\n{inside}</body></html>\n"
    )


def _document(plan: Plan, request: Request, limits: _Limits) -> str:
    names = Names(plan, request.scalars)
    parts = [f'<div class="lazyarr-plan">\n<style>{_STYLE}</style>', "<dl>"]
    for label, text in _facts(plan, names, request):
        parts.append(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>")
    parts.append("</dl>")
    if plan.stages:
        picture = plan_svg(plan, request, inline=True)
        parts.append(
            "<details open><summary><b>picture</b></summary>"
            f'<div class="scroll">{picture}</div></details>'
        )
    if request.trace is not None and request.trace.spans:
        parts.append(
            "<details open><summary><b>timeline</b></summary>"
            f'<div class="scroll">{timeline_svg(plan, request.trace)}</div></details>'
        )
    parts += _stages(names, request, limits)
    for stage, source in sorted(request.kernels.items()):
        parts.append(
            f"<details><summary><b>kernel of stage {stage}</b></summary>"
            f'<div class="scroll"><pre>{escape(source)}</pre></div></details>'
        )
    return "\n".join([*parts, "</div>\n"])


def _facts(plan: Plan, names: Names, request: Request) -> Iterator[tuple[str, str]]:
    yield from header_facts(plan, request)
    inputs = []
    for value in plan.values:
        if value.role == "input":
            made = type_text(value.dtype, value.shape)
            at = where_text(value.where)
            text = f"{names.of(value.id)}: {made}, {bytes_text(value.nbytes)}"
            inputs.append(f"{text}, {at}" if at else text)
    yield from _listed("input", inputs)
    copies = [f"{what}, {note}: {why}" for what, note, why in copies_text(plan, names)]
    yield from _listed("copy", copies)
    yield from _listed("output", [names.of(value) for value in plan.outputs])
    yield "rules", rules_text(plan)
    yield from _listed("chose", decisions_text(plan, names))


def _listed(label: str, texts: list[str]) -> Iterator[tuple[str, str]]:
    for text in texts[:_LISTED]:
        yield label, text
    if len(texts) > _LISTED:
        yield label, f"… {len(texts) - _LISTED:,} more …"


def _stages(names: Names, request: Request, limits: _Limits) -> Iterator[str]:
    stages = names.plan.stages
    first, last = len(stages), len(stages)
    if len(stages) > limits.stages:
        first, last = limits.stages // 2, len(stages) - limits.stages // 2
    slowest = max((_longest(stage, request) for stage in stages), default=0.0)
    unfold = len(stages) <= limits.open
    for place, stage in enumerate(stages):
        if place == first:
            left_out = counted(last - first, "stage")
            yield f"<p>… {left_out} left out: .save('plan.txt') has all of them …</p>"
        if not first <= place < last:
            yield _stage(place, stage, names, request, limits, slowest, unfold)


def _longest(stage: Stage, request: Request) -> float:
    measured = None if request.trace is None else request.trace.stage_s.get(stage.id)
    return max(stage.estimate.seconds, measured or 0.0)


def _stage(
    place: int,
    stage: Stage,
    names: Names,
    request: Request,
    limits: _Limits,
    slowest: float,
    unfold: bool,
) -> str:
    moved = stage.estimate
    hue = HUES.get(stage.kind, "rgba(128,128,128,.6)")
    read, written = bytes_text(moved.bytes_read), bytes_text(moved.bytes_written)
    title = stage_title(stage, names.plan)
    parts = [
        f'<details style="border-left-color:{hue}"{" open" if unfold else ""}>',
        f"<summary><b>{escape(title)}</b><span>{counted(len(stage.body), 'op')}</span>"
        f'<span class="end">read {read}, write {written}</span></summary>',
    ]
    if request.trace is not None:
        measured = request.trace.stage_s.get(stage.id)
        parts.append(f'<div class="ends">{timing_text(stage, measured)}</div>')
        parts.append(_bar("predicted", moved.seconds, slowest, "rgba(128,128,128,.6)"))
        parts.append(_bar("measured", measured or 0.0, slowest, hue))
    parts.append('<div class="scroll"><table>')
    length = names.length(place)
    head = length if length <= limits.lines else limits.lines // 2
    parts += map(_line, names.lines(place, 0, head, short=True))
    if head < length:
        tail = limits.lines // 2
        parts.append(f"<tr><td>… {length - head - tail:,} more …</td></tr>")
        parts += map(_line, names.lines(place, length - tail, length, short=True))
    parts.append("</table></div>")
    if stage.reason:
        parts.append(f'<div class="ends">{escape(reason_text(stage))}</div>')
    return "\n".join([*parts, "</details>"])


def _line(line: Line) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>"


def _bar(label: str, seconds: float, slowest: float, hue: str) -> str:
    share = 100 * seconds / slowest if slowest > 0 else 0.0
    return (
        f'<div class="bar"><span>{label}</span>'
        f'<i style="width:{0.8 * share:.1f}%;background:{hue}"></i></div>'
    )
