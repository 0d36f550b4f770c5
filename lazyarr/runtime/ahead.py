"""Kernels that are compiled ahead of their first launch, in a thread of their own.

The plan runs on the CPU meanwhile: NVRTC holds no lock of the interpreter. One kernel is
compiled after the other, those that were asked for first before all others.
"""

from __future__ import annotations

import atexit
import os
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from lazyarr.runtime import launch as launching
from lazyarr.runtime.cuda_device import cupy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from lazyarr.codegen.launches import Launch


class Compilation:
    """The kernels of a plan's launches: `done`, or the `error` of one, when it is over."""

    __slots__ = ("device", "done", "error", "launches")

    def __init__(self, launches: Sequence[Launch], device: int) -> None:
        self.launches = launches
        self.device = device
        self.done = False
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.error = error
        self.done = True
        return True  # a run raises it


class _Compiler:
    """A daemon thread that compiles; at the process's exit it ends with its kernel."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Compilation | None] = SimpleQueue()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.leaves = False

    def take(self, compilation: Compilation) -> None:
        """Compile these kernels, too."""
        self.queue.put(compilation)
        with self.lock:
            if self.thread is None:
                name = "lazyarr-compiler"
                self.thread = threading.Thread(
                    target=self._serve, name=name, daemon=True
                )
                # NVRTC must not be at work when its library is taken down.
                atexit.register(self.end)
                self.thread.start()

    def end(self) -> None:
        """Stop when the kernel is done that is being compiled, and wait for that."""
        self.leaves = True
        self.queue.put(None)
        if self.thread is not None:
            self.thread.join()

    def _serve(self) -> None:
        while (compilation := self.queue.get()) is not None:
            with compilation, cupy().cuda.Device(compilation.device):
                for one in compilation.launches:
                    if self.leaves:
                        return
                    launching.compile_ahead(one, compilation.device)


_compiler = _Compiler()


def _reset() -> None:
    """Forget the thread, which a fork did not bring along."""
    global _compiler
    atexit.unregister(_compiler.end)
    _compiler = _Compiler()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)


def start(launches: Sequence[Launch], device: int) -> Compilation:
    """Begin to compile kernels for a device, beside whatever runs."""
    compilation = Compilation(launches, device)
    _compiler.take(compilation)
    return compilation
