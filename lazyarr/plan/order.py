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
    waits: list[set[int]] = []
    for stage in stages:
        waits.append({producer[v] for v in _read(stage) if v in producer})
    users: list[list[int]] = [[] for _ in stages]
    for k, needed in enumerate(waits):
        for other in needed:
            users[other].append(k)
    rank = [(s.region is not None, p) for s, p in zip(stages, places, strict=True)]
    ready = [(rank[k], k) for k, needed in enumerate(waits) if not needed]
    heapq.heapify(ready)
    unread = Counter(value for stage in stages for value in _read(stage))
    held: list[tuple[tuple[bool, int], int]] = []  # writers that hope to be the last
    holds: dict[int, list[int]] = {}  # the same by what they write over
    order: dict[int, None] = {}
    while ready or held:
        entry = heapq.heappop(ready or held)
        k = entry[1]
        region = stages[k].region
        if k in order:
            continue
        if ready and region is not None and unread[region.base] > 1:
            heapq.heappush(held, entry)
            holds.setdefault(region.base, []).append(k)
            continue
        order[k] = None
        for value in _read(stages[k]):
            unread[value] -= 1
            if unread[value] == 1:
                for writer in holds.pop(value, ()):
                    heapq.heappush(ready, (rank[writer], writer))
        for user in users[k]:
            waits[user].discard(k)
            if not waits[user]:
                heapq.heappush(ready, (rank[user], user))
    if len(order) < len(stages):
        stuck = [stages[k].ops for k, needed in enumerate(waits) if needed]
        msg = f"{len(stuck)} stages wait for one another, {stuck[0]} among them"
        raise InternalError(msg)
    return list(order)


def _read(stage: Stage) -> set[int]:
    """Return the values that a stage reads, the one that it updates among them."""
    read = {i.value for i in stage.inputs}
    if stage.region is not None:
        read.add(stage.region.base)
    return read
