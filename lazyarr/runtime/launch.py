"""Kernels compiled once per structure, and calls whose arguments are laid out before.

A `Call` holds the memory that the driver reads arguments from. What does not change
from run to run is written when it is made; a run writes addresses and scalars.
"""

from __future__ import annotations

import threading
from ctypes import addressof, c_char
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.codegen.structure import Held, Number, Pointer, Rounds, Structure
from lazyarr.errors import ExecutionError
from lazyarr.named import NamedTuple
from lazyarr.ops.philox import ROUNDS
from lazyarr.runtime import device_memory
from lazyarr.runtime.compile import CompileError, is_stored, load
from lazyarr.runtime.cuda_device import cupy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazyarr.codegen.lowering import Launch

_SLOT = 16
_ROUNDS = 10  # slots of what the rounds of a key add

_kernels: dict[tuple[Structure, int], tuple[int, Any]] = {}
_lock = threading.Lock()


def kernel(launch: Launch, device: int) -> int:
    """Return the driver's handle of a launch's kernel, compiled if need be."""
    key = (launch.structure, device)
    found = _kernels.get(key)
    if found is None:
        with _lock:
            found = _kernels.get(key)
            if found is None:
                found = _kernels[key] = _compiled(_text(launch))
    return found[0]


class Text(NamedTuple):
    """A kernel before it is compiled, and the stage that it is of."""

    structure: Structure
    name: str
    source: str
    stage: int


def _text(launch: Launch) -> Text:
    return Text(launch.structure, launch.name, launch.source, launch.stage)


def unknown(launches: Iterable[Launch], device: int) -> list[Text]:
    """Return kernels that are neither loaded nor in the folder of compiled ones."""
    new = {
        one.structure: one
        for one in launches
        if (one.structure, device) not in _kernels
    }
    texts = map(_text, new.values())
    return [one for one in texts if not is_stored(one.source, one.structure.arithmetic)]


def compile_ahead(text: Text, device: int) -> None:
    """Compile a kernel for the current device; nobody waits for it meanwhile."""
    key = (text.structure, device)
    if key not in _kernels:
        made = _compiled(text)
        with _lock:
            _kernels.setdefault(key, made)


def _compiled(text: Text) -> tuple[int, Any]:
    try:
        return load(text.source, text.name, text.structure.arithmetic)
    except CompileError as error:
        what = f"the kernel of stage {text.stage} does not compile: {error}"
        raise ExecutionError.at(text.name, what) from error


class Call:
    """One kernel call, which runs share; each takes the memory of its arguments from it."""

    __slots__ = (
        "device",
        "geometry",
        "idle",
        "launch",
        "partial",
        "start",
        "tickets",
    )

    def __init__(self, launch: Launch, device: int) -> None:
        self.launch = launch
        self.device = device
        x, y = launch.block
        handle = kernel(launch, device)
        self.geometry = (handle, launch.grid, 1, 1, x, y, 1, launch.shared)
        self.partial, self.tickets = launch.scratch, launch.tickets
        self.start = cupy().cuda.driver.launchKernel
        self.idle: list[Pack] = []

    def __call__(
        self, addresses: Sequence[int], held: Sequence[Any], stream: int
    ) -> None:
        """Launch on a stream; `addresses` and `held` are by value."""
        try:  # a pack is one run's at a time
            pack = self.idle.pop()
        except IndexError:
            pack = Pack(self.launch)
        words = pack.words
        for slot, value, nbytes in pack.pointers:
            words[slot] = addresses[value] + nbytes
        for k, (place, value) in enumerate(pack.scalars):
            scalar = held[value]
            if scalar is not pack.last[k]:  # no scalar that is held changes
                place[0] = pack.last[k] = scalar
        for place, value, bumps in pack.rounds:
            np.add(bumps, held[value], place)
        if pack.scratch:
            wanted = device_memory.scratch(
                self.device, stream, self.partial, self.tickets
            )
            for slot, which in pack.scratch:
                words[slot] = wanted[which]
        self.start(*self.geometry, stream, pack.address, 0)
        self.idle.append(pack)


class Pack:
    """The memory of a kernel's arguments: 16 bytes each, and their addresses."""

    __slots__ = (
        "address",
        "keep",
        "last",
        "memory",
        "pointers",
        "rounds",
        "scalars",
        "scratch",
        "words",
    )

    def __init__(self, launch: Launch) -> None:
        slots = [_ROUNDS if type(a) is Rounds else 1 for a in launch.arguments]
        first = [0, *accumulate(slots)]
        self.memory = bytearray(_SLOT * first[-1])
        start = addressof(c_char.from_buffer(self.memory))
        table = np.array(first[:-1], dtype=np.uint64) * _SLOT + start
        self.keep = table
        self.address: int = table.ctypes.data
        self.words = memoryview(self.memory).cast("Q")
        self.pointers: list[tuple[int, int, int]] = []
        self.rounds: list[tuple[np.ndarray, int, np.ndarray]] = []
        self.scalars: list[tuple[np.ndarray, int]] = []
        self.scratch: list[tuple[int, int]] = []
        for k, argument in zip(first, launch.arguments, strict=False):
            match argument:
                case Pointer(value, nbytes):
                    self.pointers.append((2 * k, value, nbytes))
                case Held(value, dtype):
                    place = np.frombuffer(self.memory, dtype, 1, _SLOT * k)
                    self.scalars.append((place, value))
                case Number(number, size):
                    data = number.to_bytes(size, "little", signed=True)
                    self.memory[_SLOT * k : _SLOT * k + size] = data
                case Rounds(key0, key1):
                    for value, bumps in zip((key0, key1), ROUNDS, strict=True):
                        place = np.frombuffer(self.memory, np.uint64, 10, _SLOT * k)
                        self.rounds.append((place, value, bumps))
                        k += 5
                case _ if launch.tickets:
                    self.scratch.append((2 * k, int(argument.what != "partial")))
        self.last: list[Any] = [None] * len(self.scalars)
