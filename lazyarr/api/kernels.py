"""Elementwise functions of the user's own, which fuse like lazyarr's."""

from __future__ import annotations

import importlib
import inspect
import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.api.calls import call
from lazyarr.api.handle import here
from lazyarr.errors import DTypeError, KernelError, message
from lazyarr.ir.node import where_text
from lazyarr.ops import row
from lazyarr.ops.row import CHARS, DType, Kind, Op, Operand

if TYPE_CHECKING:
    from lazyarr.api.array import Array

# What `dtypes=` takes: a ufunc or a function of the operands' dtypes, or the result's.
DTypes: TypeAlias = Callable[..., Any] | np.ufunc | DType | type | str

_NAMES = {1: ("x",), 2: ("x", "y"), 3: ("x", "y", "z")}
_TRIED = "dflF?"  # the first dtype that a function takes is the one compiled
_ELSEWHERE = 100_000  # a line that no user's text has
_numbers = itertools.count()
_mine: dict[str, Op] = {}


def elementwise(
    name: str,
    *,
    numpy: Callable[..., Any],
    cuda: str | None = None,
    dtypes: DTypes | None = None,
    nin: int | None = None,
    flops: int = 4,
    ulp: int = 4,
    doc: str = "",
) -> Callable[..., Array]:
    """Return a lazy function that works element by element, given by its meaning.

    It fuses with whatever is around it; ``docs/user_kernels.md`` says more.

    Parameters
    ----------
    name : str
        An identifier; plans and errors show it.
    numpy : callable
        Its meaning: a ufunc, or a function of arrays that works element by element.
    cuda : str, optional
        The same in CUDA C++: an expression over the names of the parameters of
        `numpy`, or statements that ``return`` the result. Without it, NumPy computes
        the function on copies when a plan runs on a GPU.
    dtypes : ufunc, callable or dtype, optional
        How dtypes follow. By default operands are promoted to one dtype, and the
        result has the dtype that `numpy` gives.
    nin : int, optional
        Number of operands, where `numpy` does not tell.
    flops, ulp : int, default 4
        Cost per element, and how far the results of `cuda` may be from NumPy's.
    doc : str, optional
        Docstring of the function returned.

    Raises
    ------
    KernelError
        `cuda` does not compile. It is compiled at once if NVRTC is installed.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> swish = la.elementwise(
    ...     "swish",
    ...     numpy=lambda x: x / (1 + np.exp(-x)),
    ...     cuda="x / (1 + exp(-x))",
    ... )
    >>> (swish(la.asarray([-1.0, 0.0, 1.0])) * 2).compute().round(3)
    array([-0.538,  0.   ,  1.462])
    """
    op = _row(name, numpy, cuda, dtypes, nin, flops=flops, ulp=ulp, summary=doc)
    if cuda is not None:
        _compile(op, cuda)
    if name in _mine:
        row.withdraw(_mine.pop(name))
    row.complete()  # whose names are taken
    _mine[name] = row.register(op)
    return _public(op, doc)


def _row(
    name: str,
    numpy: Callable[..., Any],
    cuda: str | None,
    dtypes: DTypes | None,
    nin: int | None,
    **facts: Any,
) -> Op:
    if not name.isidentifier() or not name.isascii():
        msg = f"an elementwise function needs an identifier for a name, not {name!r}"
        raise ValueError(msg)
    names = _operand_names(name, numpy, nin)
    meaning = numpy if isinstance(numpy, np.ufunc) else _Meaning(numpy, len(names))
    op = Op(
        name=name,
        kind=Kind.MAP,
        numpy=meaning,
        nin=len(names),
        cuda=None if cuda is None else _function(name, cuda, names),
        dtypes=_rule(name, dtypes, numpy),
        **facts,
    )
    if isinstance(meaning, _Meaning):
        meaning.op = op
    return op


def _public(op: Op, doc: str) -> Callable[..., Array]:
    def function(
        *operands: Any, out: Any = None, where: Any = True, dtype: Any = None
    ) -> Array:
        if len(operands) != op.nin:
            msg = f"{op.name}() takes {op.nin} operands, got {len(operands)}"
            raise TypeError(msg)
        return call(op, operands, out, where, dtype)

    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = doc or f"Return {op.name} of {op.nin} operands, lazily."
    return function


def _operand_names(
    name: str, function: Callable[..., Any], nin: int | None
) -> tuple[str, ...]:
    if isinstance(function, np.ufunc):
        if function.nout != 1:
            msg = f"{name}: a ufunc with {function.nout} results is not one function"
            raise ValueError(msg)
        nin = function.nin
    elif nin is None:
        return _parameters(name, function)
    return _NAMES.get(nin) or tuple(f"x{k}" for k in range(nin))


def _parameters(name: str, function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = ()  # type: ignore[assignment]
    plain = [
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and p.default is p.empty
    ]
    if not plain or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        msg = f"{name}: how many operands does {function!r} take? Give nin=."
        raise ValueError(msg)
    return tuple(plain)


class _Meaning:
    """A user's function, called as rows are: ``f(a, b)`` and ``f(a, b, out)``."""

    op: Op

    def __init__(self, function: Callable[..., Any], count: int) -> None:
        self.function = function
        self.count = count

    def __call__(self, *args: Any, out: Any = None) -> Any:
        operands = [np.asarray(x) for x in args[: self.count]]
        if len(args) > self.count:
            out = args[self.count]
        result = np.asarray(self.function(*operands))
        shape = np.broadcast_shapes(*(x.shape for x in operands))
        if result.shape != shape:
            result = self._stretched(result, operands, shape)
        if out is not None:
            np.copyto(out, result, casting="unsafe")
            return out
        dtype = self.op.resolve(tuple(x.dtype for x in operands))[-1]
        return result.astype(dtype, copy=False)

    def _stretched(
        self, result: Any, operands: list[Any], shape: tuple[int, ...]
    ) -> Any:
        """Return a constant in the operands' shape: a fold depends on all of them."""
        if not result.shape:
            constant = self.function(*[x.reshape(-1)[:1] for x in operands])
            if np.array_equal(np.ravel(constant)[:1], result[None], equal_nan=True):
                return np.broadcast_to(result, shape)
        msg = (
            f"the NumPy function gave shape {result.shape} for operands of {shape}; "
            "it must work element by element"
        )
        raise ValueError(msg)


# --- dtypes ------------------------------------------------------------------------


def _rule(
    name: str, dtypes: DTypes | None, function: Callable[..., Any]
) -> row.DTypeRule:
    """Return the rule of a row: operands' dtypes to those of a loop, result last."""
    if dtypes is None and isinstance(function, np.ufunc):
        dtypes = function

    def rule(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
        if isinstance(dtypes, np.ufunc):
            found = dtypes.resolve_dtypes((*operands, None))
        else:
            real = tuple(np.dtype(kind) for kind in operands)
            found = (row.promote(operands),) * len(operands)
            if dtypes is None:
                found += (_probed(name, function, found),)
            elif isinstance(dtypes, (str, type, np.dtype)):
                found += (np.dtype(dtypes),)
            else:
                given = dtypes(*real)
                if isinstance(given, tuple):
                    found = tuple(np.dtype(one) for one in given)
                else:
                    found += (np.dtype(given),)
        return _checked(name, op, found)

    return rule


def _checked(name: str, op: Op, found: tuple[Any, ...]) -> tuple[DType, ...]:
    if len(found) != op.nin + 1:
        what = f"its dtypes= gave {len(found)} dtypes for {op.nin} operands, a result"
        raise DTypeError.at(name, what)
    for dtype in found:
        if dtype.char not in CHARS:
            raise DTypeError.at(name, f"dtype {dtype} is not one of lazyarr's")
    return found


def _probed(
    name: str, function: Callable[..., Any], dtypes: tuple[DType, ...]
) -> DType:
    """Return the dtype that a function gives for arrays of these dtypes."""
    try:
        with np.errstate(all="ignore"):
            result = function(*(np.ones(1, dtype) for dtype in dtypes))
    except Exception as error:
        listed = ", ".join(map(str, dtypes))
        what = f"its NumPy function fails for ({listed}): {error}"
        raise DTypeError.at(name, what, where_text(here())) from error
    return np.asarray(result).dtype


# --- CUDA --------------------------------------------------------------------------


def _function(name: str, text: str, names: tuple[str, ...]) -> str:
    """Define a device function around a user's text; return the call of it."""
    called = f"lz_user_{name}_{next(_numbers)}"
    _codegen().define(called, _definition(called, text, names))
    return f"{called}<{{out}}>({', '.join(f'{{{k}}}' for k in range(len(names)))})"


def _definition(called: str, text: str, names: tuple[str, ...]) -> str:
    kinds = ["T", *(f"T{k}" for k in range(1, len(names)))]
    listed = ", ".join(f"{kind} {one}" for kind, one in zip(kinds, names, strict=True))
    body = text.strip("\n")
    if not re.search(r"\breturn\b", body):
        body = f"return Out(\n#line 1\n{body}\n);"
    else:
        body = f"#line 1\n{body}"
    types = ", ".join(f"class {kind}" for kind in kinds)
    return (
        f"template <class Out, {types}>\n"
        f"__device__ __forceinline__ Out {called}({listed}) {{\n{body}\n"
        f"#line {_ELSEWHERE}\n}}\n"
    )


def _codegen() -> Any:
    """Return the module that knows C++ names; imported when a text is there."""
    return importlib.import_module("lazyarr.codegen.preamble")


def _compile(op: Op, text: str) -> None:
    """Compile a text for the first dtype that the function takes.

    Raises
    ------
    KernelError
        The compiler refuses it; the message shows the text with its lines marked.
    """
    for char in _TRIED:
        try:
            loop = op.resolve((np.dtype(char),) * op.nin)
        except TypeError:
            continue
        compiler = importlib.import_module("lazyarr.runtime.compile")
        log = compiler.complaints(_kernel(op, loop))
        if log:
            dtypes = ", ".join(map(str, loop[:-1]))
            what = f"the CUDA text does not compile for ({dtypes})"
            place = where_text(here())
            msg = f"{message(op.name, what, place)}:\n{_marked(text, log)}"
            raise KernelError(msg)
        return


def _kernel(op: Op, loop: tuple[DType, ...]) -> str:
    """Return the text of a kernel that does nothing but call the op."""
    codegen = _codegen()
    *dtypes, out = loop
    kinds = [codegen.ctype(dtype) for dtype in dtypes]
    listed = ", ".join(f"const {kind}* a{k}" for k, kind in enumerate(kinds))
    names = tuple(f"a{k}[0]" for k in range(op.nin))
    value = codegen.expression(op, tuple(dtypes), out, names)
    head = f'extern "C" __global__ void f({codegen.ctype(out)}* q, {listed})'
    kernel = f"{head} {{ *q = {value}; }}"
    return f"{codegen.sections(kernel)}{kernel}"


def _marked(text: str, log: str) -> str:
    """Return a text with numbered lines, and the compiler's words where they belong."""
    said: dict[int, list[str]] = {}
    for number, words in re.findall(r"\((\d+)\): error: (.*)", log):
        said.setdefault(int(number), []).append(words)
    lines = text.strip("\n").splitlines()
    shown = []
    for number, line in enumerate(lines, 1):
        mark = ">" if number in said else " "
        shown.append(f"{mark} {number:3} | {line}")
        shown += [f"        ^ {words}" for words in said.pop(number, ())]
    rest = [f"        {words}" for some in said.values() for words in some]
    return "\n".join([*shown, *rest]) if shown else log
