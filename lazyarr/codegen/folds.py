"""The reductions of a kernel: C++ types, members of the state, and their use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen.preamble import ctype
from lazyarr.codegen.structure import PLACES, Step, Structure, is_fold
from lazyarr.codegen.writer import Writer, numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ops.row import DType


# The element that leaves a fold as it is.
_NEUTRAL = {"sum": 0, "count_nonzero": 0, "prod": 1}


class Fold:
    """One reduction of a kernel: its register, member of the state and operand."""

    def __init__(
        self, structure: Structure, place: int, register: int, step: Step
    ) -> None:
        dtypes = [*structure.dtypes, *(s.dtype for s in structure.body)]
        kind = ctype(dtypes[step.args[0]])
        self.register = register
        self.step = step
        self.member = f"f{place}"
        self.name = f"x{place}"
        self.struct = _struct(step.op.name, dtypes[step.args[0]])
        self.places = step.op.name in PLACES
        self.waits = step.op.name == "sum_squared_deviations"
        self.nbytes = _state_bytes(step.op.name, dtypes[step.args[0]])
        self.element = f"lz_at<{kind}>" if self.places else kind
        operand = f"r{step.args[0]}"
        self.value = f"{{{operand}, at}}" if self.places else operand

    def nothing(self, start: int) -> str:
        """Return an element that changes nothing beside the one at `start`."""
        if self.step.op.name in _NEUTRAL:
            return f"({self.element}){_NEUTRAL[self.step.op.name]}"
        return f"{self.name}[{start}]"


def _struct(name: str, dtype: DType) -> str:
    """Return the type of a fold over elements of a dtype."""
    kind = ctype(dtype)
    real = "double" if dtype.itemsize == (16 if dtype.kind == "c" else 8) else "float"
    match name, dtype.kind:
        case "sum", "f":
            return f"lz_fold_sum<{kind}, lz_exact<{real}>>"
        case "sum", "c":
            return f"lz_fold_sum<{kind}, lz_exact_complex<{real}>>"
        case "sum", _:
            return f"lz_fold_sum<{kind}, lz_plain<{kind}>>"
        case "prod", "f":
            return f"lz_fold_prod<{kind}, {real}, lz_times>"
        case "prod", "c":
            return f"lz_fold_prod<{kind}, {kind}, lz_times>"
        case "prod", _:
            return f"lz_fold_prod<{kind}, {kind}, lz_wrap_times>"
        case "max" | "min", _:
            return _extreme(1 if name == "max" else -1, dtype)
        case "sum_squared_deviations", "c":
            return f"lz_complex_deviations<{kind}, {real}>"
        case "sum_squared_deviations", _:
            return f"lz_fold_sum_squared_deviations<{kind}, {real}>"
    return f"lz_fold_{name}<{kind}>"


def _extreme(sign: int, dtype: DType) -> str:
    kind = ctype(dtype)
    if dtype.kind == "c":
        return f"lz_complex_extreme<{sign}, {kind}>"
    worst = "lz_real_worst" if dtype.kind == "f" else "lz_int_worst"
    return f"lz_extreme<{sign}, {kind}, {worst}<{sign}, {kind}>>"


def folds(structure: Structure) -> list[Fold]:
    """Return the reductions of a kernel, in order."""
    chosen = [(r, s) for r, s in numbered(structure) if is_fold(s)]
    return [Fold(structure, k, r, s) for k, (r, s) in enumerate(chosen)]


def state_bytes(structure: Structure) -> int:
    """Return the most bytes that the states of a kernel's folds take together."""
    return sum(fold.nbytes for fold in folds(structure))


def _state_bytes(name: str, dtype: DType) -> int:
    """Return the most bytes that a fold's state takes beside others."""
    words = 5 if name == "sum_squared_deviations" else 2
    return -(-words * max(dtype.itemsize, 8) // 16) * 16


def tiles(
    w: Writer,
    chosen: Sequence[Fold],
    states: str,
    size: int,
    name: str,
    inside: str,
    start: int = 0,
) -> None:
    """Fold a thread's `size` elements from `start` on; ``full`` says if all are there.

    Otherwise `inside` says it of the one that `name` counts. The first always is. What
    is not there is replaced by what changes nothing: the code is one tile's. Only folds
    that count have another.
    """
    at = f" + {start}" if start else ""
    whole = [f"{states}.{f.member}.tile<{size}>({f.name}{at});" for f in chosen]
    plain = [fold for fold in chosen if not fold.waits]
    waits = len(plain) < len(chosen)
    w.add("if (!full) {")
    if waits:
        w.add(f"bool in[{size}];")
    w.loop(name, size)
    if waits:
        w.add(f"in[{name}] = {inside};")
    for fold in plain:
        w.add(f"if (!({inside})) {fold.name}[{name}{at}] = {fold.nothing(start)};")
    w.add("}")
    if not waits:
        w.add("}", *whole)
        return
    for fold, text in zip(chosen, whole, strict=True):
        some = f"{states}.{fold.member}.some<{size}>({fold.name}{at}, in);"
        w.add(some if fold.waits else text)
    w.add("} else {", *whole, "}")


def state(chosen: Sequence[Fold], name: str = "lz_state") -> str:
    """Return the struct that holds the states of several folds."""
    inits = " ".join(f"{f.member}.init();" for f in chosen)
    merges = " ".join(f"{f.member}.merge(o.{f.member});" for f in chosen)
    settles = " ".join(f"{f.member}.settle();" for f in chosen if f.waits)
    members = "".join(f"  {f.struct} {f.member};\n" for f in chosen)
    own = f"{name}_own"
    return (
        f"struct {own} {{\n{members}"
        f"  __device__ __forceinline__ void init() {{ {inits} }}\n"
        f"  __device__ __forceinline__ void merge(const {own}& o) {{ {merges} }}\n"
        f"  __device__ __forceinline__ void settle() {{ {settles} }}\n"
        f"}};\ntypedef lz_filled<{own}> {name};\n"
    )
