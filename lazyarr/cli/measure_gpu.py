"""What `lazyarr calibrate` measures of a GPU: by the executor that will run, synchronised."""

from __future__ import annotations

import importlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from lazyarr import evaluate
from lazyarr.cli import measure_library
from lazyarr.cli.measure_core import operands
from lazyarr.cli.measure_threads import stage_seconds
from lazyarr.cli.stopwatch import Step, middle, shortest, typical, while_time
from lazyarr.ir.node import structure
from lazyarr.ops.row import OPS
from lazyarr.plan.profile import DeviceProfile
from lazyarr.runtime.base import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lazyarr.cli.measure_cpu import Findings

_MIB = 1 << 20
_BUDGET = 0.03
_TRACED = 5
_SIDES = (8, 64, 320, 1024, 4096)
_LENGTHS = (1 << 13, 1 << 17, 1 << 20, 1 << 23)
_STACKED = 1 << 18  # elements of many small matrices
_ALL = 1 << 30  # of a series, and not what there is time for
# Operations of each class, that NumPy's sets of the same class are known by too.
_CLASSES = {
    "cheap": ("multiply", "add", "subtract"),
    "division": ("divide", "sqrt"),
    "transcendental": ("exp", "sin", "log1p", "tanh"),
}
_WHOLE = ("multiply", "add")
_REPEATED = {"cheap": 24, "division": 8, "transcendental": 3}


class Card:
    """A GPU under measurement.

    Attributes
    ----------
    rounds : list of dict
        What launches cost at several moments, by the profile's fields.
    """

    def __init__(self, number: int) -> None:
        self.rounds: list[dict[str, float]] = []
        self.runtime = importlib.import_module("lazyarr.runtime.cuda_device")
        self.memory = importlib.import_module("lazyarr.runtime.device_memory")
        self.compiler = importlib.import_module("lazyarr.runtime.compile")
        self.cupy = self.runtime.cupy()
        self.number = number
        self.device = f"gpu:{number}"

    def wait(self) -> None:
        """Return when the device has nothing left to do."""
        self.cupy.cuda.get_current_stream().synchronize()

    def held(self, array: Any) -> Any:
        """Return a lazy array on the device."""
        return la.asarray(self.cupy.asarray(array))

    def run(self, expression: Any) -> Any:
        """Compute there, and wait for it."""
        result = expression.persist(device=self.device)
        self.wait()
        return result

    def busy(self, expression: Any) -> float:
        """Return the seconds that kernels take, by the device's own clock."""
        roots = (expression._current(),)
        plan = evaluate.plan_of(roots, self.device, keep=True)
        leaves = [node.value for node in structure(roots)[1]]
        executable = evaluate.prepare(plan, leaves)
        executable.run(leaves, keep=True)
        best = float("inf")
        for _ in range(_TRACED):
            trace = Trace()
            executable.run(leaves, trace, keep=True)
            best = min(best, sum(trace.seconds.values()))
        return best

    def burst(self, expression: Callable[[], Any], count: int) -> float:
        """Return seconds of each of several runs that are waited for together."""

        def several() -> None:
            for _ in range(count):
                expression().persist(device=self.device)
            self.wait()

        return shortest(several, _BUDGET) / count


def steps(found: Findings, number: int = 0) -> list[Step]:
    """Return what there is to measure, in order.

    Launches are short, and a host may be slow for a moment: they are measured at several.
    """
    card = Card(number)
    launches = Step("launches of the GPU", 0.6, lambda: _launches(found, card))
    return [
        launches,
        Step("memory of the GPU", 1.6, lambda: _memory(found, card)),
        # Before what compiles kernels for seconds where none was ever compiled.
        Step("functions of CuPy", 5.5, lambda: _library(found, card)),
        launches,
        Step("arithmetic of the GPU", 6.0, lambda: _arithmetic(found, card)),
        Step("copies to and from the GPU", 3.5, lambda: _copies(found, card)),
        launches,
        Step("compilation", 0.2, lambda: _compilation(found, card)),
    ]


def profile(found: Findings, number: int = 0) -> DeviceProfile:
    """Return the profile that the findings amount to."""
    runtime = importlib.import_module("lazyarr.runtime.cuda_device")
    known = runtime.profile(number)
    pinned = found.pop("pinned")
    return DeviceProfile(
        known.name,
        "gpu",
        known.memory,
        bandwidth=found["cached"][-1][1],
        flops=found["rates"]["cheap/f8"],
        link=min(pinned),
        measured=True,
        **found,
    )


def _chain(x: Any, length: int) -> Any:
    for k in range(length):
        x = x + 1.5 if k % 2 else x * 1.25
    return x


def _launches(found: Findings, card: Card) -> None:
    """Measure launches once more: of each figure the middle one counts."""
    card.rounds.append(_launch_costs(card))
    for name in card.rounds[0]:
        found[name] = middle([each[name] for each in card.rounds])


def _launch_costs(card: Card) -> dict[str, float]:
    tiny = card.held(np.ones(16))
    with la.config(fusion=False):
        one = typical(lambda: card.run(_chain(tiny, 1)), _BUDGET)
        issue = card.burst(lambda: _chain(tiny, 9), 20)
        single = card.burst(lambda: _chain(tiny, 1), 50)
    with la.config(fusion=True):
        fused = typical(lambda: card.run(_chain(tiny, 9)), _BUDGET)
    square = card.held(np.ones((16, 16)))
    shaped = typical(lambda: card.run(_chain(square.reshape(8, 32), 1)), _BUDGET)
    far = typical(lambda: _chain(tiny, 1).compute(device="cpu"), _BUDGET)
    host = la.asarray(np.ones(16))
    near = typical(lambda: _chain(host, 1).compute(device="cpu"), _BUDGET)
    fetch = typical(partial(card.memory.download, [card.cupy.ones(16)]), _BUDGET)
    # Launches hide how short a kernel can be; a card's own clock does not.
    call = _shortest_kernel(card)
    node = max((fused - one) / 8, 0.0)
    # A stage of a chain is issued while the one before runs: the slower of the two.
    launch = max((issue - single) / 8 - node, 1e-6)
    return {
        "node": node,
        "launch": launch,
        "dispatch": max(single - launch - node, 0.0),
        "call": call,
        "wait": max(one - single - call, 1e-6),
        "view": max(shaped - one, 0.0),
        "link_latency": max(far - near - fetch, 0.0),
    }


def _shortest_kernel(card: Card) -> float:
    """Return the seconds between two events around many tiny kernels, for each."""
    tiny = card.held(np.ones(16))
    one, many = card.cupy.cuda.Event(), card.cupy.cuda.Event()
    busy = card.held(np.ones(1 << 26))
    count = 20
    times = []
    for _ in range(5):
        for _ in range(5):
            _chain(busy, 4).persist(device=card.device)  # while these are issued
        one.record()
        for _ in range(count):
            (tiny + 1.5).persist(device=card.device)
        many.record()
        many.synchronize()
        times.append(card.cupy.cuda.get_elapsed_time(one, many) * 1e-3 / count)
    return float(min(times))


def _memory(found: Findings, card: Card) -> None:
    curve = []
    fixed = found["dispatch"] + found["launch"] + found["wait"] + 3 * found["node"]
    for size in (3 * _MIB, 12 * _MIB, 24 * _MIB, 48 * _MIB, 96 * _MIB, 384 * _MIB):
        x = card.held(np.ones(size // 24))
        y = card.held(np.ones(size // 24))
        each = card.burst(partial(la.add, x, y), 20 if size < 64 * _MIB else 4)
        curve.append((float(size), size / each))
    x = card.held(np.ones(1 << 27))
    large = shortest(lambda: card.run(x + x * 0.5), 0.1) - fixed
    curve.append((float(2 << 30), (2 << 30) / large))
    found["cached"] = tuple(_without_issue(curve))


def _without_issue(curve: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave out sizes at which launching, and not memory, was what took the time."""
    best = max(rate for _, rate in curve)
    first = next(k for k, (_, rate) in enumerate(curve) if rate > 0.6 * best)
    return curve[first:]


def _arithmetic(found: Findings, card: Card) -> None:
    rates: dict[str, float] = {}
    size = 1 << 23
    for dtype in while_time(("f8", "f4", "i8")):
        x, y = (card.held(a) for a in operands(dtype, size))
        for pace, names in _CLASSES.items():
            whole = dtype == "i8"
            if whole and pace != "cheap":
                continue
            chosen = _WHOLE if whole else names
            # Both keep the device longer than the memory does: no stage is cut.
            few, many = (
                card.busy(_repeated(chosen, repeats, x, y))
                for repeats in (_REPEATED[pace], 3 * _REPEATED[pace])
            )
            work = 2 * _REPEATED[pace] * sum(OPS[name].flops for name in chosen)
            rates[f"{pace}/{dtype}"] = work * size / max(many - few, 1e-7)
    found["rates"] = rates


def _repeated(names: tuple[str, ...], repeats: int, x: Any, y: Any) -> Any:
    z = x
    for _ in range(repeats):
        for name in names:
            op = getattr(la, name)
            z = op(z, y) if OPS[name].nin == 2 else op(z)
    return z


_SIZES = (8, 1 << 12, 1 << 16, 1 << 18, 1 << 20, 1 << 21, 1 << 23, 1 << 26)
_LARGE = (1 << 28, 1 << 30, (1 << 30) + (1 << 20))


def _copies(found: Findings, card: Card) -> None:
    up, down = [], []
    for size in while_time((*_SIZES, *_LARGE), len(_SIZES)):
        host = np.ones(size, np.uint8)
        there = card.cupy.asarray(host)
        budget, least = (_BUDGET, 5) if size < 1 << 28 else (0.0, 3)
        if size <= 1 << 30:
            send = partial(_send, card, host)
            up.append((float(size), typical(send, budget, least)))
        fetch = partial(card.memory.download, [there])
        down.append((float(size), typical(fetch, budget, least)))
    found["upload"], found["download"] = tuple(up), tuple(down)
    runtime = card.cupy.cuda.runtime
    size = 1 << 26
    page = np.frombuffer(card.cupy.cuda.alloc_pinned_memory(size), np.uint8, size)
    block = card.cupy.empty(size, np.uint8)
    stream = card.cupy.cuda.get_current_stream().ptr
    ways = (
        (block.data.ptr, page.ctypes.data, size, 1, stream),
        (page.ctypes.data, block.data.ptr, size, 2, stream),
    )
    rates = []
    for way in ways:

        def copy(way: Any = way) -> None:
            runtime.memcpyAsync(*way)
            card.wait()

        rates.append(size / shortest(copy, _BUDGET))
    found["pinned"] = tuple(rates)


def _send(card: Card, host: Any) -> None:
    card.memory.upload(host, "calibration")
    card.wait()


def _compilation(found: Findings, card: Card) -> None:
    x = card.held(np.ones(64))
    plan = la.explain(la.exp(x) * 2 + la.sum(x), device=card.device, kernels=True)
    times = []
    target = card.compiler._target(card.cupy.cuda.Device().compute_capability)
    for number, source in enumerate(plan.kernels.values()):
        # A text that was never compiled, here or in another process.
        fresh = f"{source}\n// {time.time_ns()} {number}\n"
        start = time.perf_counter()
        card.compiler._made(fresh, *target)
        times.append(time.perf_counter() - start)
    found["compile"] = sum(times) / len(times)


def _library(found: Findings, card: Card) -> None:
    """Time functions: those of large arrays as the executor calls them.

    Loading a library or compiling a kernel takes up to half a second at the first call
    of a function, where no process did that before; its other sizes are quick then. So
    what all curves need comes first, one floating dtype after the other, and is measured
    though that takes longer than planned; stacks of matrices come when these curves are
    whole, and integers, which take what floats of their size do, last.
    """
    times: list[tuple[str, str, float, float]] = []
    for dtype in ("f8", "f4"):
        some = measure_library.products(card.cupy, dtype, _SIDES)
        times += _called(some, dtype, card, _ALL)
        times += _executed(dtype, card, _ALL)
        if dtype == "f8":
            apart = measure_library.decompositions(card.cupy, dtype)
            times += _called(apart, dtype, card, _ALL)
    times += _stacked("f8", card)
    times += _executed("i8", card, 0)
    found["functions"] = measure_library.table(times)


def _executed(
    dtype: str, card: Card, least: int
) -> list[tuple[str, str, float, float]]:
    found = []
    large = measure_library.executed((dtype,), _LENGTHS, card.held)
    for family, _, made, amount in while_time(large, least):
        _, seconds = stage_seconds(made, 0.01, 3, card.device)
        found.append((family, dtype, amount, seconds))
    return found


def _called(
    some: Iterable[tuple[str, Any, float]], dtype: str, card: Card, least: int
) -> list[tuple[str, str, float, float]]:
    return [
        (family, dtype, amount, typical(partial(_waited, call, card), 0.01))
        for family, call, amount in while_time(some, least)
    ]


def _stacked(dtype: str, card: Card) -> list[tuple[str, str, float, float]]:
    """Return what each of many small matrices takes."""
    found = []
    products = measure_library.multiplied(card.held, _STACKED)
    for family, made, amount, count in while_time(products, 0):
        _, seconds = stage_seconds(made, 0.01, 3, card.device)
        found.append((family, dtype, amount, seconds / count))
    for family, call, amount, count in while_time(
        measure_library.stacks(card.cupy, dtype, _STACKED), 0
    ):
        seconds = typical(partial(_waited, call, card), 0.01, 3)
        found.append((family, dtype, amount, seconds / count))
    return found


def _waited(call: Callable[[], Any], card: Card) -> Any:
    result = call()
    card.wait()
    return result
