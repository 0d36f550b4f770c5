"""The demo's two pictures, drawn with matplotlib, which is loaded when it is used."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lazyarr.cli.contenders import AnyArray
    from lazyarr.cli.hillshade import Terrain

# Names, colours and markers of the lines, in the order of the contenders.
STYLES = (("#6b7280", "o"), ("#1d4ed8", "s"), ("#b45309", "^"), ("#15803d", "D"))
INK, GRID = "#1f2937", "#e5e7eb"
FONT = {"size": 10, "color": INK}

# No picture is drawn of more cells a side: nobody sees them.
MOST_DRAWN = 2000


class MissingMatplotlibError(Exception):
    """The pictures need matplotlib; the message is one line."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Times against size, of each contender.

    Attributes
    ----------
    title, unit : str
        Of the panel and of its sizes, such as ``cells``.
    sizes : sequence of int
    seconds : mapping
        Name of a contender to its times; NumPy's come first, lazyarr's second.
    """

    title: str
    unit: str
    sizes: Sequence[int]
    seconds: Mapping[str, Sequence[float]]


def new_figure(width: float, height: float) -> Any:
    """Return an empty figure that needs no window.

    Raises
    ------
    MissingMatplotlibError
        matplotlib is not installed.
    """
    try:
        module = importlib.import_module("matplotlib.figure")
    except ImportError:
        what = "it needs matplotlib: pip install 'lazyarr[plot]'"
        raise MissingMatplotlibError(what) from None
    return module.Figure(figsize=(width, height), layout="constrained")


def crossover(
    sizes: Sequence[int], slow: Sequence[float], fast: Sequence[float]
) -> Any:
    """Return the size from which the second is at least as fast as the first.

    The point between two sizes is where the lines of a log-log chart meet. None: the
    second is slower at the largest size; the smallest size: it never is slower.
    """
    gaps = [math.log(a / b) for a, b in zip(slow, fast, strict=True)]
    behind = [i for i, gap in enumerate(gaps) if gap < 0]
    if not behind:
        return sizes[0]
    i = behind[-1]
    if i == len(sizes) - 1:
        return None
    share = -gaps[i] / (gaps[i + 1] - gaps[i])
    return sizes[i] * (sizes[i + 1] / sizes[i]) ** share


def draw_times(panels: Sequence[Panel], caption: str, path: Path) -> None:
    """Write a chart of time against size, a panel for each program."""
    figure = new_figure(6.2 * len(panels), 5.2)
    for axes, panel in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        _draw_panel(axes, panel)
    figure.supxlabel(caption, fontsize=9, color=INK)
    figure.savefig(path, dpi=150, facecolor="white")


def _draw_panel(axes: Any, panel: Panel) -> None:
    for (name, seconds), (colour, marker) in zip(
        panel.seconds.items(), STYLES, strict=False
    ):
        axes.loglog(
            panel.sizes, seconds, color=colour, marker=marker, ms=5, lw=2, label=name
        )
    axes.set_title(panel.title, loc="left", pad=10, fontsize=11, color=INK)
    axes.set_xlabel(panel.unit, **FONT)
    axes.set_ylabel("median time, from the call to the result in memory", **FONT)
    axes.yaxis.set_major_formatter(_seconds)
    axes.grid(visible=True, which="major", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(which="both", colors=INK)
    axes.margins(x=0.06)
    _mark(axes, panel)
    axes.legend(loc="upper left", frameon=False, labelcolor=INK)


def _mark(axes: Any, panel: Panel) -> None:
    """Mark where lazyarr gets ahead, and how far it is ahead at the end."""
    slow, fast = list(panel.seconds.values())[:2]
    blue = STYLES[1][0]
    low, high = panel.sizes[0], panel.sizes[-1]
    span = high / low
    axes.set_xlim(low * span**-0.06, high * span**0.22)  # room for a label at the end
    axes.annotate(
        f"{slow[-1] / fast[-1]:.1f} times\nas fast",
        (high, fast[-1]),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
        color=blue,
    )
    size = crossover(panel.sizes, slow, fast)
    if size is None or size == low:
        what = "NumPy is faster" if size is None else "lazyarr is as fast or faster"
        text, at, side = f"{what}\nat every size shown", 0.98, "right"
        place = axes.transAxes
    else:
        rounded = round(size, 1 - int(math.log10(size)))
        text = f"lazyarr is faster\nfrom about {rounded:,.0f} {panel.unit}"
        axes.axvline(size, color=blue, lw=1.2, ls=(0, (4, 3)), zorder=1)
        # Beside the line, on the side that the curves leave free.
        after = size < low * span**0.62
        at, side = (
            size * span ** (0.015 if after else -0.015),
            "left" if after else "right",
        )
        place = axes.get_xaxis_transform()
    axes.text(at, 0.03, text, transform=place, ha=side, va="bottom", color=blue)


def _seconds(value: float, _: object) -> str:
    """Return a tick's label: ``1 ms``, ``10 µs``."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale * 0.999:
            return f"{value / scale:,.0f} {unit}"
    return f"{value * 1e9:,.0f} ns"


def draw_hillshade(terrain: Terrain, shade: AnyArray, path: Path) -> None:
    """Write the shading, and beside it the heights in colour under the same light."""
    inner = terrain.heights[1:-1, 1:-1]
    step = max(1, *(-(-n // MOST_DRAWN) for n in inner.shape))
    shade, inner = shade[::step, ::step], inner[::step, ::step]
    rows, columns = (n - 2 for n in terrain.heights.shape)
    width, depth, unit = float(columns), float(rows), "cells"
    if terrain.in_metres:
        width, depth, unit = (
            columns * terrain.width / 1000,
            rows * terrain.depth / 1000,
            "km",
        )
    tall = min(max(5.7 * depth / width, 2.0), 9.0)
    figure = new_figure(13.4, tall + 0.9)
    left, right = figure.subplots(1, 2, sharey=True)
    extent = (0.0, width, 0.0, depth)
    left.imshow(shade, cmap="gray", vmin=0, vmax=1, extent=extent)
    tint = _tint(inner)
    drawn = right.imshow(inner, cmap=tint[0], vmin=tint[1], vmax=tint[2], extent=extent)
    colours = drawn.to_rgba(inner)
    colours[..., :3] *= (0.35 + 0.65 * np.nan_to_num(shade))[..., np.newaxis]
    right.imshow(colours, extent=extent)
    title = f"{terrain.name}: hillshade, light from the north-west"
    left.set_title(title, loc="left", color=INK)
    right.set_title("The same light on the heights", loc="left", color=INK)
    for axes in (left, right):
        axes.set_xlabel(f"west to east, {unit}", **FONT)
        axes.set_aspect("equal" if terrain.in_metres else "auto")
        axes.tick_params(colors=INK)
    left.set_ylabel(f"south to north, {unit}", **FONT)
    bar = figure.colorbar(drawn, ax=right, pad=0.02)
    bar.set_label("elevation, m" if terrain.in_metres else "value", **FONT)
    bar.outline.set_visible(False)
    figure.savefig(path, dpi=130, facecolor="white")


def _tint(heights: AnyArray) -> tuple[Any, float, float]:
    """Return the land half of matplotlib's terrain colours, and the range of heights."""
    known = heights[np.isfinite(heights)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    colours = importlib.import_module("matplotlib").colormaps["terrain"]
    land = importlib.import_module("matplotlib.colors").ListedColormap(
        colours(np.linspace(0.25, 0.95, 256))
    )
    return land, low, max(high, math.nextafter(low, math.inf))
