"""Generated kernels, executed on the CPU behind a shim."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from lazyarr.codegen import lowering, preamble, writer
from lazyarr.codegen.indexing import Layout
from lazyarr.codegen.lowering import Device, Launch, lower
from lazyarr.codegen.structure import Held, Number, Pointer

SHIM = Path(__file__).parent / "shim.h"
# Two processors: even small arrays are cut among blocks.
DEVICE = Device(processors=2, resident=2)


class Job(NamedTuple):
    """A stage, the values between stages, and the arrays it reads by value."""

    stage: object
    values: tuple
    arrays: dict


def _layout(array):
    if not isinstance(array, np.ndarray):
        return None
    strides = tuple(s // array.itemsize for s in array.strides)
    return Layout(strides, array.ctypes.data % 16 == 0)


def _aligned(shape, dtype):
    """Return an array that starts at 16 bytes, as device memory does."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + 16, np.uint8)
    start = -raw.ctypes.data % 16
    return raw[start : start + size].view(dtype).reshape(shape)


class Cpu:
    """Compiles launches with the C++ compiler and runs them on NumPy's memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, jobs: list[Job], device: Device = DEVICE) -> list[dict]:
        """Return the output arrays of each job, by value."""
        lowered = []
        for job in jobs:
            layouts = {k: _layout(a) for k, a in job.arrays.items()}
            lowered.append(lower(job.stage, job.values, layouts, device))
        launches = [launch for one in lowered for launch in one.launches]
        library = self._compile(launches)
        result, number = [], 0
        for job, one in zip(jobs, lowered, strict=True):
            arrays = dict(job.arrays)
            known = (*job.values, *one.values)
            outputs = {o.value for o in job.stage.outputs}
            for value in known:
                if value.id not in arrays and (
                    value.id in outputs or value.id >= len(job.values)
                ):
                    arrays[value.id] = _aligned(value.shape, value.dtype)
            if job.stage.region is not None:
                (written,) = outputs
                arrays[written][...] = arrays[job.stage.region.base]
            for launch in one.launches:
                self._call(getattr(library, f"run{number}"), launch, arrays)
                number += 1
            result.append({k: arrays[k] for k in outputs})
        return result

    def _compile(self, launches: list[Launch]) -> ctypes.CDLL:
        parts = ['#include "shim.h"']
        bodies = "".join(lowering.body(x.structure) for x in launches)
        parts.append(preamble.sections(bodies))
        for k, launch in enumerate(launches):
            body = lowering.body(launch.structure)
            body = body.replace("extern __shared__ __align__(16) char lz_shared[];", "")
            body = body.replace('extern "C" ', "")
            parts.append(f"namespace k{k} {{\n{body}}}\n" + _runner(k, launch))
        text = "\n".join(parts)
        name = hashlib.sha256(text.encode()).hexdigest()[:20]
        target = self.folder / f"{name}.so"
        if not target.exists():
            source = self.folder / f"{name}.cpp"
            source.write_text(text, encoding="utf-8")
            command = ["g++", "-std=c++17", "-O1", "-w", "-fwrapv", "-ffp-contract=off"]
            command += ["-shared", "-fPIC", f"-I{SHIM.parent}", str(source)]
            made = subprocess.run(
                [*command, "-o", str(target)], capture_output=True, text=True, check=False
            )
            assert made.returncode == 0, made.stderr[:4000] + text
        return ctypes.CDLL(str(target))

    def _call(self, function, launch: Launch, arrays: dict) -> None:
        scratch = {
            "partial": _aligned((launch.scratch + 16,), np.uint8),
            "tickets": np.zeros(launch.tickets + 1, np.uint32),
        }
        held = []
        for argument in launch.arguments:
            match argument:
                case Pointer(value, nbytes):
                    place = arrays[value].ctypes.data + nbytes
                    held.append(np.array(place, np.uint64))
                case Held(value, dtype):
                    held.append(np.array(arrays[value], dtype))
                case Number(number, size):
                    held.append(np.array(number, np.int32 if size == 4 else np.int64))
                case _:
                    held.append(np.array(scratch[argument.what].ctypes.data, np.uint64))
        pointers = (ctypes.c_void_p * len(held))(*(a.ctypes.data for a in held))
        function(pointers, launch.grid, *launch.block)
        assert not scratch["tickets"].any(), "counters must be zero for the next launch"


def _runner(k: int, launch: Launch) -> str:
    kinds = [kind for kind, _ in all_parameters(launch)]
    kinds = [f"k{k}::{c}" if c == "lz_state*" else c for c in kinds]
    kinds = [c.replace("__restrict__", "") for c in kinds]
    values = ", ".join(f"*({c}*)args[{j}]" for j, c in enumerate(kinds))
    return (
        f'extern "C" void run{k}(void** args, unsigned grid, unsigned x, unsigned y) {{'
        f"\n  shim_launch([=] {{ k{k}::{launch.name}({values}); }}, grid, x, y);\n}}\n"
    )


def all_parameters(launch: Launch) -> list[tuple[str, str]]:
    structure = launch.structure
    generator = lowering.GENERATORS[structure.kind]
    return [*writer.parameters(structure), *generator.extra(structure)]


@pytest.fixture(scope="session")
def cpu(tmp_path_factory) -> Cpu:
    if shutil.which("g++") is None:
        pytest.skip("kernels run on the CPU only where g++ is")
    return Cpu(tmp_path_factory.mktemp("kernels"))

