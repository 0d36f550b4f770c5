"""The phases of a row-wise stage, and what lies in memory between them if each is a launch.

A phase computes what only needs the folds of earlier ones, and ends with folds of its
own.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.ops.row import Kind
from lazyarr.plan.geometry import memory_order, planned
from lazyarr.plan.model import KEPT, LOOP

if TYPE_CHECKING:
    from lazyarr.plan.model import Instr, Stage, Value

# Of any row, the threads of a block hold so many elements, if its code is so long at most.
_ROW = 1024
_WEIGHT, _FOLDS = 64, 8


def folds(instr: Instr) -> bool:
    """Whether an instruction ends a phase."""
    return instr.op.kind is Kind.REDUCE


def phases(stage: Stage) -> list[int]:
    """Return the phase behind which each register is known."""
    found = [0] * len(stage.inputs)
    for instr in stage.body:
        phase = max((found[a] for a in instr.args), default=0)
        found.append(phase + 1 if folds(instr) else phase)
    return found


def stored(stage: Stage, phase: list[int], ends: int) -> list[int]:
    """Return the results of rows that are known behind a phase, and read later.

    Outputs are among them; `phase` is that of every register.
    """
    count = len(stage.inputs)
    read = {output.register for output in stage.outputs}
    for register, instr in enumerate(stage.body, count):
        if instr.space == LOOP or phase[register] > ends or folds(instr):
            read.update(instr.args)
    return [
        register
        for register, instr in enumerate(stage.body, count)
        if instr.space == KEPT and phase[register] == ends and register in read
    ]


def between(stage: Stage, values: tuple[Value, ...]) -> list[int]:
    """Return the bytes of each array between the launches of a row-wise stage.

    None where one kernel does it all: where rows lie in one piece and are short. Longer
    ones may be as well, but what lies between them is little then.
    """
    if stage.kind != "rowwise" or _is_one(stage, values):
        return []
    phase = phases(stage)
    kept, outputs = prod(stage.kept), {output.register for output in stage.outputs}
    return [
        kept * stage.body[register - len(stage.inputs)].dtype.itemsize
        for ends in range(1, max(phase) + 1)
        for register in stored(stage, phase, ends)
        if register not in outputs
    ]


def _is_one(stage: Stage, values: tuple[Value, ...]) -> bool:
    """Whether a block surely holds a row, or several."""
    row = prod(stage.loop[k] for k in stage.axes)
    weight = sum(max(i.op.flops // 5, 1) for i in stage.body)
    if row > _ROW or weight > _WEIGHT or sum(map(folds, stage.body)) > _FOLDS:
        return False
    moving = [k for k, n in enumerate(stage.loop) if n > 1]
    rows = set(stage.axes).intersection(moving)
    laid = [views.contiguous_strides(stage.loop), *planned(stage, values)]
    orders = [memory_order(len(stage.loop), [s]) for s in laid if s is not None]
    return all(
        set([k for k in order if k in moving][len(moving) - len(rows) :]) == rows
        for order in orders
    )
