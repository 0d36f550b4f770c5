"""A pool of threads that outlives runs, and work that is handed out piece by piece."""

from __future__ import annotations

import importlib
import itertools
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from lazyarr.runtime import floating

if TYPE_CHECKING:
    from queue import SimpleQueue
    from types import TracebackType

    from lazyarr.runtime.floating import Note

# Gets the numbers of the pieces to do from its argument until that returns None.
Worker: TypeAlias = Callable[[Callable[[], "int | None"]], None]


def _over(take: Callable[[], int | None]) -> None:
    """Do nothing: what is done for a job of which nothing is left."""


class Keeping:
    """Work as a block, whose first error is kept for whoever waits for the work."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None and self.error is None:
            self.error = error
        return True


class Job(Keeping):
    """Pieces of work, numbered from 0, that several threads take from one counter."""

    __slots__ = (
        "active",
        "closed",
        "count",
        "counter",
        "found",
        "idle",
        "lock",
        "worker",
    )

    def __init__(self, worker: Worker, count: int) -> None:
        super().__init__()
        self.worker = worker
        self.count = count
        self.counter = itertools.count()
        self.found: set[Note] = set()
        self.closed = False
        self.active = 0
        self.lock = threading.Lock()
        self.idle = threading.Event()

    def take(self) -> int | None:
        """Return the next piece, or None when all are taken or one has failed."""
        piece = next(self.counter)
        return piece if piece < self.count and self.error is None else None

    def work(self) -> None:
        """Do pieces until none is left; an error ends the job for all."""
        with self:
            self.worker(self.take)

    def help(self, scene: floating.Scene) -> None:
        """Do pieces in a thread of the pool, unless the job is over already."""
        with self.lock:
            if self.closed:
                return
            self.active += 1
        try:
            scene.run(self.work)
        finally:
            with self.lock:
                self.found |= scene.notes.found
                scene.notes.found.clear()
                self.active -= 1
                if self.active == 0:
                    self.idle.set()

    def finish(self) -> None:
        """Let nobody join any more, and wait for those who did."""
        with self.lock:
            self.closed = True
            waits = self.active > 0
            self.idle.clear()
        try:
            if waits:
                self.idle.wait()
        except BaseException:
            # Interrupted: the others still write into arrays that would be let go.
            self.error = self.error or RuntimeError()
            self.idle.wait()
            raise
        self.worker = _over  # the arrays of its plan need not wait for busy threads


class _Pool:
    """Daemon threads waiting for jobs; more are started when more are wanted.

    Each waits at a queue of its own: those at one queue would be woken one after the
    other, each by the one before it, and the last of many would come when all is done.
    """

    def __init__(self) -> None:
        self.idle: list[SimpleQueue[Job]] = []
        self.late: deque[Job] = deque()  # for whom nobody was idle
        self.size = 0
        self.lock = threading.Lock()

    def call(self, job: Job, count: int) -> None:
        """Have so many threads help with a job, as soon as they are idle."""
        with self.lock:
            while self.size < count and self._grow():
                pass
            for _ in range(min(count, self.size)):
                if self.idle:
                    self.idle.pop().put(job)
                else:
                    self.late.append(job)

    def _grow(self) -> bool:
        """Start a thread; say whether the system lets it: at its exit, none starts."""
        queue: SimpleQueue[Job] = importlib.import_module("queue").SimpleQueue()
        name = f"lazyarr-{self.size}"
        serve = threading.Thread(
            target=self._serve, args=(queue,), name=name, daemon=True
        )
        try:
            serve.start()
        except RuntimeError:
            return False
        self.size += 1
        self.idle.append(queue)
        return True

    def _serve(self, queue: SimpleQueue[Job]) -> None:
        scene = floating.Scene()
        while True:
            job: Job | None = queue.get()
            while job is not None:
                job.help(scene)
                del job  # holds the arrays of its plan
                job = self._next(queue)

    def _next(self, queue: SimpleQueue[Job]) -> Job | None:
        """Return a job that waits for a thread; the thread is idle if there is none."""
        with self.lock:
            if self.late:
                return self.late.popleft()
            self.idle.append(queue)
            return None


_pool = _Pool()


def started() -> int:
    """Return how many threads of the pool there are; they never end."""
    return _pool.size


def alone() -> bool:
    """Whether no other thread of the user's may be reading the same array now."""
    # A thread that Python did not start is counted once it has been asked for, and those
    # of the pool before all others: meanwhile another thread may start one of them.
    this, ours = threading.current_thread(), started()
    count = threading.active_count()
    if count == 1 or (count == 1 + ours and not _is_ours(this)):
        return True  # there may be as many threads as cores: nobody looks at each
    return all(one is this or _is_ours(one) for one in threading.enumerate())


def _is_ours(thread: threading.Thread) -> bool:
    return thread.name.startswith("lazyarr-")


def _reset() -> None:
    """Forget threads that a fork did not bring along."""
    global _pool
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)


def run(worker: Worker, count: int, threads: int, notes: floating.Notes) -> None:
    """Run `worker` in this thread, and with it in up to ``threads - 1`` of the pool.

    `notes` gets the floating-point errors of the other threads. An error in any of
    them stops all and is raised here.
    """
    others = min(threads, count) - 1
    job = Job(worker, count)
    try:
        if others > 0:
            _pool.call(job, others)
        worker(job.take)
    except BaseException as error:
        if job.error is None:
            job.error = error if isinstance(error, Exception) else RuntimeError()
        job.finish()
        raise
    job.finish()
    notes.found |= job.found
    if job.error is not None:
        raise job.error
