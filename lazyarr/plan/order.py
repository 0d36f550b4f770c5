"""The order in which the stages of a plan run."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING

from lazyarr.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.plan.model import Stage


def run_order(stages: Sequence[Stage], places: Sequence[int]) -> list[int]:
    """Return the numbers of the stages so that each comes after what it reads.

    Of stages that could run, one that writes into an array waits for the others, and
    longest while stages that cannot run yet are to read what it would write over: as
    the last reader it can write in place. Otherwise `places` decides: where in the
    graph a stage's last node stands.

    Raises
    ------
    InternalError
        Stages wait for one another in a circle.
    """
    producer = {o.value: k for k, s in enumerate(stages) for o in s.outputs}
    waits = [{producer[v] for v in s.reads if v in producer} for s in stages]
    users: list[list[int]] = [[] for _ in stages]
    for k, needed in enumerate(waits):
        for other in needed:
            users[other].append(k)
    queue = _Queue(stages, places)
    for k, needed in enumerate(waits):
        if not needed:
            queue.add(k)
    order: list[int] = []
    while (taken := queue.take()) is not None:
        order.append(taken)
        for user in users[taken]:
            waits[user].discard(taken)
            if not waits[user]:
                queue.add(user)
    if len(order) < len(stages):
        stuck = [stages[k].ops for k, needed in enumerate(waits) if needed]
        msg = f"{len(stuck)} stages wait for one another, {stuck[0]} among them"
        raise InternalError(msg)
    return order


class _Queue:
    """The stages that could run; it gives them out in the order of `run_order`."""

    def __init__(self, stages: Sequence[Stage], places: Sequence[int]) -> None:
        self.stages = stages
        self.places = places
        self.unread = Counter(value for stage in stages for value in set(stage.reads))
        self.ready: list[tuple[bool, int, int]] = []  # a heap
        self.held: list[tuple[bool, int, int]] = []  # a heap: writers kept back
        self.keeps: dict[int, list[int]] = {}  # the same, by what they write over
        self.taken: set[int] = set()

    def add(self, k: int) -> None:
        writes = self.stages[k].region is not None
        heapq.heappush(self.ready, (writes, self.places[k], k))

    def take(self) -> int | None:
        """Return the stage to run next, None if there is none."""
        while self.ready or self.held:
            entry = heapq.heappop(self.ready or self.held)
            k = entry[-1]
            region = self.stages[k].region
            if k in self.taken:  # it was kept back, and then let go
                continue
            if self.ready and region is not None and self.unread[region.base] > 1:
                heapq.heappush(self.held, entry)
                self.keeps.setdefault(region.base, []).append(k)
                continue
            self.taken.add(k)
            self._count_reads(k)
            return k
        return None

    def _count_reads(self, k: int) -> None:
        """Let go of the writers that nobody but they themselves read before."""
        for value in set(self.stages[k].reads):
            self.unread[value] -= 1
            if self.unread[value] == 1:
                for writer in self.keeps.pop(value, ()):
                    self.add(writer)
