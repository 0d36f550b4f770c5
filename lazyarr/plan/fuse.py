"""From a graph to stages: every group of nodes becomes one loop nest with registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, topological
from lazyarr.ir.view import View
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.plan.group import Graph, Group, Limits, group, on_host, seen, survey
from lazyarr.plan.model import (
    KEPT,
    LOOP,
    Decision,
    Input,
    Instr,
    Output,
    Region,
    Stage,
    Value,
)
from lazyarr.plan.order import run_order
from lazyarr.plan.overlap import meets
from lazyarr.plan.reason import reason_of
from lazyarr.plan.registers import Writer
from lazyarr.plan.repeat import repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COPY = ops.OPS["copy"]
_IOTA = ops.OPS["iota"]


class Fused(NamedTuple):
    """Stages in the order they run, the values between them, and what was decided.

    ``constants`` are the scalars that rules worked out from the graph's structure; as
    sources they are numbered behind the nodes of the user's graph.
    """

    stages: tuple[Stage, ...]
    values: tuple[Value, ...]
    outputs: tuple[int, ...]
    decisions: tuple[Decision, ...]
    constants: tuple[Any, ...]


def fuse(
    roots: tuple[Node, ...], places: dict[Node, int], count: int, limits: Limits
) -> Fused:
    """Return the stages that compute the roots.

    Parameters
    ----------
    roots : tuple of Node
        Simplified; each gets a value of its own.
    places : dict of Node to int
        Where each leaf stands in the canonical order of the user's graph.
    count : int
        Nodes of the user's graph.
    limits : Limits
    """
    roots, order = _materialized(tuple(_own_value(roots)))
    graph = survey(order, roots)
    groups = group(graph, limits)
    return _Builder(graph, groups, dict(places), count, limits).build()


def _copied(node: Node) -> Node:
    return Node.of(_COPY, (node,), None, node.shape, node.dtype, _COPY.id, node.where)


def _own_value(roots: tuple[Node, ...]) -> Iterable[Node]:
    """Copy what would hand out an input, or one result twice."""
    handed: set[Node] = set()
    for root in roots:
        base = root
        while base.op.kind is Kind.VIEW:
            base = base.args[0]
        fresh = base.op.kind is not Kind.SOURCE and base not in handed
        if fresh and type(root.params) is not View:
            handed.add(base)
            yield root
        else:
            yield _copied(root)


def _materialized(roots: tuple[Node, ...]) -> tuple[tuple[Node, ...], list[Node]]:
    """Copy operands that must be arrays in memory and are not: ramps, updated views.

    Returns the roots and all nodes, operands before their users.
    """
    order = topological(roots)
    others = [n for n in order if n.op.kind not in (Kind.MAP, Kind.REDUCE)]
    if not any(_lacks_memory(n, k) for n in others for k in range(len(n.args))):
        return roots, order
    copies: dict[Node, Node] = {}
    settled: dict[Node, Node] = {}
    for node in order:
        args = []
        for k, arg in enumerate(node.args):
            new = settled[arg]
            if _lacks_memory(node, k):
                new = copies.setdefault(arg, _copied(new))
            args.append(new)
        settled[node] = infer.rebuilt(node, tuple(args))
    roots = tuple([settled[root] for root in roots])
    return roots, topological(roots)


def _lacks_memory(node: Node, place: int) -> bool:
    """Whether a stage of `node` needs this operand in memory, where it is not."""
    kind = node.op.kind
    if kind is Kind.MAP or kind is Kind.REDUCE or type(node.params) is View:
        return False
    base, view = seen(node.args[place])
    if kind is Kind.UPDATE and place == 1:
        over = base is node.args[0] and view is not None
        value = node.args[1]
        return over and _is_small(value.size, base) and meets(view, node.params)  # type: ignore[arg-type]
    if kind is Kind.UPDATE:
        return view is not None or base.op is _IOTA
    return base.op is _IOTA


class _Builder:
    """Numbers values and writes stages; lives for one call of `fuse`."""

    def __init__(
        self,
        graph: Graph,
        groups: list[Group],
        places: dict[Node, int],
        count: int,
        limits: Limits,
    ) -> None:
        self.graph = graph
        self.groups = groups
        self.places = places
        self.count = count
        self.fusion = limits.fusion
        self.home = {node: g for g in groups for node in g.spaces}
        self.repeats = repeated(graph, self.home) if limits.fusion else {}
        self.roots = graph.asked
        self.constants: list[Any] = []
        self.values: list[Value] = []
        self.value_of: dict[Node, int] = {}
        self.host: set[int] = set()  # values that the host knows before anything runs
        self.stages: list[Stage] = []
        self.order: list[int] = []  # of each stage: where its last node stands
        self.notes: dict[int, str] = {}  # by place in `stages`: what it repeats
        self.place = {node: k for k, node in enumerate(graph.order)}

    def build(self) -> Fused:
        self._scalar_stage()
        absorbed = {
            node.args[1]: node for node in self.graph.order if self._absorbs(node)
        }
        for one in self.groups:
            self._group_stage(one, absorbed)
        taken = set(absorbed.values())
        for node in self.graph.order:
            if node.op.kind is Kind.LIBRARY:
                self._whole_stage(node, "library")
            elif node.op.kind is Kind.VIEW:
                self._whole_stage(node, "view")
            elif node.op.kind is Kind.UPDATE and node not in taken:
                self._update_stage(node)
        outputs = tuple(self._value(root) for root in self.graph.roots)
        order = run_order(self.stages, self.order)
        stages = tuple(_numbered(self.stages[k], at) for at, k in enumerate(order))
        decisions = tuple(_decisions(stages, [self.notes.get(k, "") for k in order]))
        constants = tuple(self.constants)
        return Fused(stages, tuple(self.values), outputs, decisions, constants)

    # --- values -------------------------------------------------------------

    def _value(self, node: Node) -> int:
        """Return the id of the value that holds a node's elements."""
        found = self.value_of.get(node)
        if found is not None:
            return found
        role, source = "temporary", -1
        if not node.args:
            role, source = ("scalar" if on_host(node) else "input"), self._source(node)
        if node in self.roots:
            role = "output"
        number = self.value_of[node] = len(self.values)
        if node in self.graph.scalars:
            self.host.add(number)
        value = Value(number, node.shape, node.dtype, role, source, node.where)
        self.values.append(value)
        return number

    def _source(self, leaf: Node) -> int:
        found = self.places.get(leaf)
        if found is None:  # a rule made it
            found = self.places[leaf] = self.count + len(self.constants)
            self.constants.append(leaf.value)
        return found

    # --- stages -------------------------------------------------------------

    def _add(self, stage: Stage, last: Node) -> None:
        self.stages.append(stage)
        self.order.append(self.place[last])

    def _scalar_stage(self) -> None:
        nodes = [n for n in self.graph.order if n in self.graph.scalars and n.args]
        if not nodes:
            return
        writer = Writer(self._value, (), ())
        for node in nodes:
            writer.instruction(node, LOOP)
        wanted = [n for n in nodes if self._leaves(n, set(nodes))]
        outputs = tuple(Output(writer.register[n], self._value(n)) for n in wanted)
        stage = Stage(
            0,
            "scalar",
            (),
            (),
            tuple(writer.inputs),
            tuple(writer.renumbered()),
            tuple(o._replace(register=writer.final(o.register)) for o in outputs),
            "arithmetic on scalars, on the host",
        )
        self._add(stage, nodes[0])

    def _leaves(self, node: Node, inside: set[Node]) -> bool:
        """Whether a node is asked for outside the set it is computed in."""
        if node in self.roots:
            return True
        for user in self.graph.users[node]:
            if user not in inside:
                return True
            if any(seen(a)[0] is node and a is not node for a in user.args):
                return True
        return False

    def _group_stage(self, one: Group, absorbed: dict[Node, Node]) -> None:
        writer = Writer(self._value, one.loop, one.axes)
        again = self.repeats.get(one, {})
        nodes = self._computed(one, again, absorbed)
        if not nodes:
            return
        # A view of what is repeated shows other elements than the one at hand.
        inside = {n for n in nodes if n not in again or n.shape != one.loop}
        outputs: list[Output] = []
        region: Region | None = None
        ends: list[Node] = []
        for node in nodes:
            writer.instruction(node, one.spaces.get(node, LOOP), inside)
        for node in nodes:
            target: Node = node
            if node in absorbed:
                target = absorbed[node]
                region = Region(self._value(target.args[0]), target.params)
            elif node in again or not self._needed(node, one):
                continue
            ends.append(target)
            outputs.append(Output(writer.register[node], self._value(target)))
        body = tuple(writer.renumbered())
        stage = Stage(
            0,
            self._kind(body, writer.inputs, one),
            one.loop,
            one.axes,
            tuple(writer.inputs),
            body,
            tuple(o._replace(register=writer.final(o.register)) for o in outputs),
            reason_of(ends, one, self.graph, fusion=self.fusion),
            region=region,
        )
        if again:
            self.notes[len(self.stages)] = " and ".join(n.op.name for n in again)
        self._add(stage, ends[-1])

    def _computed(
        self, one: Group, again: Iterable[Node], absorbed: dict[Node, Node]
    ) -> list[Node]:
        """Return the nodes that a group's stage computes, operands first.

        What its own other nodes have no use for, since all who read it repeat it, is left out.
        """
        found: list[Node] = []
        read: set[Node] = set()
        every = sorted([*one.spaces, *again], key=self.place.__getitem__)
        for node in reversed(every):
            mine = node in one.spaces and self._needed(node, one)
            if mine or node in absorbed or node in read:
                found.append(node)
                read.update(base for arg in node.args for base in (arg, seen(arg)[0]))
        return found[::-1]

    def _kind(self, body: tuple[Instr, ...], inputs: list[Input], one: Group) -> str:
        first = len(inputs)
        if one.axes:
            row = any(
                arg >= first and body[arg - first].space == KEPT
                for instr in body
                if instr.space == LOOP
                for arg in instr.args
            )
            return "rowwise" if row else "reduce"
        arrays = any(entry.value not in self.host for entry in inputs)
        return "map" if arrays or not one.loop else "source"

    def _needed(self, node: Node, one: Group) -> bool:
        """Whether a node of a group is read outside it, or not as a register."""
        if node in self.roots:
            return True
        for user in self.graph.users[node]:
            home = self.home.get(user)
            if home is not one and (
                home is None or node not in self.repeats.get(home, ())
            ):
                return True
            if one.spaces[node] == LOOP:
                for arg in user.args:
                    if type(arg.params) is View and arg.args[0] is node:
                        return True
        return False

    def _whole_stage(self, node: Node, kind: str) -> None:
        inputs = []
        for arg in node.args:
            base, view = seen(arg)
            full = view or views.identity(base.shape)
            inputs.append(Input(self._value(base), full, LOOP))
        args = tuple(range(len(inputs)))
        body = (Instr(node.op, args, node.dtype, LOOP, node.params, node.where),)
        output = Output(len(inputs), self._value(node))
        reason = "the same elements in the same order"
        if kind == "library":
            reason = f"{node.op.name} is a library function of whole arrays"
            if ops.OPS.get(node.op.name) is not node.op:  # it stands in for a map
                reason = node.op.summary
        stage = Stage(0, kind, node.shape, (), tuple(inputs), body, (output,), reason)
        self._add(stage, node)

    def _update_stage(self, node: Node) -> None:
        base, value = node.args
        loop = region_shape(base.shape, node.params)
        writer = Writer(self._value, loop, ())
        register = writer.operand(value, LOOP)
        # Executors store what an instruction computes, never what was only loaded.
        writer.body.append(
            Instr(_COPY, (register,), node.dtype, LOOP, None, node.where)
        )
        stage = Stage(
            0,
            "map",
            loop,
            (),
            tuple(writer.inputs),
            tuple(writer.renumbered()),
            (Output(writer.final(-len(writer.body)), self._value(node)),),
            reason_of([node], None, self.graph, fusion=self.fusion),
            region=Region(self._value(base), node.params),
        )
        self._add(stage, node)

    def _absorbs(self, node: Node) -> bool:
        """Whether an update's value can be computed straight into the region."""
        if node.op.kind is not Kind.UPDATE:
            return False
        base, value = node.args
        one = self.home.get(value)
        if one is None or one.axes or value in self.roots or one.cut:
            return False
        if value.shape != region_shape(base.shape, node.params):
            return False
        if self.graph.users[value] != [node]:
            return False
        if any(self._needed(other, one) for other in one.spaces if other is not value):
            return False
        return not _is_disturbed(base, one, node.params, value.size)


def _is_disturbed(base: Node, one: Group, chain: tuple[Any, ...], written: int) -> bool:
    """Whether a group must not write into `base` where `chain` leads to.

    What it reads there through another view would be overwritten. Where most of the
    base is written, a new array is written instead, and the rest of the base copied.
    """
    if base.op.kind is Kind.VIEW:
        return True
    rest = _is_small(written, base) or type(chain[0]) is not View
    for node in one.spaces:
        for arg in node.args:
            held, view = seen(arg)
            if held.op.kind is Kind.VIEW:  # a reshape may be of the base
                return True
            if held is base and (view is None or meets(view, chain)) and rest:
                return True
    return False


def _is_small(written: int, base: Node) -> bool:
    """Whether a region is so small that its base is worth keeping."""
    return 2 * written < base.size


def _numbered(stage: Stage, number: int) -> Stage:
    return Stage(
        number,
        stage.kind,
        stage.loop,
        stage.axes,
        stage.inputs,
        stage.body,
        stage.outputs,
        stage.reason,
        stage.device,
        stage.region,
        stage.estimate,
    )


def region_shape(shape: Shape, chain: tuple[Any, ...]) -> Shape:
    """Return the shape that a chain of views and reshapes ends in."""
    for step in chain:
        shape = step.shape if isinstance(step, View) else step[1]
    return shape


def _decisions(stages: tuple[Stage, ...], notes: list[str]) -> Iterator[Decision]:
    """Yield what was decided of stages: why they end early, and what they repeat."""
    for stage, again in zip(stages, notes, strict=True):
        if stage.reason and stage.reason != "asked for":
            yield Decision(f"stage {stage.id}", "ends", stage.reason)
        if again:
            why = f"{again} costs less than to store and load the result"
            yield Decision(f"stage {stage.id}", "repeats", why)


__all__ = ["Fused", "Limits", "fuse", "region_shape"]
