"""Kernels compiled by NVRTC as we ask, and kept on disk between processes.

CuPy's `RawKernel` would do both, but it adds ``-ftz=true`` to whatever is asked for,
and NumPy does not flush subnormal numbers to zero.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from lazyarr.runtime.cuda_device import cupy

# No contraction, no fast maths, no flushing: bits as NumPy's. C++17 for ``if constexpr``.
OPTIONS = ("-std=c++17", "--fmad=false", "--ftz=false")


def load(source: str, name: str) -> tuple[int, Any]:
    """Return the driver's handle of a kernel, and what keeps it loaded.

    Raises
    ------
    cupy.cuda.compiler.CompileException
        The source does not compile.
    """
    module = cupy().cuda.function.Module()
    module.load(_binary(source))
    function = module.get_function(name)
    return function.ptr, (module, function)


def _binary(source: str) -> bytes:
    path = _path(source)
    with contextlib.suppress(OSError):
        return path.read_bytes()
    compiler = cupy().cuda.compiler
    binary: bytes = compiler.compile_using_nvrtc(
        source, options=OPTIONS, cache_in_memory=True
    )[0]
    # A cache that cannot be written costs time, not results.
    with contextlib.suppress(OSError):
        _save(path, binary)
    return binary


def _path(source: str) -> Path:
    """Return where the binary of a source is kept, beside CuPy's own."""
    cuda = cupy().cuda
    facts = (cuda.Device().compute_capability, cuda.nvrtc.getVersion(), OPTIONS)
    key = hashlib.sha256(f"{facts}\0{source}".encode()).hexdigest()
    folder = os.environ.get("CUPY_CACHE_DIR") or "~/.cupy/kernel_cache"
    return Path(folder).expanduser() / f"lazyarr-{key}.cubin"


def _save(path: Path, binary: bytes) -> None:
    """Write a file that other processes see whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="lazyarr-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(binary)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
