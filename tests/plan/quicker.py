"""Profiles of machines that are faster than the one that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazyarr.plan.profile import Curve, DeviceProfile


def faster(
    device: DeviceProfile,
    *,
    bandwidth: float = 1.0,
    work: float = 1.0,
    link: float = 1.0,
    fixed: float = 1.0,
) -> DeviceProfile:
    """Return a profile with memory, arithmetic, link and latencies so many times as fast."""

    def scaled(points: Curve, times: float) -> Curve:
        return tuple((x, y / times) for x, y in points)

    return device._replace(
        bandwidth=device.bandwidth * bandwidth,
        flops=device.flops * work,
        launch=device.launch / fixed,
        link=device.link * link,
        link_latency=device.link_latency / link,
        dispatch=device.dispatch / fixed,
        node=device.node / fixed,
        view=device.view / fixed,
        call=device.call / fixed,
        tile=device.tile / fixed,
        fold=device.fold / fixed,
        row=device.row / fixed,
        wake=device.wake / fixed,
        turns=tuple((t, *(w / fixed for w in waits)) for t, *waits in device.turns),
        wait=device.wait / fixed,
        fresh=device.fresh * bandwidth,
        through=device.through * bandwidth,
        threads=tuple((t, b * bandwidth) for t, b in device.threads),
        spread=tuple((x, y * bandwidth) for x, y in device.spread),
        cached=tuple((x, y * bandwidth) for x, y in device.cached),
        upload=scaled(device.upload, link),
        download=scaled(device.download, link),
        rates={k: v * work for k, v in device.rates.items()},
        costs={k: v / work for k, v in device.costs.items()},
        functions={k: scaled(curve, work) for k, curve in device.functions.items()},
    )
