"""The order in which the stages of a plan run."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from lazyarr.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.plan.model import Stage


def run_order(stages: Sequence[Stage], places: Sequence[int]) -> list[int]:
    """Return the numbers of the stages so that each comes after what it reads.

    Of stages that could run, one that writes into an array waits for the others, which
    may still read what was there before; otherwise `places` decides: where in the graph
    a stage's last node stands.

    Raises
    ------
    InternalError
        Stages wait for one another in a circle.
    """
    producer = {o.value: k for k, s in enumerate(stages) for o in s.outputs}
    waits: list[set[int]] = []
    for stage in stages:
        read = {i.value for i in stage.inputs}
        if stage.region is not None:
            read.add(stage.region.base)
        waits.append({producer[v] for v in read if v in producer})
    users: list[list[int]] = [[] for _ in stages]
    for k, needed in enumerate(waits):
        for other in needed:
            users[other].append(k)
    rank = [(s.region is not None, p) for s, p in zip(stages, places, strict=True)]
    ready = [(rank[k], k) for k, needed in enumerate(waits) if not needed]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _, k = heapq.heappop(ready)
        order.append(k)
        for user in users[k]:
            waits[user].discard(k)
            if not waits[user]:
                heapq.heappush(ready, (rank[user], user))
    if len(order) < len(stages):
        stuck = [stages[k].ops for k, needed in enumerate(waits) if needed]
        msg = f"{len(stuck)} stages wait for one another, {stuck[0]} among them"
        raise InternalError(msg)
    return order
