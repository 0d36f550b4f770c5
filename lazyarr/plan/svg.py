"""A plan as a picture: SVG, drawn here, and DOT for those who have Graphviz.

Colours are set to be read on light and on dark ground; text takes the colour of the
page it stands in, and a file of its own follows the reader's system.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lazyarr.ir.text import type_text
from lazyarr.named import NamedTuple
from lazyarr.plan.layout import Layout, Size, arrange
from lazyarr.plan.naming import Names
from lazyarr.plan.quantities import bytes_text, seconds_text
from lazyarr.plan.text import Request, counted, reason_text

if TYPE_CHECKING:
    from lazyarr.plan.model import Plan, Stage, Value

# Middle tones, so that a thin wash of them shows on white and on black.
HUES = {
    "source": "#8a8f98",
    "scalar": "#8a8f98",
    "map": "#3b82c4",
    "reduce": "#d9822b",
    "rowwise": "#9a5fd0",
    "library": "#cc4d5d",
    "copy": "#3f9a5b",
    "view": "#2a9d9d",
}
_GREY = "#8a8f98"
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
_CHARACTER = 7.25  # width of one at 12 px in every usual monospace font
_LINE = 16
_STAGES = 40
_TEXT = 34
_MARGIN = 12
_THEME = (
    "svg{color:#1f2328;background:#ffffff}"
    "@media(prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}"
)


class Box(NamedTuple):
    """Something drawn: its lines of text, its colour, and whether it is a stage."""

    lines: tuple[str, ...]
    hue: str
    stage: bool
    hint: str = ""


class Picture(NamedTuple):
    """Boxes by name and the arrows between them."""

    boxes: dict[str, Box]
    arrows: tuple[tuple[str, str], ...]


def plan_picture(plan: Plan, request: Request) -> Picture:
    """Return the boxes and arrows of a plan; the middle of a long one is one box."""
    names = Names(plan, request.scalars)
    first, last = len(plan.stages), len(plan.stages)
    if len(plan.stages) > _STAGES:
        first, last = _STAGES // 2, len(plan.stages) - _STAGES // 2
    middle = plan.stages[first:last]
    hidden = {output.value for stage in middle for output in stage.outputs}
    boxes: dict[str, Box] = {"middle": _middle_box(middle)} if middle else {}
    arrows: dict[tuple[str, str], None] = {}
    drawn: dict[int, None] = {}

    def end(number: int) -> str:
        """Return what an arrow to or from a value touches; scalars are not drawn."""
        if plan.values[number].role == "scalar":
            return ""
        if number in hidden:
            return "middle"
        drawn[number] = None
        return f"value {number}"

    for place, stage in enumerate(plan.stages):
        name = "middle" if first <= place < last else f"stage {stage.id}"
        if name != "middle":
            boxes[name] = _stage_box(stage, request)
        for number in stage.reads:
            arrows[end(number), name] = None
        for output in stage.outputs:
            arrows[name, end(output.value)] = None
    drawn.update(dict.fromkeys(n for n in plan.outputs if n not in hidden))
    for number in drawn:
        boxes[f"value {number}"] = _value_box(plan.values[number], names)
    joined = [(a, b) for a, b in arrows if a and b and a != b]
    return Picture(boxes, tuple(joined))


def _value_box(value: Value, names: Names) -> Box:
    label = f"{names.of(value.id)} {type_text(value.dtype, value.shape)}"
    note = bytes_text(value.nbytes)
    if value.role in ("input", "output"):
        note = f"{value.role}, {note}"
    return Box((_short(label), note), _GREY, stage=False, hint=label)


def _stage_box(stage: Stage, request: Request) -> Box:
    shown = ", ".join(stage.ops[:3])
    if len(stage.ops) > 3:
        shown += f" +{len(stage.ops) - 3:,}"
    moved = stage.estimate
    lines = [
        f"stage {stage.id}  {stage.kind}"
        + (f" to {stage.device}" if stage.kind == "copy" else ""),
        shown,
        f"{bytes_text(moved.bytes_read)} in, {bytes_text(moved.bytes_written)} out",
    ]
    if request.trace is not None:
        measured = request.trace.stage_s.get(stage.id)
        taken = "not measured" if measured is None else seconds_text(measured)
        lines.append(f"{taken} ({seconds_text(moved.seconds)} predicted)")
    hint = f"{stage.kind} on {stage.device}; {reason_text(stage)}"
    text = tuple(_short(line) for line in lines if line)
    return Box(text, HUES.get(stage.kind, _GREY), stage=True, hint=hint)


def _middle_box(stages: tuple[Stage, ...]) -> Box:
    ops = sum(len(stage.body) for stage in stages)
    lines = (f"… {counted(len(stages), 'stage')} …", f"{counted(ops, 'op')} left out")
    return Box(lines, _GREY, stage=True)


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


# --- SVG --------------------------------------------------------------------


def plan_svg(plan: Plan, request: Request, *, inline: bool = False) -> str:
    """Return the picture of a plan as SVG; inline, it takes the page's colours."""
    picture = plan_picture(plan, request)
    sizes = {name: _size(box) for name, box in picture.boxes.items()}
    layout = arrange(sizes, picture.arrows, Size(26, 38))
    width, height = (side + 2 * _MARGIN for side in layout.size)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'role="img" font-family="{FONT}" font-size="12">',
        f"<title>Plan of {counted(len(plan.stages), 'stage')}</title>",
    ]
    if not inline:
        parts.append(f"<style>{_THEME}</style>")
    parts.append(f'<g transform="translate({_MARGIN} {_MARGIN})">')
    parts += [_arrow(points) for points in layout.lines.values()]
    parts += [_drawn(box, name, sizes, layout) for name, box in picture.boxes.items()]
    parts.append("</g></svg>")
    return "\n".join(parts) + "\n"


def _size(box: Box) -> Size:
    width = max(map(len, box.lines)) * _CHARACTER + (24 if box.stage else 28)
    return Size(width, len(box.lines) * _LINE + 12)


def _drawn(box: Box, name: str, sizes: dict[str, Size], layout: Layout) -> str:
    (x, y), (width, height) = layout.centres[name], sizes[name]
    round_by = 5 if box.stage else height / 2
    strong = "1.5" if box.stage else "1"
    parts = [
        "<g>",
        f"<title>{escape(box.hint)}</title>" if box.hint else "",
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="{round_by:.1f}" fill="{box.hue}" '
        f'fill-opacity="{0.16 if box.stage else 0.07}" stroke="{box.hue}" '
        f'stroke-width="{strong}"/>',
    ]
    baseline = y - height / 2 + 6 + _LINE - 4
    for k, line in enumerate(box.lines):
        look = ' font-weight="bold"' if box.stage and k == 0 else ""
        if k == len(box.lines) - 1 and k:
            look = ' opacity="0.75"'
        parts.append(
            f'<text x="{x:.1f}" y="{baseline + k * _LINE:.1f}" text-anchor="middle" '
            f'xml:space="preserve" fill="currentColor"{look}>{escape(line)}</text>'
        )
    return "".join([*parts, "</g>"])


def _arrow(points: list[tuple[float, float]]) -> str:
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    end_x, end_y = rest[-1]
    for to_x, to_y in rest:
        if to_x == x:
            path += f"V{to_y:.1f}"
        else:
            half = (y + to_y) / 2
            path += f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    head = f"M{end_x - 4:.1f} {end_y - 7:.1f}h8L{end_x:.1f} {end_y:.1f}z"
    return (
        f'<path d="{path}" fill="none" stroke="{_GREY}" stroke-width="1.3"/>'
        f'<path d="{head}" fill="{_GREY}"/>'
    )


# --- DOT --------------------------------------------------------------------


def plan_dot(plan: Plan, request: Request) -> str:
    """Return the picture of a plan in Graphviz's language."""
    picture = plan_picture(plan, request)
    lines = [
        "digraph plan {",
        f"  node [fontname=monospace fontsize=11 shape=box style=rounded color={_quoted(_GREY)}]",
        f"  edge [color={_quoted(_GREY)}]",
    ]
    for name, box in picture.boxes.items():
        label = _quoted("\n".join(box.lines))
        look = "" if box.stage else " style=dashed"
        lines.append(
            f"  {_quoted(name)} [label={label} color={_quoted(box.hue)}{look}]"
        )
    for source, target in picture.arrows:
        lines.append(f"  {_quoted(source)} -> {_quoted(target)}")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'
