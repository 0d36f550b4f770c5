"""From a graph to stages: every group of nodes becomes one loop nest with registers."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

from lazyarr import ops
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, topological, where_text
from lazyarr.ir.view import FIXED, Axis, View
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

if TYPE_CHECKING:
    from collections.abc import Iterable

_COPY = ops.OPS["copy"]
_IOTA = ops.OPS["iota"]
_DATA = ops.OPS["data"]


class Fused(NamedTuple):
    """Stages in the order they run, the values between them, and what was decided."""

    stages: tuple[Stage, ...]
    values: tuple[Value, ...]
    outputs: tuple[int, ...]
    decisions: tuple[Decision, ...]


def fuse(roots: tuple[Node, ...], places: dict[Node, int], limits: Limits) -> Fused:
    """Return the stages that compute the roots.

    Parameters
    ----------
    roots : tuple of Node
        Simplified; each gets a value of its own.
    places : dict of Node to int
        Where each leaf stands in the canonical order of the user's graph.
    limits : Limits
    """
    roots = tuple(_own_value(roots))
    graph = survey(topological(roots), roots)
    groups = group(graph, limits)
    return _Builder(graph, groups, places).build()


def _own_value(roots: tuple[Node, ...]) -> Iterable[Node]:
    """Copy what would hand out an input, or one result twice."""
    handed: set[Node] = set()
    for root in roots:
        base = root
        while base.op.kind is Kind.VIEW:
            base = base.args[0]
        fresh = base.op.kind is not Kind.SOURCE and base not in handed
        handed.add(base)
        if fresh and type(root.params) is not View:
            yield root
        else:
            tag = _COPY.id
            yield Node(_COPY, (root,), None, root.shape, root.dtype, tag, root.where)


class _Builder:
    """Numbers values and writes stages; lives for one call of `fuse`."""

    def __init__(
        self, graph: Graph, groups: list[Group], places: dict[Node, int]
    ) -> None:
        self.graph = graph
        self.groups = groups
        self.places = places
        self.home = {node: g for g in groups for node in g.spaces}
        self.roots = set(graph.roots)
        self.values: list[Value] = []
        self.value_of: dict[Node, int] = {}
        self.stages: list[Stage] = []
        self.order: list[int] = []  # of each stage: where its last node stands
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
        stages = self._sorted()
        return Fused(stages, tuple(self.values), outputs, tuple(decide(stages)))

    # --- values -------------------------------------------------------------

    def _value(self, node: Node) -> int:
        """Return the id of the value that holds a node's elements."""
        found = self.value_of.get(node)
        if found is not None:
            return found
        role, source = "temporary", -1
        if not node.args:
            role, source = ("scalar" if on_host(node) else "input"), self.places[node]
        if node in self.roots:
            role = "output"
        number = self.value_of[node] = len(self.values)
        value = Value(number, node.shape, node.dtype, role, source, node.where)
        self.values.append(value)
        return number

    # --- stages -------------------------------------------------------------

    def _add(self, stage: Stage, last: Node) -> None:
        self.stages.append(stage)
        self.order.append(self.place[last])

    def _scalar_stage(self) -> None:
        nodes = [n for n in self.graph.order if n in self.graph.scalars and n.args]
        if not nodes:
            return
        writer = _Writer(self, (), ())
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
        writer = _Writer(self, one.loop, one.axes)
        nodes = sorted(one.spaces, key=self.place.__getitem__)
        inside = set(nodes)
        outputs: list[Output] = []
        region: Region | None = None
        ends: list[Node] = []
        for node in nodes:
            writer.instruction(node, one.spaces[node], inside)
        for node in nodes:
            target: Node = node
            if node in absorbed:
                target = absorbed[node]
                region = Region(self._value(target.args[0]), target.params)
            elif not self._needed(node, one):
                continue
            ends.append(target)
            outputs.append(Output(writer.register[node], self._value(target)))
        body = tuple(writer.renumbered())
        stage = Stage(
            0,
            _kind(body, writer.inputs, self.values, one),
            one.loop,
            one.axes,
            tuple(writer.inputs),
            body,
            tuple(o._replace(register=writer.final(o.register)) for o in outputs),
            one.cut or self._reason(ends),
            region=region,
        )
        self._add(stage, ends[-1])

    def _needed(self, node: Node, one: Group) -> bool:
        """Whether a node of a group is read outside it, or not as a register."""
        if node in self.roots:
            return True
        for user in self.graph.users[node]:
            if self.home.get(user) is not one:
                return True
            if one.spaces[node] == LOOP and any(
                seen(a)[0] is node and a is not node for a in user.args
            ):
                return True
        return False

    def _reason(self, ends: list[Node]) -> str:
        """Say why a stage's results must be stored."""
        node = ends[-1]
        if node in self.roots:
            return "asked for"
        users = self.graph.users[node]
        user = users[0]
        line = where_text(user.where)
        at = f" ({line})" if line else ""
        if user.op.kind is Kind.LIBRARY:
            return f"{user.op.name} needs its operands whole{at}"
        if user.op.kind is Kind.UPDATE:
            return f"written into a region of another array{at}"
        if user.op.kind is Kind.VIEW:
            return f"reshaped{at}"
        if node.op.kind is Kind.REDUCE:
            return f"{node.op.name} must end before {user.op.name} starts{at}"
        if any(arg is not node and seen(arg)[0] is node for arg in user.args):
            grows = user.size > node.size
            why = "would repeat it" if grows or len(users) > 1 else "reads it elsewhere"
            return f"{user.op.name} sees it through a view and {why}{at}"
        return f"{user.op.name} also waits for another stage{at}"

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
        stage = Stage(0, kind, node.shape, (), tuple(inputs), body, (output,), reason)
        self._add(stage, node)

    def _update_stage(self, node: Node) -> None:
        base, value = node.args
        loop = region_shape(base.shape, node.params)
        writer = _Writer(self, loop, ())
        register = writer.operand(value, LOOP)
        body = (Instr(_COPY, (register,), node.dtype, LOOP, None, node.where),)
        writer.body = list(body)
        stage = Stage(
            0,
            "map",
            loop,
            (),
            tuple(writer.inputs),
            tuple(writer.renumbered()),
            (Output(len(writer.inputs), self._value(node)),),
            self._reason([node]),
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
        whole = seen(base)[0]
        while whole.op.kind is Kind.VIEW:
            whole = seen(whole.args[0])[0]
        for other in one.spaces:
            for arg in other.args:
                held, view = seen(arg)
                if held is whole and (view,) != node.params:
                    return False
                if held.op.kind is Kind.VIEW:  # a reshape may be of the base
                    return False
        return base is whole

    # --- order --------------------------------------------------------------

    def _sorted(self) -> tuple[Stage, ...]:
        """Return the stages in dependency order; writes wait for other readers."""
        producer = {o.value: k for k, s in enumerate(self.stages) for o in s.outputs}
        waits: list[set[int]] = []
        for stage in self.stages:
            read = {i.value for i in stage.inputs}
            if stage.region is not None:
                read.add(stage.region.base)
            waits.append({producer[v] for v in read if v in producer})
        users: list[list[int]] = [[] for _ in self.stages]
        for k, needed in enumerate(waits):
            for other in needed:
                users[other].append(k)
        rank = [
            (stage.region is not None, place)
            for stage, place in zip(self.stages, self.order, strict=True)
        ]
        ready = [(rank[k], k) for k, needed in enumerate(waits) if not needed]
        heapq.heapify(ready)
        result: list[Stage] = []
        while ready:
            _, k = heapq.heappop(ready)
            result.append(_numbered(self.stages[k], len(result)))
            for user in users[k]:
                waits[user].discard(k)
                if not waits[user]:
                    heapq.heappush(ready, (rank[user], user))
        return tuple(result)


class _Writer:
    """Loads operands and numbers registers: inputs first, then instructions.

    While a stage is written, instruction registers count from -1 down, so that
    inputs may still be added; `renumbered` puts them behind the inputs.
    """

    def __init__(self, builder: _Builder, loop: tuple[int, ...], axes: object) -> None:
        self.builder = builder
        self.loop = loop
        self.kept = tuple(n for k, n in enumerate(loop) if k not in axes)  # type: ignore[operator]
        self.inputs: list[Input] = []
        self.body: list[Instr] = []
        self.register: dict[Node, int] = {}
        self.loaded: dict[Input, int] = {}
        self.ramps: dict[tuple[int, int, int, int], int] = {}

    def instruction(
        self, node: Node, space: int, inside: set[Node] | None = None
    ) -> None:
        # A reduction reads the loop; everything else reads where it lives.
        reads = LOOP if node.op.kind is Kind.REDUCE else space
        args = tuple([self.operand(arg, reads, inside) for arg in node.args])
        params = None
        self.body.append(Instr(node.op, args, node.dtype, space, params, node.where))
        self.register[node] = -len(self.body)

    def operand(self, arg: Node, space: int, inside: set[Node] | None = None) -> int:
        base, view = seen(arg)
        held = self.register.get(base)
        if held is not None and (arg is base or inside is None or base in inside):
            return held
        shape = self.loop if space == LOOP else self.kept
        if base.op is _IOTA:
            return self._ramp(view or views.identity(base.shape), space)
        if view is None:
            view = views.identity(base.shape) if base.shape == shape else None
            view = view or View(shape, ())
        entry = Input(self.builder._value(base), view, space)
        found = self.loaded.get(entry)
        if found is None:
            found = self.loaded[entry] = len(self.inputs)
            self.inputs.append(entry)
        return found

    def _ramp(self, view: View, space: int) -> int:
        """Return the register of an index ramp: ``start + step * index``."""
        (ramp,) = view.axes
        axis = ramp.axis if ramp.axis != FIXED else -1
        key = (axis, ramp.start, ramp.step, space)
        if key not in self.ramps:
            dtype = _IOTA_DTYPE
            self.body.append(Instr(_IOTA, (), dtype, space, key[:3]))
            self.ramps[key] = -len(self.body)
        return self.ramps[key]

    def final(self, register: int) -> int:
        return register if register >= 0 else len(self.inputs) - 1 - register

    def renumbered(self) -> Iterable[Instr]:
        for instr in self.body:
            yield instr._replace(args=tuple([self.final(a) for a in instr.args]))


_IOTA_DTYPE = ops.OPS["iota"].resolve(())[-1]


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


def _kind(
    body: tuple[Instr, ...], inputs: list[Input], values: list[Value], one: Group
) -> str:
    if not one.axes:
        arrays = any(values[i.value].role != "scalar" for i in inputs)
        return "map" if arrays or not one.loop else "source"
    first = len(inputs)
    for instr in body:
        if instr.space != LOOP:
            continue
        for arg in instr.args:
            if arg >= first and body[arg - first].space == KEPT:
                return "rowwise"
    return "reduce"


def region_shape(shape: tuple[int, ...], chain: tuple[object, ...]) -> tuple[int, ...]:
    """Return the shape that a chain of views and reshapes ends in."""
    for step in chain:
        shape = step.shape if isinstance(step, View) else step[1]  # type: ignore[index]
    return shape


def decide(stages: tuple[Stage, ...]) -> Iterable[Decision]:
    """Yield one decision for every stage that ends before the results."""
    for stage in stages:
        if stage.reason and stage.reason != "asked for":
            yield Decision(f"stage {stage.id}", "ends", stage.reason)


__all__ = ["FIXED", "Axis", "Fused", "Limits", "decide", "fuse", "region_shape"]
