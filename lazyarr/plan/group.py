"""Which nodes run together: levels first, then groups, then merges into reductions.

A *level* counts the barriers (reductions, library calls, values seen through a view)
that must have ended before a node can start. Nodes of one level and one loop shape
that are connected form a group; because every path through a barrier goes up a level,
no group waits for itself. A group that only continues a reduction joins it: on the
folded shape as its epilogue, on the full shape as a row-wise stage.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.plan.model import KEPT, LOOP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lazyarr.ir.node import Node, Shape


ACROSS = 64
"""Elements of a row across memory with which a CPU's tile is still wide enough."""


class Limits(NamedTuple):
    """What bounds a fused stage.

    `ops` is the most operations of one stage, `arguments` the most bytes of pointers,
    strides and scalars that it is called with (GPUs of all ages take 4 KB), `row` the
    most elements of a row that a row-wise stage keeps at hand, and `across` the most if
    its rows do not lie along the innermost axis. `fusion` False gives every node its own
    stage.
    """

    ops: int = 240
    arguments: int = 3584
    row: int = 32_768
    across: int = 32_768
    fusion: bool = True


class Group:
    """Nodes that become one stage; `spaces` says where each of them lives.

    `cut` says why the group ends in the middle, `long` why it takes no rows in.
    """

    __slots__ = ("axes", "cut", "level", "long", "loop", "parent", "sealed", "spaces")

    def __init__(
        self,
        loop: Shape,
        level: int,
        axes: Shape = (),
        sealed: bool = False,
        cut: str = "",
    ) -> None:
        self.loop = loop
        self.level = level
        self.axes = axes
        self.sealed = sealed
        self.spaces: dict[Node, int] = {}
        self.parent: Group | None = None
        self.cut = cut
        self.long = ""

    @property
    def kept(self) -> Shape:
        """Shape without the reduced axes."""
        return tuple(n for k, n in enumerate(self.loop) if k not in self.axes)


def seen(node: Node) -> tuple[Node, View | None]:
    """Return the node that holds the elements, and the view they are seen through."""
    if type(node.params) is View:
        return node.args[0], node.params
    return node, None


def on_host(node: Node) -> bool:
    """Whether a node is a scalar, known before anything runs."""
    return node.op.name == "scalar"


class Graph(NamedTuple):
    """The facts of a graph that grouping asks for again and again."""

    order: list[Node]
    roots: tuple[Node, ...]
    level: dict[Node, int]
    scalars: set[Node]
    users: dict[Node, list[Node]]
    asked: frozenset[Node]  # the roots, to look up


def survey(order: list[Node], roots: tuple[Node, ...]) -> Graph:
    """Return the graph's levels, host arithmetic and users; views are seen through."""
    level: dict[Node, int] = {}
    scalars: set[Node] = set()
    users: dict[Node, list[Node]] = {}
    real = [node for node in order if type(node.params) is not View]
    for node in real:
        users[node] = []
        if not node.args:
            level[node] = -1
            if on_host(node):
                scalars.add(node)
            continue
        known = not node.shape and node.op.kind is Kind.MAP
        start = -1
        for arg in node.args:
            base = arg.args[0] if type(arg.params) is View else arg
            users[base].append(node)
            if known and base not in scalars:
                known = False
            if not known and level[base] >= start:
                start = max(start, _start(node, arg, base, level))
        if known:
            scalars.add(node)
        level[node] = start
    graph = Graph(real, roots, level, scalars, users, frozenset(roots))
    _sink(graph)
    return graph


def _start(node: Node, arg: Node, base: Node, level: dict[Node, int]) -> int:
    """Return the lowest level at which a node that uses `arg`, of a base, can run."""
    lowest = level[base]
    if lowest < 0:  # it is known before anything runs
        return 0
    kind = base.op.kind
    if (kind is Kind.MAP and is_joined(node, arg)) or kind is Kind.VIEW:
        return lowest  # a reshape is with its operand
    return lowest + 1


def is_joined(node: Node, arg: Node) -> bool:
    """Whether the two can share a loop: `arg` is computed right where it is used."""
    if arg.op.kind is not Kind.MAP:
        return False
    kind = node.op.kind
    return kind is Kind.REDUCE or (kind is Kind.MAP and arg.shape == node.shape)


def _sink(graph: Graph) -> None:
    """Move maps up to the level of their users, so that nothing waits in memory."""
    level, asked, scalars = graph.level, graph.asked, graph.scalars
    for node in reversed(graph.order):
        if node.op.kind is not Kind.MAP or node in asked or node in scalars:
            continue
        users = graph.users[node]
        if not users:
            continue
        lowest = min([level[user] for user in users])
        if lowest > level[node] and all(_direct(user, node) for user in users):
            level[node] = lowest


def _direct(user: Node, node: Node) -> bool:
    if not is_joined(user, node):
        return False
    for arg in user.args:
        if arg is not node and type(arg.params) is View and arg.args[0] is node:
            return False
    return True


def group(graph: Graph, limits: Limits) -> list[Group]:
    """Return the groups of maps and reductions, merged as far as they go."""
    groups: dict[Node, Group] = {}
    maps, folds = [], []
    for node in graph.order:
        if node.op.kind is Kind.MAP and node not in graph.scalars:
            maps.append(node)
        elif node.op.kind is Kind.REDUCE:
            folds.append(node)
    for node in maps:
        _place_map(node, graph, groups, limits)
    # Only now is it known which maps are one group, and so which axes it may fold.
    for node in folds:
        _place_reduce(node, graph, groups, limits)
    if limits.fusion:
        _join_readers(graph, groups)
    members: dict[Group, list[Node]] = {}
    for node in graph.order:
        if node in groups:
            members.setdefault(_find(groups[node]), []).append(node)
    result = _split(members, groups, graph, limits)
    if limits.fusion:
        result = _merge(result, graph, groups, limits)
    return result


def _find(group: Group) -> Group:
    while group.parent is not None:
        if group.parent.parent is not None:
            group.parent = group.parent.parent
        group = group.parent
    return group


def _union(a: Group, b: Group) -> Group:
    """Make two groups one; they fold the same axes, or one of them folds none."""
    a, b = _find(a), _find(b)
    if a is b:
        return a
    b.parent = a
    a.axes = a.axes or b.axes
    return a


def _place_map(
    node: Node, graph: Graph, groups: dict[Node, Group], limits: Limits
) -> None:
    level = graph.level[node]
    mine: Group | None = None
    for arg in node.args if limits.fusion else ():
        other = groups.get(arg)
        if other and graph.level[arg] == level and is_joined(node, arg):
            mine = _find(other) if mine is None else _union(mine, other)
    groups[node] = mine or Group(node.shape, level)


def _place_reduce(
    node: Node, graph: Graph, groups: dict[Node, Group], limits: Limits
) -> None:
    arg = node.args[0]
    level = graph.level[node]
    if limits.fusion and arg in groups and graph.level[arg] == level:
        mine = _find(groups[arg])
        if mine.loop == arg.shape and mine.axes in ((), node.params):
            mine.axes = node.params
            groups[node] = mine
            return
    groups[node] = Group(arg.shape, level, node.params, sealed=arg in groups)


def _join_readers(graph: Graph, groups: dict[Node, Group]) -> None:
    """Put groups of one level and loop that read the same elements into one pass.

    What is written into a region of another array stays alone: it needs no memory of
    its own.
    """
    alone = {
        _find(groups[node.args[1]])
        for node in graph.order
        if node.op.kind is Kind.UPDATE and node.args[1] in groups
    }
    reader: dict[tuple[int, Shape, Node, View | None], list[Group]] = {}
    for node in graph.order:
        if node not in groups:
            continue
        mine = _find(groups[node])
        if mine.sealed or not mine.loop or mine in alone:
            continue
        for arg in node.args:
            base, view = seen(arg)
            if base in graph.scalars or not base.shape or base in groups:
                continue
            # One group for every choice of axes, and maps go with the first.
            others = reader.setdefault((mine.level, mine.loop, base, view), [])
            for k, other in enumerate(map(_find, others)):
                if other.axes == mine.axes or () in (other.axes, mine.axes):
                    others[k] = mine = _union(other, mine)
                    break
            else:
                others.append(mine)


def _split(
    members: dict[Group, list[Node]],
    groups: dict[Node, Group],
    graph: Graph,
    limits: Limits,
) -> list[Group]:
    """Cut groups that are longer than a kernel may be; members come in order."""
    result = []
    for whole, nodes in members.items():
        for part, cut in _parts(nodes, whole, graph, limits):
            one = whole
            if cut or part is not nodes:
                one = Group(whole.loop, whole.level, sealed=True, cut=cut)
            for node in part:
                reduces = node.op.kind is Kind.REDUCE
                one.axes = node.params if reduces else one.axes
                one.spaces[node] = KEPT if reduces else LOOP
                groups[node] = one
            result.append(one)
    return result


def _parts(
    nodes: list[Node], whole: Group, graph: Graph, limits: Limits
) -> Iterator[tuple[list[Node], str]]:
    """Yield runs of nodes that are one kernel each, and why each of them ends."""
    array = 8 * (1 + len(whole.loop))
    if len(nodes) <= limits.ops and 4 * array * len(nodes) <= limits.arguments:
        yield nodes, ""
        return
    whole_group = set(nodes)
    part: dict[Node, None] = {}
    passed: set[Node] = set()
    for node in nodes:
        more = _passed(node, part, whole_group, graph) | passed
        # Of what the next part takes over.
        size = array + sum([array if n.shape else n.dtype.itemsize for n in more])
        cut = ""
        if len(part) >= limits.ops:
            cut = f"cut after {limits.ops} operations, the most of one kernel"
        elif part and size > limits.arguments:
            cut = f"cut after {len(passed)} arrays and scalars, which fill a kernel's arguments"
        if cut:
            yield list(part), cut
            part, more = {}, _passed(node, {}, whole_group, graph)
        part[node] = None
        passed = more
    yield (list(part) if len(part) < len(nodes) else nodes), ""


def _passed(
    node: Node, part: dict[Node, None], whole: set[Node], graph: Graph
) -> set[Node]:
    """Return what a kernel must be passed for a node behind the others of its part."""
    more = {base for arg in node.args if (base := seen(arg)[0]) not in part}
    if node in graph.asked or not whole.issuperset(graph.users[node]):
        more.add(node)
    return more


def _merge(
    all_groups: list[Group], graph: Graph, groups: dict[Node, Group], limits: Limits
) -> list[Group]:
    """Let what only continues a reduction run inside it."""
    for mine in sorted(all_groups, key=lambda g: g.level):
        host = None if mine.sealed else _host(mine, graph, groups)
        if host is None or len(host.spaces) + len(mine.spaces) > limits.ops:
            continue
        if _is_epilogue(mine, host, groups):
            space = KEPT
        elif _is_rowwise(mine, host, groups, limits):
            space = LOOP
        else:
            continue
        for node, old in mine.spaces.items():
            host.spaces[node] = KEPT if old == KEPT else space
            groups[node] = host
        mine.spaces = {}
    return [g for g in all_groups if g.spaces]


def _inputs(group: Group, groups: dict[Node, Group]) -> Iterable[tuple[Node, Node]]:
    """Yield each operand from outside the group, with the node that holds it."""
    for node in group.spaces:
        for arg in node.args:
            base, _ = seen(arg)
            if groups.get(base) is not group or base is not arg:
                yield arg, base


def _host(mine: Group, graph: Graph, groups: dict[Node, Group]) -> Group | None:
    """Return the one reduction that all late inputs of a group come from."""
    sources = {base for _, base in _inputs(mine, groups)}
    hosts = {groups[base] for base in sources if base in groups}
    hosts = {g for g in hosts if g.axes and not g.sealed and g.level < mine.level}
    if not hosts:
        return None
    host = max(hosts, key=lambda g: g.level)
    for base in sources:
        if groups.get(base) is host or base in graph.scalars:
            continue
        if graph.level[base] >= host.level and base.op.kind is not Kind.SOURCE:
            return None
    return host


def _is_epilogue(mine: Group, host: Group, groups: dict[Node, Group]) -> bool:
    if mine.axes or mine.loop != host.kept:
        return False
    return all(
        host.spaces[base] == KEPT and (arg is base or arg.params == _same(base))
        for arg, base in _inputs(mine, groups)
        if groups.get(base) is host
    )


def _same(node: Node) -> View:
    return views.identity(node.shape)


def _is_rowwise(
    mine: Group, host: Group, groups: dict[Node, Group], limits: Limits
) -> bool:
    if mine.loop != host.loop or mine.axes not in ((), host.axes):
        return False
    row = prod(host.loop[k] for k in host.axes)
    stretched = views.expand(host.kept, host.axes, host.loop)
    folded = {node.args[0] for node in mine.spaces if node.op.kind is Kind.REDUCE}
    for arg, base in _inputs(mine, groups):
        if groups.get(base) is not host:
            continue
        if host.spaces[base] == KEPT:
            if arg in folded:  # a row has one element of it, not one at each place
                return False
            if base.shape and (arg is base or arg.params != stretched):
                return False
        elif arg is not base:
            return False
    if row > limits.row:
        host.long = f": rows of {row:,} are too long to keep"
        return False
    if row > limits.across and len(host.loop) - 1 not in host.axes:
        host.long = f": rows of {row:,} across memory are too long for a tile"
        return False
    return True
