"""CUDA C++ to functions of the driver: NVRTC, and a folder of what it made before.

CuPy's own compiler adds ``-ftz=true``, which turns subnormal floats to zero. NumPy
keeps them, so NVRTC is called here, and the binaries lie beside those of CuPy.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import tempfile
from pathlib import Path
from typing import Any

from lazyarr.runtime.cuda_device import cupy

# Without being asked: no contraction and no fast maths, for bits as NumPy's. C++17 for
# ``if constexpr``.
OPTIONS = {
    "exact": ("-std=c++17", "--fmad=false"),
    "contracted": ("-std=c++17", "--fmad=true"),
    "fast": ("-std=c++17", "--use_fast_math"),
}
# Without what only programs on a host name, which takes milliseconds to read. Compilers
# that do not know the word, and texts of users that need more, are tried without it.
_LEAST = ("--minimal",)
_DIGEST = 32


class CompileError(Exception):
    """A text that is no CUDA C++; `log` is what the compiler says of it."""

    def __init__(self, log: str) -> None:
        super().__init__(log)
        self.log = log


def load(source: str, name: str, arithmetic: str = "exact") -> tuple[int, Any]:
    """Return the handle of a kernel for the current device, and what keeps it alive.

    `arithmetic` is a key of `OPTIONS`.

    Raises
    ------
    CompileError
    """
    target, kind = _target(cupy().cuda.Device().compute_capability)
    place = _place(source, target, arithmetic)
    code = _stored(place)
    if code is None:
        code = _made(source, target, kind, arithmetic)
        _store(place, code)
    module = cupy().cuda.function.Module()
    module.load(code)
    function = module.get_function(name)
    return function.ptr, (module, function)


@functools.cache
def _target(capability: str) -> tuple[str, str]:
    """Return the architecture to compile for, and whether it is a binary or PTX.

    A compiler older than the device makes PTX, which the driver finishes.
    """
    known = [int(n) for n in cupy().cuda.nvrtc.getSupportedArchs()]
    if int(capability) in known:
        return f"sm_{capability}", "cubin"
    return f"compute_{max(n for n in known if n < int(capability))}", "ptx"


def _made(source: str, target: str, kind: str, arithmetic: str = "exact") -> bytes:
    options = (*OPTIONS[arithmetic], f"--gpu-architecture={target}")
    with contextlib.suppress(CompileError):
        return _compiled(source, (*options, *_LEAST), kind)
    return _compiled(source, options, kind)


def _compiled(source: str, options: tuple[str, ...], kind: str) -> bytes:
    """Return what NVRTC makes of a text; or raise `CompileError`."""
    nvrtc = cupy().cuda.nvrtc
    program = nvrtc.createProgram(source, "kernel.cu", (), ())
    try:
        nvrtc.compileProgram(program, options)
        made = nvrtc.getCUBIN(program) if kind == "cubin" else nvrtc.getPTX(program)
    except nvrtc.NVRTCError as error:
        raise CompileError(nvrtc.getProgramLog(program)) from error
    finally:
        nvrtc.destroyProgram(program)
    return made.encode() if isinstance(made, str) else bytes(made)


# --- the folder -------------------------------------------------------------------


def _place(source: str, target: str, arithmetic: str) -> Path:
    """Return the file that holds, or will hold, what a source compiles to."""
    version = cupy().cuda.nvrtc.getVersion()
    facts = repr((OPTIONS[arithmetic], target, version, source)).encode()
    # `Path.home` raises where there is none; CuPy's own folder is then this one too.
    home = os.path.expanduser("~/.cupy/kernel_cache")  # noqa: PTH111
    folder = os.environ.get("CUPY_CACHE_DIR") or home
    return Path(folder) / f"lazyarr_{hashlib.sha256(facts).hexdigest()}.bin"


def is_stored(source: str, arithmetic: str = "exact") -> bool:
    """Whether a source was compiled before, for the current device."""
    target, _ = _target(cupy().cuda.Device().compute_capability)
    return _place(source, target, arithmetic).is_file()


def _stored(place: Path) -> bytes | None:
    """Return the code in a file that is whole."""
    try:
        data = place.read_bytes()
    except OSError:
        return None
    code = data[_DIGEST:]
    return code if hashlib.sha256(code).digest() == data[:_DIGEST] else None


def _store(place: Path, code: bytes) -> None:
    """Keep the code, if the folder can be written; other processes see all or nothing."""
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(name).replace(place)


# --- texts that users write ---------------------------------------------------------


def complaints(source: str) -> str:
    """Return what NVRTC says of a text that does not compile, else an empty string.

    Needs neither a GPU nor a driver; where NVRTC is missing, nothing is said.
    """
    for check in (_checked_by_cupy, _checked_by_bindings):
        try:
            return check(source)
        except (ImportError, OSError, RuntimeError):
            continue  # the package or its library is not there
    return ""


def _checked_by_cupy(source: str) -> str:
    nvrtc = cupy().cuda.nvrtc
    known = [int(n) for n in nvrtc.getSupportedArchs()]
    try:
        _made(source, f"compute_{min(n for n in known if n >= 70)}", "ptx")
    except CompileError as error:
        return error.log
    return ""


def _checked_by_bindings(source: str) -> str:
    nvrtc = importlib.import_module("cuda.bindings.nvrtc")
    _, program = nvrtc.nvrtcCreateProgram(source.encode(), b"kernel.cu", 0, [], [])
    options = [o.encode() for o in (*OPTIONS["exact"], "--gpu-architecture=compute_75")]
    status = nvrtc.nvrtcCompileProgram(program, len(options), options)[0]
    log = ""
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        _, size = nvrtc.nvrtcGetProgramLogSize(program)
        text = b" " * size
        nvrtc.nvrtcGetProgramLog(program, text)
        log = text.rstrip(b"\0").decode()
    nvrtc.nvrtcDestroyProgram(program)
    return log
