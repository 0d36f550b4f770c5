"""What ran when: the stages and copies of a run as bars over time, drawn as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lazyarr.plan.quantities import seconds_text
from lazyarr.plan.svg import FONT, HUES

if TYPE_CHECKING:
    from lazyarr.plan.model import Plan
    from lazyarr.plan.trace import Trace

_LANE = 22
_LEFT = 110
_WIDTH = 640
_RIGHT = 90
_MOST = 60


def timeline_svg(plan: Plan, trace: Trace) -> str:
    """Return a bar for each stage and copy, from where it starts to where it ends.

    What is left white between them is idle: the host is on its way to the next one.
    """
    spans = trace.spans[:_MOST]
    end = max(start + seconds for _, start, seconds in trace.spans) or 1.0
    height = _LANE * (len(spans) + 1) + 8
    width = _LEFT + _WIDTH + _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="{FONT}" '
        'font-size="12" fill="currentColor"><title>Timeline</title>'
    ]
    kinds = {f"stage {stage.id}": stage.kind for stage in plan.stages}
    for k, (label, start, seconds) in enumerate(spans):
        y = 6 + k * _LANE
        x = _LEFT + _WIDTH * max(0.0, start) / end
        bar = max(1.0, _WIDTH * seconds / end)
        hue = HUES[kinds.get(label, "copy")]
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{x:.1f}" y="{y}" width="{bar:.1f}" height="15" rx="3" '
            f'fill="{hue}"/><text x="{min(x + bar, _LEFT + _WIDTH) + 6:.1f}" '
            f'y="{y + 12}" opacity="0.75">{escape(seconds_text(seconds))}</text>'
        )
    more = len(trace.spans) - len(spans)
    said = f"{seconds_text(end)} in all"
    if more:
        said = f"{more:,} more left out; {said}"
    parts.append(
        f'<text x="{_LEFT}" y="{6 + len(spans) * _LANE + 12}" opacity="0.75">'
        f"{escape(said)}</text></svg>"
    )
    return "".join(parts)
