"""Proofs of laziness, and records of what ran."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lazyarr import evaluate
from lazyarr.config import config
from lazyarr.ir.text import show
from lazyarr.runtime import numpy_backend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from lazyarr.ir.node import Node
    from lazyarr.plan.model import Plan
    from lazyarr.runtime.base import Executable, Trace

_patching = threading.RLock()
_RUNNING = ("compute", "persist", "settle")


class RaiseIfComputed:
    """Within a ``with`` block, computing anything raises `AssertionError`.

    It holds for the whole process while the block runs; the cache of plans is emptied
    before. In the block, operations on small arrays are not evaluated on the spot (option
    `small_bytes`), in its thread.

    Examples
    --------
    >>> import lazyarr as la
    >>> with RaiseIfComputed():
    ...     x = la.ones(3) + 1
    >>> x.compute()
    array([2., 2., 2.])
    """

    def __enter__(self) -> None:
        _patching.acquire()
        self._planned = config(small_bytes=0)
        self._planned.__enter__()
        self._kept = {name: getattr(evaluate, name) for name in _RUNNING}
        for name in _RUNNING:
            setattr(evaluate, name, _refuse)
        evaluate.clear_cache()  # what is compiled runs plans by itself

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, function in self._kept.items():
            setattr(evaluate, name, function)
        self._planned.__exit__(kind, error, trace)
        _patching.release()


def _refuse(roots: tuple[Node, ...], *how: Any, **rest: Any) -> list[Any]:
    msg = f"computed where nothing should be:\n{show(roots)}"
    raise AssertionError(msg)


class RecordingBackend:
    """A CPU backend that keeps every plan it prepares and counts its runs.

    Within a ``with`` block it takes the place of the backend of the whole process;
    the cache of plans is emptied before and behind. In the block, operations on small
    arrays are planned like any other (option `small_bytes`), in its thread.

    Attributes
    ----------
    plans : list of Plan
        In the order in which they were made ready.
    runs : list of Plan
        In the order in which they ran.

    Examples
    --------
    >>> import lazyarr as la
    >>> with RecordingBackend() as recorded:
    ...     _ = (la.arange(3) * 2).compute()
    ...     _ = (la.arange(3) * 2).compute()
    >>> len(recorded.plans), len(recorded.runs)
    (1, 2)
    """

    name = "cpu"

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self.runs: list[Plan] = []

    def prepare(self, plan: Plan) -> Executable:
        """Return the plan ready to run, on the CPU, and recorded when it does."""
        self.plans.append(plan)
        return _Recorded(self, plan, self._inner.prepare(plan))

    def __enter__(self) -> RecordingBackend:
        _patching.acquire()
        self._planned = config(small_bytes=0)
        self._planned.__enter__()
        self._inner = numpy_backend.BACKEND
        evaluate.clear_cache()
        numpy_backend.BACKEND = self  # type: ignore[assignment]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        numpy_backend.BACKEND = self._inner
        evaluate.clear_cache()
        self._planned.__exit__(kind, error, trace)
        _patching.release()


class _Recorded:
    """A prepared plan that notes its runs."""

    def __init__(self, owner: RecordingBackend, plan: Plan, inner: Executable) -> None:
        self.owner = owner
        self.plan = plan
        self.inner = inner

    def run(self, leaves: Sequence[Any], trace: Trace | None = None) -> list[Any]:
        self.owner.runs.append(self.plan)
        return self.inner.run(leaves, trace)


@contextmanager
def every_path() -> Iterator[None]:
    """Run a block with tiny tiles and without the path for small arrays.

    So small arrays reach the code that is meant for large ones.

    Examples
    --------
    >>> import lazyarr as la
    >>> with every_path():
    ...     float((la.arange(1000) * 2).sum())
    999000.0
    """
    with config(small_path=False, tile_elements=64):
        yield
