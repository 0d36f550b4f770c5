"""What running a plan took, beside which a prediction can be put."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Measured seconds of one run of a plan.

    Attributes
    ----------
    stage_s : mapping of int to float
        Seconds of every stage that ran, by its id.
    wall_s : float
        Seconds of the whole call, from asking to having the result.
    phases : mapping of str to float
        Where the wall time outside the stages went, if known: ``build``, ``plan``,
        ``prepare``, ``compile``, ``copy``, ``idle``.
    spans : tuple of tuple
        What was done when, for a timeline: a label (``stage 0``, ``to device``), the
        seconds since the run started, and how long it took.
    """

    stage_s: Mapping[int, float]
    wall_s: float
    phases: Mapping[str, float] = field(default_factory=dict)
    spans: tuple[tuple[str, float, float], ...] = ()

    @property
    def stages_s(self) -> float:
        """Seconds of all stages."""
        return sum(self.stage_s.values())

    @property
    def outside_s(self) -> float:
        """Seconds of the wall time that no stage accounts for."""
        return max(0.0, self.wall_s - self.stages_s)
