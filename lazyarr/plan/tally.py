"""The instructions of a stage, counted by kind: a long stage has many of a few kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.plan.model import LOOP

if TYPE_CHECKING:
    from lazyarr.ir.view import View
    from lazyarr.ops.row import DType, Op
    from lazyarr.plan.model import Stage, Value


class Operand(NamedTuple):
    """What is read: its dtype, whether it is one element, and how its elements lie.

    `step` is how far apart in memory neighbours along the innermost axis lie; 0: nowhere.
    """

    dtype: DType
    single: bool = False
    step: int = 1


class Alike(NamedTuple):
    """So many instructions of one row that read the same kinds of operands."""

    op: Op
    dtype: DType
    space: int
    args: tuple[Operand, ...]
    times: int

    @property
    def folds(self) -> bool:
        """Whether they are reductions."""
        return self.op.kind is Kind.REDUCE

    @property
    def calls(self) -> int:
        """How many calls of NumPy they are."""
        each = self.op.passes if self.space == LOOP else int(self.folds)
        return each * self.times


def tallied(stage: Stage, values: tuple[Value, ...]) -> list[Alike]:
    """Return the instructions of a stage by kind, in the order in which kinds are met."""
    inner = len(stage.loop) - 1
    kinds: dict[Operand, int] = {}
    held = []  # by register: the number of its kind
    for entry in stage.inputs:
        value = values[entry.value]
        step = step_of(entry.view, value, inner)
        kind = Operand(value.dtype, not value.shape, step)
        held.append(kinds.setdefault(kind, len(kinds)))
    made: dict[DType, int] = {}
    counts: dict[tuple[Op, DType, int, tuple[int, ...]], int] = {}
    for op, args, dtype, space, _, _ in stage.body:
        key = (op, dtype, space, tuple([held[arg] for arg in args]))
        counts[key] = counts.get(key, 0) + 1
        number = made.get(dtype)
        if number is None:
            number = made[dtype] = kinds.setdefault(Operand(dtype), len(kinds))
        held.append(number)
    operands = list(kinds)
    return [
        Alike(op, dtype, space, tuple([operands[k] for k in args]), count)
        for (op, dtype, space, args), count in counts.items()
    ]


def step_of(view: View, value: Value, axis: int) -> int:
    """Return how far apart in memory neighbours along an axis of the loop lie; 0: nowhere."""
    step = 1
    pairs = zip(reversed(view.axes), reversed(value.shape), strict=False)
    for (_, along, named), extent in pairs:
        if named == axis:
            return along * step
        step *= extent
    return 0
