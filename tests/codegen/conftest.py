"""Generated kernels, executed on the CPU behind a shim."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lazyarr import evaluate
from lazyarr.codegen import preamble
from lazyarr.plan import delegate
from lazyarr.runtime import (
    ahead,
    cuda_device,
    cupy_backend,
    device_memory,
    evaluated,
    launch,
    ring,
    straight,
)
from tests.codegen.fake_cupy import FakeCupy

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
FLAGS = ["-std=c++17", "-O1", "-w", "-fwrapv", "-ffp-contract=off", "-fPIC"]
# Some compilers check every jump unasked, and take one to another stack for a mistake.
FLAGS += ["-U_FORTIFY_SOURCE"]
# What a GPU does otherwise than this CPU, or nobody knows, stops a kernel.
CHECKED = [
    "-fsanitize=alignment,bounds,shift,integer-divide-by-zero,float-cast-overflow",
    "-fsanitize-undefined-trap-on-error",
]
# A kernel needs nothing of C++'s library, which takes longer to look through than a kernel
# to compile.
LINKED = ["-nodefaultlibs", "-lgcc", "-lm", "-lc"]
_SHARED = "extern __shared__ __align__(16) char lz_shared[];"


class Cpu:
    """Compiles kernels with the C++ compiler and runs them on NumPy's memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # What all kernels share is compiled once, for all workers.
        self._made("shim.h.gch", *CHECKED, "-x", "c++-header", str(HERE / "shim.h"))
        self.shim = self._made("libshim.so", "-shared", str(HERE / "shim.cpp"))
        self.order = ctypes.c_uint.in_dll(ctypes.CDLL(self.shim), "shim_order")

    def compile(self, name: str, body: str) -> Callable[..., bytes | None]:
        """Return a function that launches a kernel, and says what was wrong."""
        text = body.replace(_SHARED, "").replace('extern "C" ', "")
        parts = [
            '#include "shim.h"',
            preamble.sections(text),
            text,
            _runner(name, text),
        ]
        text = "\n".join(parts)
        name = hashlib.sha256(text.encode()).hexdigest()[:20]
        target = self.folder / f"{name}.so"
        if not target.exists():
            source = self.folder / f"{name}-{os.getpid()}.cpp"
            source.write_text(text, encoding="utf-8")
            made = ("-pipe", "-shared", str(source), self.shim, *LINKED)
            self._made(target.name, *CHECKED, *made)
        function = ctypes.CDLL(str(target)).run
        function.restype = ctypes.c_char_p
        function.count = text.count("*)args[")
        return function

    def _made(self, name: str, *arguments: str) -> str:
        """Return the path of what the compiler makes of these, once for all workers."""
        target = self.folder / name
        if not target.exists():
            own = self.folder / f"{name}-{os.getpid()}"
            made = subprocess.run(
                [
                    "g++",
                    *FLAGS,
                    f"-I{self.folder}",
                    f"-I{HERE}",
                    *arguments,
                    "-o",
                    str(own),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            assert made.returncode == 0, made.stderr[:4000]
            own.replace(target)
        return str(target)


def _runner(name: str, text: str) -> str:
    """Return a function that takes a kernel's arguments as the driver does."""
    listed = re.search(rf"\b{name}\((.*?)\) {{", text).group(1)
    kinds = [re.sub(r"\s*\b\w+$", "", one) for one in listed.split(", ")]
    kinds = [c.replace("__restrict__", "").strip() for c in kinds]
    values = ", ".join(f"*({c}*)args[{j}]" for j, c in enumerate(kinds))
    return (
        f"static void call(void** args) {{ {name}({values}); }}\n"
        'extern "C" const char* run(void** args, unsigned grid, unsigned x, unsigned y, '
        "unsigned shared) {\n  return shim_launch(call, args, grid, x, y, shared);\n}\n"
    )


@pytest.fixture(autouse=True)
def fresh_plans(planned):
    """Let no operation be evaluated on the spot, and no plan of another test's be met."""
    evaluate.clear_cache()
    yield
    evaluate.clear_cache()


@pytest.fixture(scope="session")
def cpu(tmp_path_factory) -> Cpu:
    if shutil.which("g++") is None:
        pytest.skip("kernels run on the CPU only where g++ is")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which is all workers'
    (folder / "kernels").mkdir(exist_ok=True)
    return Cpu(folder / "kernels")


@pytest.fixture
def cupy(cpu, monkeypatch):
    """Let the executor find a fake CuPy; yields it."""
    module = FakeCupy(cpu)
    places = (cuda_device, device_memory, launch, cupy_backend, ring, straight, ahead)
    places += (evaluated,)
    for place in places:
        monkeypatch.setattr(place, "cupy", lambda: module)
    monkeypatch.setattr(launch, "load", module.load)
    monkeypatch.setattr("lazyarr.runtime.device_stage.cupy", lambda: module)
    monkeypatch.setattr("lazyarr.runtime.device_stage.cupyx", lambda: module.extra)
    monkeypatch.setattr("lazyarr.runtime.device_stage.processors", lambda number: 2)
    monkeypatch.setattr(launch, "_kernels", {})
    monkeypatch.setattr(device_memory, "_scratch", {})
    # No more than a kernel asks for: it would not show that it uses more.
    monkeypatch.setattr(device_memory, "_FIRST_SCRATCH", 4)
    monkeypatch.setattr(ring, "_thread", ring._Thread())
    monkeypatch.setattr(ahead, "_compiler", ahead._Compiler())
    monkeypatch.setattr(cuda_device, "missing", lambda: "")
    monkeypatch.setattr(cupy_backend, "missing", lambda: "")
    monkeypatch.setattr(module.pointer, "fail", -1)
    # What the fake has not, plans of other tests would take for missing in CuPy.
    monkeypatch.setattr(delegate, "_found", set())
    device_memory._staging_of.cache_clear()
    yield module
    ahead._compiler.end()
    device_memory._staging_of.cache_clear()
    for scratch in device_memory._scratch.values():
        assert not scratch.keep[1].host.any()  # counters are zero for the next launch
