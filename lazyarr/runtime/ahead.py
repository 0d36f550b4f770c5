"""Kernels that are compiled ahead of their first launch, in a thread of their own.

The plan runs on the CPU meanwhile: NVRTC holds no lock of the interpreter. One kernel is
compiled after the other, those that were asked for last before all others. The thread is
behind all others: where those of a BLAS wait for one another on every core, one that
is held up holds up all. It ends when nothing is left to compile: who asks whether a
thread of the user's may be reading an array looks at every thread there is.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from lazyarr.runtime import launch as launching
from lazyarr.runtime.cuda_device import cupy
from lazyarr.runtime.threads import Keeping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.runtime.launch import Text


_BEHIND = 10
"""Its niceness. With 19 it would have so little of a busy core that it would come to a halt
amid Python's own work, with the interpreter's lock."""


class Compilation(Keeping):
    """The kernels of a plan: `done`, or the `error` of one, when it is over."""

    __slots__ = ("device", "done", "texts")

    def __init__(self, texts: Sequence[Text], device: int) -> None:
        super().__init__()
        self.texts = texts
        self.device = device
        self.done = False

    def tell(self) -> None:
        """Raise the error, if there is one; once, for it then holds the arrays of a run."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            del error  # which holds this frame


class _Compiler:
    """A daemon thread that compiles; at the process's exit it ends with its kernel."""

    def __init__(self) -> None:
        self.waiting: list[Compilation] = []
        self.lock = threading.RLock()
        self.thread: threading.Thread | None = None
        self.serves = False
        self.leaves = False

    def take(self, compilation: Compilation) -> None:
        """Compile these kernels, too."""
        with self.lock:
            self.waiting.append(compilation)
            if not self.serves:
                self.serves = self._begin()

    def _begin(self) -> bool:
        """Start the thread; say whether the system lets it: at its exit, none starts."""
        name = "lazyarr-compiler"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False
        if self.thread is None:
            # NVRTC must not be at work when its library is taken down.
            atexit.register(self.end)
        self.thread = thread
        return True

    def end(self) -> None:
        """Stop when the kernel is done that is being compiled, and wait for that."""
        with self.lock:
            self.leaves = True
        if self.thread is not None:
            self.thread.join()

    def _serve(self) -> None:
        _give_way()
        while (compilation := self._next()) is not None:
            with compilation, cupy().cuda.Device(compilation.device):
                for one in compilation.texts:
                    if self.leaves:
                        return
                    launching.compile_ahead(one, compilation.device)
            compilation.done = True

    def _next(self) -> Compilation | None:
        with self.lock:
            self.serves = bool(self.waiting) and not self.leaves
            return self.waiting.pop() if self.serves else None


def _give_way() -> None:
    """Let all other threads go before this one, where the system knows such an order."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND)


_compiler = _Compiler()


def _reset() -> None:
    """Forget the thread, which a fork did not bring along."""
    global _compiler
    atexit.unregister(_compiler.end)
    _compiler = _Compiler()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)


def start(texts: Sequence[Text], device: int) -> Compilation:
    """Begin to compile kernels for a device, beside whatever runs."""
    compilation = Compilation(texts, device)
    _compiler.take(compilation)
    return compilation
