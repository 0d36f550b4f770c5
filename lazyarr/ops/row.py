"""What one row of the op table says, and how a row answers for its dtypes.

A row is made once, by :func:`map_op` and its siblings, which also enter it in
:data:`OPS`. Everything else in lazyarr asks the row: there is no second list of ops.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias

import numpy as np

from lazyarr.errors import DTypeError
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    class Facts(TypedDict, total=False):
        """The fields of `Op` that a row may state."""

        nin: int
        dtypes: DTypeRule
        flops: int
        passes: int
        speed: str
        ulp: int
        ulp_complex: int
        ulp_scale: str
        dunder: str
        commutative: str
        unit: int
        unit_exact: str
        identity: str
        inverse: str
        layout_bits: str
        alias: tuple[str, ...]
        summary: str
        public: bool
        draws: bool
        start: int
        fold: Fold
        function: Callable[..., Any]
        absent: Callable[[tuple[Any, ...], tuple[DType, ...]], str] | None
        numbers: tuple[int, ...]


DType: TypeAlias = np.dtype[Any]
# A dtype, or the Python type of a weak scalar (NEP 50).
Operand: TypeAlias = DType | type[int] | type[float] | type[complex]
DTypeRule: TypeAlias = Callable[["Op", tuple[Operand, ...]], tuple[DType, ...]]
Array: TypeAlias = np.ndarray[Any, Any]

# Rows that not every program uses are entered when one of them is asked for.
_LATE = (
    "lazyarr.ops.pieces",
    "lazyarr.ops.library",
    "lazyarr.ops.matrices",
    "lazyarr.ops.transforms",
    "lazyarr.ops.draws",
)


class _Rows(dict[str, "Op"]):
    """Rows by name; one that is not there is looked for where rows are entered late."""

    def __missing__(self, name: str) -> Op:
        for module in _LATE:
            importlib.import_module(module)
            if name in self:
                return self[name]
        raise KeyError(name)


_ids = itertools.count()
_ops = _Rows()
_by_function: dict[Callable[..., Any], Op] = {}

OPS: Mapping[str, Op] = MappingProxyType(_ops)
"""Every row by name; names are the standard's. See `complete` for walks over all."""

BY_FUNCTION: Mapping[Callable[..., Any], Op] = MappingProxyType(_by_function)
"""The row that answers for a NumPy function: ``BY_FUNCTION[np.add].name == "add"``."""

# Multiplications from which an op counts as a division, and as more than that.
_DIVISION, _TRANSCENDENTAL = 4, 16

NUMERIC = "biufc"
"""The dtype kinds that lazyarr computes with."""
CHARS = frozenset("?bBhHiIlLqQefdFD")
"""The characters of its dtypes: of those kinds, without long doubles."""
WEAK = frozenset((int, float, complex, bool))
"""Types whose numbers take the dtype of the array beside them."""


# NumPy has two dtypes of 64-bit integers, which are equal and print differently. Nodes
# have one of them: what is worked out once for a dtype serves every other that is equal.
DOUBLES = {"q": np.dtype(np.int64), "Q": np.dtype(np.uint64)}


class Kind:
    """How an op uses its operands; the planner tells ops apart by this alone.

    It is no `enum.Enum`: in Python 3.11 each look at a member of one is a call, and a
    plan takes a dozen of them for each operation.
    """

    __slots__ = ("value",)

    SOURCE: ClassVar[Kind]  # no operands: data, scalars, index ramps
    MAP: ClassVar[Kind]  # element by element
    REDUCE: ClassVar[Kind]  # folds axes
    VIEW: ClassVar[Kind]  # the same elements under another index
    LIBRARY: ClassVar[Kind]  # a whole-array function of NumPy or CuPy
    UPDATE: ClassVar[Kind]  # one region of an array replaced

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Kind.{self.value.upper()}"

    def __reduce__(self) -> Any:  # there is one of each
        return getattr, (Kind, self.value.upper())


for _name in Kind.__annotations__:
    setattr(Kind, _name, Kind(_name.lower()))


def ask_numpy(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    """Loop dtypes of a ufunc, inputs then output, by NumPy's own promotion."""
    ufunc = op.function if op.function is not None else op.numpy
    assert isinstance(ufunc, np.ufunc)
    resolved: tuple[DType, ...] = ufunc.resolve_dtypes((*operands, None))
    return resolved


@cache
def promote(operands: tuple[Operand, ...]) -> DType:
    """Return the dtype NumPy gives to a mix of dtypes and weak scalars.

    Booleans stay booleans, and weak scalars alone give their default dtype.
    """
    real = [operand for operand in operands if isinstance(operand, np.dtype)]
    weak = [operand for operand in operands if not isinstance(operand, np.dtype)]
    # Python scalars are weak whatever their value.
    return np.result_type(*real, *(kind(0) for kind in weak))


class Fold(NamedTuple):
    """How a reduction is computed in parts, and the parts put together.

    A *state* is a tuple of arrays of the kept shape. The parts of one result are
    folded in a fixed tree, so that the bits depend on the cut and on nothing else.
    """

    width: int
    """Number of arrays in a state."""
    partial: Callable[[Array, tuple[int, ...], tuple[int, ...], tuple[int, ...]], Any]
    """``partial(tile, axes, start, extent)`` gives a tile's state: the tile begins at
    ``start`` along the reduced ``axes``, which are ``extent`` long in the whole."""
    merge: Callable[[Any, Any], Any]
    """``merge(left, right)`` gives the state of both; left comes first in C order."""
    finish: Callable[[Any], Array]
    """The result, from the state of everything."""
    cuda: str | None = None
    """Struct in the preamble that does the same on a GPU."""


class _Fields:
    """The fields of a row, with their defaults.

    Facts that hold for some dtypes only are strings of dtype kinds (``"iu"``): empty
    means never. Facts are bit for bit, payloads of quiet NaNs included; signalling NaNs
    are left out, for any arithmetic makes them quiet.
    """

    __slots__ = ()

    name: str
    kind: Kind
    numpy: Callable[..., Any]
    """Its meaning. MAP: a ufunc, or a function called like one, ``f(a, b)`` and
    ``f(a, b, out)``. REDUCE: ``f(x, axes, out=None)``, in the dtype of ``x``.
    LIBRARY: ``f(xp, *arrays, *params)``, where ``xp`` is NumPy or CuPy."""
    nin: int = 1
    cuda: str | Mapping[str, str] | None = None
    """CUDA expression over ``{0}``, ``{1}`` …, or one per kind of the first loop dtype:
    ``b i u f c``; ``lazyarr.codegen`` says which C++ type each register has."""
    dtypes: DTypeRule = ask_numpy
    flops: int = 1
    """Cost per element, in multiplications."""
    passes: int = 1
    """Calls of NumPy that go through all elements of a tile."""
    speed: str = ""
    """The class of arithmetic, whose rate is measured: see `pace`."""
    ulp: int = 0
    """Largest difference of a GPU result from NumPy's for real operands, in units in
    the last place; for float16, which is computed in float32, 1 is always enough."""
    ulp_complex: int | None = None
    """The same for complex operands, of either part, in units of the last place of the
    result's modulus; None: as ``ulp``."""
    ulp_scale: str = ""
    """dtype kinds for which ``ulp`` counts units of the largest of the result, the
    operands and 1: the formula, which is NumPy's, cancels."""
    dunder: str | None = None
    commutative: str = ""
    """dtype kinds for which the operands may change places bit for bit."""
    unit: int | None = None
    """The right operand that changes nothing: ``x op unit == x``."""
    unit_exact: str = ""
    """dtype kinds for which the unit holds bit for bit."""
    identity: str = ""
    """dtype kinds on which the op returns its only operand unchanged."""
    inverse: str | None = None
    """Name of the op that undoes this one bit for bit, ``inverse(op(x)) == x``,
    wherever both results have the dtype of ``x``."""
    layout_bits: str = ""
    """dtype characters whose last bit in NumPy depends on strides: whether they are
    negative or not, and for float16 whether elements are neighbours, in operands and
    result; never on an element's place in the loop or on its length."""
    alias: tuple[str, ...] = ()
    """NumPy's other names for it."""
    summary: str = ""
    """First line of the public docstring."""
    public: bool = True
    """MAP: whether there is a public function of this name."""
    draws: bool = False
    """MAP: whether it is a random stream at the indices of its first operand, which
    executors hand over as a `Progression` where they know it to be one."""
    start: int | None = None
    """Reductions: the value of an empty one; None where NumPy raises."""
    fold: Fold | None = None
    """Reductions: how it is computed in parts."""
    function: Callable[..., Any] | None = None
    """The NumPy function that the row answers for, where ``numpy`` is another one."""
    absent: Callable[[tuple[Any, ...], tuple[DType, ...]], str] | None = None
    """LIBRARY: ``absent(params, dtypes of the operands)`` names what CuPy has not and
    NumPy computes instead; empty where CuPy has it. None: CuPy has all of it."""
    numbers: tuple[int, ...] = ()
    """LIBRARY: places of the 0-d operands whose value it needs on the host."""
    id: int
    _resolved: dict[tuple[Operand, ...], tuple[DType, ...]]
    _usual: dict[DType, DType]
    """The result's dtype by that of all operands, where the loop takes them as they are.

    Python numbers beside them are taken as being of that dtype.
    """


_DEFAULTS = {
    name: vars(_Fields)[name]
    for name in _Fields.__annotations__
    if name in vars(_Fields)
}


class Op(_Fields):
    """One row of the table: everything true about one operation; it never changes.

    Rows are compared and hashed by identity; ``name`` is unique.
    """

    # What a dataclass would be, in a tenth of the time that one takes to be made.
    def __init__(
        self,
        *,
        name: str,
        kind: Kind,
        numpy: Callable[..., Any],
        cuda: str | Mapping[str, str] | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        stated = {"name": name, "kind": kind, "numpy": numpy, "cuda": cuda, **facts}
        own = {"id": next(_ids), "_resolved": {}, "_usual": {}}
        vars(self).update(_DEFAULTS, **stated, **own)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = f"the row {self.name!r} never changes: {name} cannot be set"
        raise AttributeError(msg)

    def resolve(self, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
        """Return the loop dtypes for these operands: one per input, then the output.

        Raises
        ------
        TypeError
            NumPy has no loop for these dtypes. The message is NumPy's.
        DTypeError
            A dtype that lazyarr does not compute with.
        """
        try:
            return self._resolved[operands]
        except KeyError:
            return _resolve(self, operands)

    @property
    def pace(self) -> str:
        """The class whose rate says how fast the op is.

        ``cheap``, ``division`` or ``transcendental``, by the cost where the row does
        not say; of library functions their family, see `lazyarr.ops.family`.
        """
        if self.speed:
            return self.speed
        if self.kind is Kind.LIBRARY:
            return "gather"
        if self.flops < _DIVISION:
            return "cheap"
        return "division" if self.flops < _TRANSCENDENTAL else "transcendental"

    def allowed(self, dtype: DType) -> int:
        """Return how many ulp a GPU's result for operands of `dtype` may be off."""
        if dtype.kind == "c" and self.ulp_complex is not None:
            return self.ulp_complex
        return min(self.ulp, 1) if dtype.char == "e" else self.ulp

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return named, (self.name,)


def _resolve(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    for operand in operands:
        if isinstance(operand, np.dtype) and operand.kind not in NUMERIC:
            what = f"dtype {operand} is not numeric"
            hint = "lazyarr computes with booleans, integers, floats and complex."
            error = DTypeError.at(op.name, what, hint=hint)
            error.foreign = True
            raise error
    loop = op.dtypes(op, operands)
    resolved = tuple([DOUBLES.get(dtype.char, dtype) for dtype in loop])
    op._resolved[operands] = resolved
    real = [operand for operand in operands if isinstance(operand, np.dtype)]
    if real and all(dtype is real[0] for dtype in (*real, *resolved[:-1])):
        op._usual[real[0]] = resolved[-1]
    return resolved


def named(name: str) -> Op:
    """Return the row of this name; pickled graphs find their ops by it."""
    return _ops[name]


def complete() -> Mapping[str, Op]:
    """Return the table with every row in it, those that are entered late as well."""
    for module in _LATE:
        importlib.import_module(module)
    return OPS


def register(op: Op) -> Op:
    """Enter a row in the table and return it.

    Raises
    ------
    ValueError
        There is another row of this name.
    """
    if _ops.setdefault(op.name, op) is not op:
        msg = f"there is already an op named {op.name!r}"
        raise ValueError(msg)
    functions = [op.function if op.function is not None else op.numpy]
    functions += [getattr(np, name) for name in op.alias]
    for function in functions:
        if isinstance(function, np.ufunc) or function.__module__ == "numpy":
            _by_function.setdefault(function, op)
    return op


def withdraw(op: Op) -> None:
    """Take a row out of the table; graphs that hold it keep it."""
    if _ops.get(op.name) is op:
        del _ops[op.name]
    for function in [f for f, held in _by_function.items() if held is op]:
        del _by_function[function]


def map_op(
    name: str,
    numpy: Callable[..., Any],
    cuda: str | Mapping[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Op:
    """Enter an elementwise op; its number of operands is the ufunc's own.

    Parameters
    ----------
    name : str
        The standard's name, or NumPy's where the standard has none.
    numpy : callable
        A ufunc, or a function called like one. In the latter case `facts` has
        ``function`` (the ufunc it stands for), or ``nin`` and ``dtypes``.
    cuda : str or mapping
        See `Op`.
    **facts
        Further fields of `Op`.
    """
    ufunc = facts.get("function", numpy)
    if isinstance(ufunc, np.ufunc):
        facts.setdefault("nin", ufunc.nin)
    return register(Op(name=name, kind=Kind.MAP, numpy=numpy, cuda=cuda, **facts))


def reduce_op(name: str, numpy: Callable[..., Any], **facts: Unpack[Facts]) -> Op:
    """Enter a reduction; `facts` has at least ``dtypes`` and ``fold``."""
    return register(Op(name=name, kind=Kind.REDUCE, numpy=numpy, **facts))


def no_rule(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    """Refuse: the op's dtypes are known only where its node is made."""
    msg = f"the dtypes of {op.name} are not a function of its operands' dtypes"
    raise NotImplementedError(msg)
