"""What every executor of plans offers, and what it records when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.plan.model import Plan, Stage


class Trace:
    """What the stages of one run took; filled in while the plan runs.

    Attributes
    ----------
    seconds : dict of int to float
        By stage.
    nbytes : dict of int to int
        Bytes that each stage read and wrote, values counted once.
    starts : dict of int to float
        When each stage started, by `time.perf_counter`; its first window, if cut.
    copies : list of tuple
        Of each copy between host and device: ``to device`` or ``to host``, when it
        started, and the seconds until it was done.
    """

    __slots__ = ("copies", "nbytes", "seconds", "starts")

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}
        self.nbytes: dict[int, int] = {}
        self.starts: dict[int, float] = {}
        self.copies: list[tuple[str, float, float]] = []


class Executable(Protocol):
    """A plan made ready to run, as often as wanted and from any thread."""

    def run(self, leaves: Sequence[Any], trace: Trace | None = None) -> list[Any]:
        """Return the values of the plan's roots, in order.

        Parameters
        ----------
        leaves : sequence
            Values of the canonical node list: entry ``value.source`` is the value of
            a plan value of the role ``input`` or ``scalar``.
        trace : Trace, optional
            Is filled with what every stage took.

        Returns
        -------
        list
            Arrays of the executor's kind that alias neither each other nor a leaf; a
            result without axes may be a scalar.
        """
        ...  # pragma: no cover - a protocol


def moved(plan: Plan, stage: Stage) -> int:
    """Return the bytes that a stage reads and writes, every value counted once."""
    used = {entry.value for entry in stage.inputs} | {o.value for o in stage.outputs}
    return sum(plan.values[number].nbytes for number in used)
