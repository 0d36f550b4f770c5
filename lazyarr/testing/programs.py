"""Random programs: the same statements for NumPy and for lazyarr.

A program is drawn while NumPy runs it, so that every index, shape and cast makes sense
for the values that are there, and sums are exact whatever their order.
"""

from __future__ import annotations

import copy
import importlib
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.testing.statements import READS, WRITES, Program, Statement, execute, shown

if TYPE_CHECKING:
    from collections.abc import Callable

_DTYPES = ("f8", "f8", "f4", "i8", "i4", "u1", "i1", "?", "c16", "f2")
_SHAPES = ((6,), (3, 4), (2, 3, 4), (4, 1), (1,), (), (0, 3), (70,), (9, 8))
_SCALARS = (0, 1, 2, -1, 3, 0.5, -2.0, True)
_BINARY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    "==": operator.eq,
    "&": operator.and_,
}
_INPLACE = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "|=": operator.ior,
}


_EXACT = {"f2": 2**9, "f4": 2**20, "c8": 2**20}  # sums below are exact in any order


def programs(most: int = 10) -> Any:
    """Return a Hypothesis strategy of programs of up to so many statements.

    They hold arrays of several dtypes and shapes, views of views, reshapes, arithmetic,
    in-place operators, assignments through slices, masks and index arrays, writes that
    overlap what they read, reductions, joins, and evaluations on the way.

    Parameters
    ----------
    most : int
        Statements behind the first, which makes an array.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of Program
    """
    st = importlib.import_module("hypothesis.strategies")

    @st.composite  # type: ignore[untyped-decorator]
    def drawn(draw: Callable[[Any], Any]) -> Program:
        writer = _Writer(draw, st)
        writer.create()
        for _ in range(draw(st.integers(1, most))):
            getattr(writer, draw(st.sampled_from(_KINDS)))()
        return Program(tuple(writer.statements))

    return drawn()


_KINDS = (
    "create",
    "fill",
    "ramp",
    "view",
    "view",
    "turn",
    "reshape",
    "stretch",
    "part",
    "compute",
    "compute",
    "apply",
    "change",
    "change",
    "assign",
    "assign",
    "overlap",
    "assign_masked",
    "assign_indexed",
    "pick",
    "reduce",
    "scan",
    "cast",
    "copy",
    "join",
    "choose",
    "into",
    "wrap",
    "write",
    "twin",
    "peek",
)


class _Writer:
    """Draws statements and runs them with NumPy as it goes."""

    def __init__(self, draw: Callable[[Any], Any], st: Any) -> None:
        self.draw = draw
        self.st = st
        self.statements: list[Statement] = []
        self.variables: dict[str, Any] = {}

    # --- drawing ----------------------------------------------------------------

    def one_of(self, choices: Any) -> Any:
        """Return one of some values."""
        return self.draw(self.st.sampled_from(list(choices)))

    def name(self, arrays: bool = False) -> str:
        """Return a variable; on demand one that can be written to."""
        names = [
            name
            for name, value in self.variables.items()
            if not arrays or isinstance(value, np.ndarray)
        ]
        return str(self.one_of(names)) if names else ""

    def operand(self) -> tuple[str, Callable[[dict[str, Any]], Any]]:
        """Return the text of a variable or a scalar, and how to read it."""
        if self.draw(self.st.booleans()):
            name = self.name()
            return name, operator.itemgetter(name)
        value = self.one_of(_SCALARS)
        return repr(value), lambda variables: value

    def axis(self, value: Any) -> int | None:
        """Return one axis of an array, or None."""
        ndim = np.ndim(value)
        return self.one_of([None, *range(-ndim, ndim)])  # type: ignore[no-any-return]

    def key(self, shape: tuple[int, ...]) -> Any:
        """Return a basic index key."""
        parts: list[Any] = []
        for n in shape:
            kind = self.one_of("isssf")
            if kind == "f":
                parts.append(slice(None))
            elif kind == "i" and n:
                parts.append(self.draw(self.st.integers(-n, n - 1)))
            else:
                ends = self.st.one_of(self.st.none(), self.st.integers(-n - 1, n + 1))
                step = self.one_of([None, 1, 2, -1, -2])
                parts.append(slice(self.draw(ends), self.draw(ends), step))
        if self.one_of([False, False, False, True]):
            parts.insert(self.draw(self.st.integers(0, len(parts))), None)
        if self.one_of([False, False, True]):
            cut = self.draw(self.st.integers(0, len(parts)))
            parts = [*parts[:cut], Ellipsis]
        return tuple(parts)

    def add(self, text: str, run: Any, bind: bool = True, target: str = "") -> None:
        """Add a statement, and run it with NumPy."""
        if bind:
            target = target or f"v{len(self.statements)}"
            text = f"{target} = {text}"
        one = Statement(text, target, run)
        execute(one, self.variables, np)
        self.statements.append(one)

    # --- statements: each draws one -----------------------------------------------

    def create(self) -> None:
        dtype, shape = self.one_of(_DTYPES), self.one_of(_SHAPES)
        size = int(np.prod(shape))
        values = self.st.integers(0 if dtype in "u1?" else -3, 3)
        short = self.draw(self.st.lists(values, min_size=1, max_size=5))
        data = np.resize(np.asarray(short), size).reshape(shape).astype(dtype)
        text = f"xp.array(np.resize({short}, {shape}).astype({dtype!r}))"
        self.add(text, lambda v, xp: xp.array(data.copy()))

    def fill(self) -> None:
        dtype, shape = self.one_of(_DTYPES), self.one_of(_SHAPES)
        value = self.one_of([0, 1, 3])
        self.add(
            f"xp.full({shape}, {value}, dtype={dtype!r})",
            lambda v, xp: xp.full(shape, value, dtype=dtype),
        )

    def ramp(self) -> None:
        stop = self.one_of([0, 1, 5, 24, 100])
        step = self.one_of([1, 2, -3, 0.5])
        self.add(
            f"xp.arange(0, {stop} * {step}, {step})",
            lambda v, xp: xp.arange(0, stop * step, step),
        )

    def view(self) -> None:
        name = self.name()
        key = self.key(np.shape(self.variables[name]))
        self.add(f"{name}[{shown(key)}]", lambda v, xp: v[name][key])

    def turn(self) -> None:
        name = self.name()
        ndim = np.ndim(self.variables[name])
        order = tuple(self.draw(self.st.permutations(range(ndim))))
        self.add(
            f"xp.transpose({name}, {order})",
            lambda v, xp: xp.transpose(v[name], order),
        )

    def reshape(self) -> None:
        name = self.name()
        size = int(np.size(self.variables[name]))
        sides = [(-1,), (size,), (1, size), (size, 1)]
        sides += [(n, size // n) for n in (2, 3, 4) if size and size % n == 0]
        sides += [(2, size // 4, 2)] if size and size % 4 == 0 else []
        shape = self.one_of(sides)
        order = self.one_of("CCF")
        self.add(
            f"xp.reshape({name}, {shape}, order={order!r})",
            lambda v, xp: xp.reshape(v[name], shape, order=order),
        )

    def stretch(self) -> None:
        name = self.name()
        shape = (2, *np.shape(self.variables[name]))
        self.add(
            f"xp.broadcast_to({name}, {shape})",
            lambda v, xp: xp.broadcast_to(v[name], shape),
        )

    def part(self) -> None:
        name = self.name(arrays=True)
        which = self.one_of(["real", "imag"])
        if name:
            self.add(f"{name}.{which}", lambda v, xp: getattr(v[name], which))

    def compute(self) -> None:
        name, sign = self.name(), self.one_of(_BINARY)
        text, read = self.operand()
        function = _BINARY[sign]
        self.add(f"{name} {sign} {text}", lambda v, xp: function(v[name], read(v)))

    def apply(self) -> None:
        name, text = self.name(), self.one_of(READS)
        self.add(text.format(name), lambda v, xp: READS[text](v[name], xp))

    def change(self) -> None:
        name, sign = self.name(), self.one_of(_INPLACE)
        text, read = self.operand()
        function: Any = _INPLACE[sign]

        def run(v: dict[str, Any], xp: Any) -> None:
            v[name] = function(v[name], read(v))

        self.add(f"{name} {sign} {text}", run, bind=False)

    def assign(self) -> None:
        name = self.name(arrays=True)
        if not name:
            return
        key = self.key(np.shape(self.variables[name]))
        text, read = self.operand()
        if not self.fits(name, read):
            return
        self.add(
            f"{name}[{shown(key)}] = {text}",
            lambda v, xp: operator.setitem(v[name], key, read(v)),
            bind=False,
        )

    def fits(self, name: str, read: Callable[[dict[str, Any]], Any]) -> bool:
        """Whether NumPy casts what is written: it converts scalars, and may refuse."""
        value, target = np.asarray(read(self.variables)), self.variables[name]
        return bool(value.ndim) or np.can_cast(value.dtype, target.dtype, "same_kind")

    def overlap(self) -> None:
        name = self.name(arrays=True)
        if not name or not np.ndim(self.variables[name]):
            return
        first, second = self.one_of(
            [
                (slice(1, None), slice(None, -1)),
                (slice(None, -1), slice(1, None)),
                (slice(None), slice(None, None, -1)),
                (slice(None, None, 2), slice(1, None, 2)),
            ]
        )
        plus = self.one_of(["=", "+="])

        def run(v: dict[str, Any], xp: Any) -> None:
            if plus == "=":
                v[name][first] = v[name][second]
            else:
                v[name][first] += v[name][second]

        text = f"{name}[{shown((first,))}] {plus} {name}[{shown((second,))}]"
        self.add(text, run, bind=False)

    def assign_masked(self) -> None:
        name = self.name(arrays=True)
        text, read = self.operand()
        if name and self.fits(name, read):
            self.add(
                f"{name}[{name} > 0] = {text}",
                lambda v, xp: operator.setitem(v[name], v[name] > 0, read(v)),
                bind=False,
            )

    def indices(self, name: str) -> Any:
        """Return an index array for the first axis of a variable."""
        length = np.shape(self.variables[name])[0]
        ends = self.st.integers(-length, max(length - 1, -length))
        return np.array(self.draw(self.st.lists(ends, max_size=4)), dtype=np.intp)

    def assign_indexed(self) -> None:
        name = self.name(arrays=True)
        if not name or not np.ndim(self.variables[name]):
            return
        index = self.indices(name)
        text, read = self.operand()
        text = f"{name}[{index.tolist()}] = {text}"
        if self.fits(name, read):
            self.add(
                text, lambda v, _: operator.setitem(v[name], index, read(v)), False
            )

    def pick(self) -> None:
        name = self.name()
        value = self.variables[name]
        if np.ndim(value) and self.draw(self.st.booleans()):
            index = self.indices(name)
            self.add(f"{name}[{index.tolist()}]", lambda v, xp: v[name][index])
        elif np.ndim(value):
            self.add(f"{name}[{name} > 0]", lambda v, xp: v[name][v[name] > 0])

    def reduce(self) -> None:
        name = self.name()
        value = self.variables[name]
        which = self.one_of(["sum", "max", "min", "any", "argmax", "mean"])
        if which in ("sum", "mean") and not _sums_exactly(value):
            return
        selects = any("> 0]" in one.text for one in self.statements)
        if which in ("max", "min") and not np.size(value) and selects:
            return  # of what a mask selects, that is told when the result is read
        axis = self.axis(value)
        self.add(
            f"xp.{which}({name}, axis={axis})",
            lambda v, xp: getattr(xp, which)(v[name], axis=axis),
        )

    def scan(self) -> None:
        name = self.name()
        axis = self.axis(self.variables[name])
        if _sums_exactly(self.variables[name]):
            self.add(
                f"xp.cumsum({name}, axis={axis})",
                lambda v, xp: xp.cumsum(v[name], axis=axis),
            )

    def cast(self) -> None:
        name, dtype = self.name(), self.one_of(_DTYPES)
        value = np.abs(np.asarray(self.variables[name]).astype("c16"))
        if np.all(value < 100) and np.dtype(dtype).kind != "c":
            value = np.asarray(self.variables[name])
            if value.dtype.kind == "c" or (dtype == "u1" and np.any(value < 0)):
                return
        elif np.dtype(dtype).kind in "iub":
            return
        if np.iscomplexobj(self.variables[name]) and np.dtype(dtype).kind != "c":
            return
        self.add(
            f"xp.astype({name}, {dtype!r})", lambda v, xp: xp.astype(v[name], dtype)
        )

    def copy(self) -> None:
        name = self.name(arrays=True)
        if name:
            self.add(f"{name}.copy()", lambda v, xp: v[name].copy())

    def join(self) -> None:
        name, other = self.name(), self.name()
        self.add(
            f"xp.concatenate([{name}, {other}])",
            lambda v, xp: xp.concatenate([v[name], v[other]]),
        )

    def choose(self) -> None:
        name = self.name()
        text, read = self.operand()
        self.add(
            f"xp.where({name} > 0, {name}, {text})",
            lambda v, xp: xp.where(v[name] > 0, v[name], read(v)),
        )

    def into(self) -> None:
        name, out = self.name(), self.name(arrays=True)
        text, read = self.operand()
        which = self.one_of(["add", "multiply", "maximum"])
        if out:
            self.add(
                f"xp.{which}({name}, {text}, out={out})",
                lambda v, xp: getattr(xp, which)(v[name], read(v), out=v[out]),
            )

    def wrap(self) -> None:
        """Wrap an array of the user's, which may have gaps or go backwards."""
        dtype, shape = self.one_of(_DTYPES), self.one_of(_SHAPES)
        step, turned = self.one_of([1, 2, -1]), self.one_of([False, True])

        def run(v: dict[str, Any], xp: Any) -> Any:
            held = np.arange(int(np.prod(shape))) % 4
            held = held.astype(dtype).reshape(shape)[..., :: step if shape else None]
            return xp.asarray(held.T if turned else held)

        turn = ".T" if turned else ""
        self.add(f"xp.asarray(ramp({dtype!r}, {shape})[..., ::{step}]{turn})", run)

    def write(self) -> None:
        name, text = self.name(arrays=True), self.one_of(WRITES)
        if name and self.variables[name].ndim and self.variables[name].flags.writeable:
            run = WRITES[text]
            self.add(
                text.format(name), lambda v, xp: run(v[name], xp) and None, bind=False
            )

    def twin(self) -> None:
        name, function = self.name(), self.one_of([copy.copy, copy.deepcopy])
        self.add(f"{function.__name__}({name})", lambda v, xp: function(v[name]))

    def peek(self) -> None:
        name = self.name()
        self.add(f"np.asarray({name})", lambda v, xp: np.array(v[name]), bind=False)


def _sums_exactly(value: Any) -> bool:
    """Whether sums of the elements are exact, in whatever order they are added."""
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        return True
    limit = _EXACT.get(array.dtype.str[1:], 2**40)
    parts = np.concatenate([array.real.ravel(), array.imag.ravel()]).astype("f8")
    whole = np.isfinite(parts) & (parts == np.trunc(parts))
    return bool(np.all(whole) and np.sum(np.abs(parts)) < limit)
