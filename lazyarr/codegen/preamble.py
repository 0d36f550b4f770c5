"""C++ names of dtypes, and the device functions that ops' CUDA expressions call.

A row of the op table has a CUDA expression over ``{0}``, ``{1}`` …, the names of its
operands, each of the C++ type that `ctype` gives for its dtype. ``{out}`` stands for
the type of the result. The functions and types that expressions name (all begin with
``lz_``) are sections of the ``.cuh`` files. `sections` picks those that a text needs:
a kernel compiles nothing that it does not use.

float16 is ``lz_half``: two bytes that turn into ``float`` wherever they are used and
are rounded again when they are stored, after every op. complex64 and complex128 are
``lz_complex<float>`` and ``lz_complex<double>``. Neither needs a CUDA header.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from lazyarr.errors import DTypeError

if TYPE_CHECKING:
    from lazyarr.ops.row import DType, Op

_TYPES = {
    "b1": "bool",
    "i1": "signed char",
    "i2": "short",
    "i4": "int",
    "i8": "long long",
    "u1": "unsigned char",
    "u2": "unsigned short",
    "u4": "unsigned int",
    "u8": "unsigned long long",
    "f2": "lz_half",
    "f4": "float",
    "f8": "double",
    "c8": "lz_complex<float>",
    "c16": "lz_complex<double>",
}
_FILES = (
    "preamble.cuh",
    "memory.cuh",
    "elementary.cuh",
    "integers.cuh",
    "complex.cuh",
    "inverse.cuh",
    "folds.cuh",
    "across.cuh",
    "random.cuh",
)
_MARK = re.compile(r"^// \[(.+)\]\n", re.MULTILINE)
_NAME = re.compile(r"\blz_\w+")
# Functions defined at run time come after those of the files.
_LATE = 1 << 20
_defined: dict[str, tuple[int, str]] = {}


def ctype(dtype: DType) -> str:
    """Return the C++ type of a dtype, in memory and in registers.

    Raises
    ------
    DTypeError
        A GPU has no such type.

    Examples
    --------
    >>> import numpy as np
    >>> ctype(np.dtype("uint8"))
    'unsigned char'
    """
    try:
        return _TYPES[f"{dtype.kind}{dtype.itemsize}"]
    except KeyError:
        what = f"there is no dtype {dtype} on a GPU"
        raise DTypeError.at("cuda", what, hint="Use float64 or device='cpu'.") from None


def template(op: Op, kind: str) -> str | None:
    """Return an op's CUDA expression for a kind of its first loop dtype, if any."""
    if op.cuda is None or isinstance(op.cuda, str):
        return op.cuda
    return op.cuda.get(kind)


def expression(
    op: Op, dtypes: tuple[DType, ...], out: DType, names: tuple[str, ...]
) -> str:
    """Return the C++ expression of an op on named registers.

    `dtypes` are the operands', which the op resolves to itself; the expression is
    assigned to a register of the type of `out`.

    Raises
    ------
    DTypeError
        The op has no CUDA expression for these dtypes.
    """
    text = template(op, dtypes[0].kind)
    if text is None:
        what = f"no CUDA expression for {', '.join(map(str, dtypes))}"
        raise DTypeError.at(op.name, what, hint="Use device='cpu'.")
    return text.format(*names, out=ctype(out))


@cache
def _library() -> dict[str, tuple[int, str]]:
    """Return, for every name that is defined, its section's place and text."""
    found: dict[str, tuple[int, str]] = {}
    place = 0
    for name in _FILES:
        text = files("lazyarr.codegen").joinpath(name).read_text("utf-8")
        _, *parts = _MARK.split(text)
        for names, body in zip(parts[::2], parts[1::2], strict=True):
            place += 1
            for defined in names.split():
                found[f"lz_{defined}"] = (place, body.strip() + "\n")
    return found


def define(name: str, text: str) -> None:
    """Add a device function of this name, for expressions that call it."""
    place = _LATE + len(_defined)
    _defined[name] = place, text


def sections(text: str) -> str:
    """Return the device functions and types that a text calls, and what those call.

    Names that no section defines are left to whoever writes the kernel.
    """
    library = _library()
    chosen: dict[int, str] = {}
    waiting = [text]
    while waiting:
        for name in _NAME.findall(waiting.pop()):
            place, body = library.get(name) or _defined.get(name, (0, ""))
            if place and place not in chosen:
                chosen[place] = body
                waiting.append(body)
    return "\n".join(body for _, body in sorted(chosen.items()))
