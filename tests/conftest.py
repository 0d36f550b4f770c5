"""Golden files, and tests that need hardware or packages that may be missing."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"
# How long an example takes is the machine's affair. The same commit gives the same result:
# `pytest --hypothesis-profile searching` draws other examples, and more, each time.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("searching", deadline=None, max_examples=300)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the files under tests/golden anew instead of comparing with them",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with a file: ``golden("plan/softmax_is_two_stages.txt", text)``."""
    update = request.config.getoption("--update-golden")

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        text = text.rstrip("\n") + "\n"
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.is_file():
            pytest.fail(f"no golden {name}: look at it, then run with --update-golden")
        expected = path.read_text(encoding="utf-8")
        assert text == expected, f"{name} differs; --update-golden accepts the change"

    return check


@pytest.fixture
def planned():
    """Let no operation on small arrays be evaluated on the spot."""
    with importlib.import_module("lazyarr").config(small_bytes=0):
        yield


def _no_gpu() -> str | None:
    """Return why GPU tests cannot run here, or None if they can."""
    try:
        cupy = importlib.import_module("cupy")
    except ImportError:
        return "CuPy is not installed (pip install 'lazyarr[gpu]')"
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"no CUDA device: {error}"
    return None if count else "no CUDA device"


def _no_cluster() -> str | None:
    if importlib.util.find_spec("distributed") is None:
        return "Dask is not installed (pip install 'lazyarr[dask]')"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for marker, missing in (("gpu", _no_gpu), ("cluster", _no_cluster)):
        marked = [item for item in items if item.get_closest_marker(marker)]
        reason = missing() if marked else None
        if reason:
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=reason))
