"""Registers of a stage: what is loaded, what is computed, and their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr import ops
from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind
from lazyarr.plan.group import seen
from lazyarr.plan.model import LOOP, Input, Instr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lazyarr.ir.node import Node, Shape, Where
    from lazyarr.ops.row import DType, Op

    # An instruction before its operands have their final numbers.
    Written: TypeAlias = tuple[Op, tuple[int, ...], DType, int, Any, Where]

_IOTA = ops.OPS["iota"]
_IOTA_DTYPE = _IOTA.resolve(())[-1]
_made = tuple.__new__  # as `Instr` itself, in a third of the time: there may be many


class Writer:
    """Loads operands and numbers registers: inputs first, then instructions.

    While a stage is written, instruction registers count from -1 down, so that
    inputs may still be added; `renumbered` puts them behind the inputs.

    Parameters
    ----------
    value : callable
        Gives the id of the value that holds a node.
    loop, axes : tuple of int
        Of the stage.
    """

    def __init__(self, value: Callable[[Node], int], loop: Shape, axes: Shape) -> None:
        self.value = value
        self.loop = loop
        self.kept = tuple(n for k, n in enumerate(loop) if k not in axes)
        self.inputs: list[Input] = []
        self.body: list[Written] = []
        self.register: dict[Node, int] = {}
        self.loaded: dict[Input, int] = {}
        self.met: dict[tuple[Node, int], int] = {}  # as `loaded`, by operand and space
        self.ramps: dict[tuple[int, Shape, int, bool], int] = {}

    def instruction(
        self, node: Node, space: int, inside: set[Node] | None = None
    ) -> None:
        """Write a node's instruction, and load what it reads.

        `inside` are the nodes of the stage; a view of any other one is loaded.
        """
        # A reduction reads the loop; everything else reads where it lives.
        reads = LOOP if node.op.kind is Kind.REDUCE else space
        args = tuple(
            [
                self._place(arg, reads)
                if node.op.draws and seen(arg)[0].op is _IOTA
                else self.operand(arg, reads, inside)
                for arg in node.args
            ]
        )
        params = node.params if node.op.kind is Kind.MAP else None  # a copy's order
        self.body.append((node.op, args, node.dtype, space, params, node.where))
        self.register[node] = -len(self.body)

    def operand(self, arg: Node, space: int, inside: set[Node] | None = None) -> int:
        """Return the register of an operand in a space; loads it if it must."""
        held = self.register.get(arg)
        if held is None:
            held = self.met.get((arg, space))
        if held is not None:
            return held
        base, view = seen(arg)
        held = self.register.get(base)
        if held is not None and (inside is None or base in inside):
            return held
        shape = self.loop if space == LOOP else self.kept
        if base.op is _IOTA:
            return self._ramp(base.shape, view, space)
        if view is None:
            view = views.identity(base.shape) if base.shape == shape else None
            view = view or View(shape, ())
        entry = Input(self.value(base), view, space)
        found = self.loaded.get(entry)
        if found is None:
            found = self.loaded[entry] = len(self.inputs)
            self.inputs.append(entry)
        self.met[arg, space] = found
        return found

    def _place(self, arg: Node, space: int) -> int:
        """Return a ramp that is read as places in a random stream, and by nobody else.

        Executors then need not compute it.
        """
        base, view = seen(arg)
        return self._ramp(base.shape, view, space, alone=True)

    def _ramp(
        self, base: Shape, view: View | None, space: int, *, alone: bool = False
    ) -> int:
        """Return the register of an index ramp: ``start`` plus strides times index."""
        view = view or views.identity(base)
        start, strides = views.strides_of(view, base)
        if not strides:  # one place of a ramp, for all of the space
            strides = (0,) * len(self.loop if space == LOOP else self.kept)
        key = (start, strides, space, alone)
        if key not in self.ramps:
            dtype = _IOTA_DTYPE
            self.body.append((_IOTA, (), dtype, space, key[:2], None))
            self.ramps[key] = -len(self.body)
        return self.ramps[key]

    def final(self, register: int) -> int:
        """Return the register's number behind all inputs."""
        return register if register >= 0 else len(self.inputs) - 1 - register

    def renumbered(self) -> Iterator[Instr]:
        """Yield the instructions with their final operands."""
        last = len(self.inputs) - 1
        for op, args, dtype, space, params, where in self.body:
            final = tuple([a if a >= 0 else last - a for a in args])
            yield _made(Instr, (op, final, dtype, space, params, where))
