"""Places for the boxes of a layered drawing, and bends for the lines between them.

Boxes stand in layers from top to bottom, each below everything it depends on. A line
that passes a layer gets a place in it, so that it goes around boxes and not through.
"""

from __future__ import annotations

import importlib
import itertools
from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SWEEPS = 9  # odd, so that the last one goes down


class Size(NamedTuple):
    """Width and height of a box."""

    width: float
    height: float


class Layout(NamedTuple):
    """Centres of the boxes, points of the lines, and the size of it all."""

    centres: dict[str, tuple[float, float]]
    lines: dict[tuple[str, str], list[tuple[float, float]]]
    size: Size


def arrange(
    boxes: Mapping[str, Size], edges: Sequence[tuple[str, str]], gap: Size
) -> Layout:
    """Return places for boxes joined by edges, which form no cycle."""
    if not boxes:
        return Layout({}, {}, Size(0, 0))
    level = _levels(boxes, edges)
    chains = _chains(edges, level)
    sizes = dict(boxes)
    layers: list[list[str]] = [[] for _ in range(max(level.values()) + 1)]
    for name in boxes:
        layers[level[name]].append(name)
    for (source, _), chain in chains.items():
        for step, name in enumerate(chain[1:-1], level[source] + 1):
            sizes[name] = Size(8, 0)
            layers[step].append(name)
    before: dict[str, list[str]] = {name: [] for name in sizes}
    after: dict[str, list[str]] = {name: [] for name in sizes}
    for chain in chains.values():
        for upper, lower in itertools.pairwise(chain):
            after[upper].append(lower)
            before[lower].append(upper)
    _uncross(layers, before, after)
    across = _straighten(layers, before, after, sizes, gap.width)
    return _placed(layers, across, sizes, chains, boxes, gap)


def _levels(
    boxes: Mapping[str, Size], edges: Sequence[tuple[str, str]]
) -> dict[str, int]:
    networkx = importlib.import_module("networkx")
    graph = networkx.DiGraph()
    graph.add_nodes_from(boxes)
    graph.add_edges_from(edges)
    level: dict[str, int] = {}
    for number, generation in enumerate(networkx.topological_generations(graph)):
        level.update(dict.fromkeys(generation, number))
    for name in boxes:  # what depends on nothing stands just above its first user
        users = [level[user] for user in graph.successors(name)]
        if users and not graph.in_degree(name):
            level[name] = min(users) - 1
    return level


def _chains(
    edges: Sequence[tuple[str, str]], level: Mapping[str, int]
) -> dict[tuple[str, str], list[str]]:
    """Return every edge as a path with one stop in each layer that it passes."""
    chains = {}
    for source, target in dict.fromkeys(edges):
        stops = range(level[source] + 1, level[target])
        bends = [f"{source}\n{target}\n{stop}" for stop in stops]
        chains[source, target] = [source, *bends, target]
    return chains


def _uncross(
    layers: list[list[str]],
    before: Mapping[str, list[str]],
    after: Mapping[str, list[str]],
) -> None:
    """Sort each layer by the mean place of its neighbours, down and up again."""
    place = {name: k for layer in layers for k, name in enumerate(layer)}
    for sweep in range(_SWEEPS):
        near = after if sweep % 2 else before
        for layer in reversed(layers) if sweep % 2 else layers:
            wanted = {
                name: sum(place[n] for n in near[name]) / len(near[name])
                if near[name]
                else place[name]
                for name in layer
            }
            layer.sort(key=wanted.__getitem__)
            place.update({name: k for k, name in enumerate(layer)})


def _straighten(
    layers: list[list[str]],
    before: Mapping[str, list[str]],
    after: Mapping[str, list[str]],
    sizes: Mapping[str, Size],
    gap: float,
) -> dict[str, float]:
    """Return centres across: close to the neighbours, in order, without overlap."""
    across = {}
    for layer in layers:
        across.update(_spread(layer, [0.0] * len(layer), sizes, gap))
    for sweep in range(_SWEEPS):
        for layer in reversed(layers) if sweep % 2 else layers:
            wanted = []
            for name in layer:
                near = [across[n] for n in (*before[name], *after[name])]
                wanted.append(sum(near) / len(near) if near else across[name])
            across.update(_spread(layer, wanted, sizes, gap))
    return across


def _spread(
    layer: list[str], wanted: list[float], sizes: Mapping[str, Size], gap: float
) -> dict[str, float]:
    """Return the centres nearest to the wanted ones, by least squares, that fit.

    Neighbours that would overlap are pooled and share their mean displacement.
    """
    offsets, right = [], 0.0
    for name in layer:
        offsets.append(right + sizes[name].width / 2)
        right += sizes[name].width + gap
    pools: list[tuple[float, int]] = []  # sum and count of displacements
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    moved = [total / count for total, count in pools for _ in range(count)]
    return {n: m + o for n, m, o in zip(layer, moved, offsets, strict=True)}


def _placed(
    layers: list[list[str]],
    across: Mapping[str, float],
    sizes: Mapping[str, Size],
    chains: Mapping[tuple[str, str], list[str]],
    boxes: Mapping[str, Size],
    gap: Size,
) -> Layout:
    left = min(across[n] - sizes[n].width / 2 for n in across)
    right = max(across[n] + sizes[n].width / 2 for n in across)
    down: dict[str, float] = {}
    rim: dict[str, tuple[float, float]] = {}  # top and bottom of a box's layer
    top = 0.0
    for layer in layers:
        bottom = top + max(sizes[name].height for name in layer)
        down.update(dict.fromkeys(layer, (top + bottom) / 2))
        rim.update(dict.fromkeys(layer, (top, bottom)))
        top = bottom + gap.height
    centres = {name: (across[name] - left, down[name]) for name in across}
    lines = {}
    for edge, (first, *bends, last) in chains.items():
        x, y = centres[first]
        points = [(x, y + sizes[first].height / 2), (x, rim[first][1])]
        for bend in bends:  # straight through the layer, between its boxes
            points += [(centres[bend][0], side) for side in rim[bend]]
        x, y = centres[last]
        points += [(x, rim[last][0]), (x, y - sizes[last].height / 2)]
        lines[edge] = points
    whole = Size(right - left, top - gap.height)
    return Layout({name: centres[name] for name in boxes}, lines, whole)
