"""The text of ``docs/coverage.md``: how each of NumPy's functions is computed.

It is found out by calling each function on expressions that nobody has computed:
whether something is evaluated meanwhile, and which operations the result is made of.
``pytest tests/surface --update-golden`` writes the page; a test fails when it is stale.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import namespace
from lazyarr.api.handle import Handle
from lazyarr.ir.node import structure
from lazyarr.ops.evaluated import FUNCTIONS
from lazyarr.ops.row import Kind
from lazyarr.plan import delegate
from tests.surface import examples

FUSED, LIBRARY, EVALUATED, NONE = "fused", "library stage", "evaluated", "no array"
PAGE = "docs/coverage.md"

# Of those, and `polyfit` by `lstsq`; `view` is a method.
_ON_GPU = {function.__name__ for function in FUNCTIONS} | {"polyfit", "view"}

_HEAD = """# NumPy's functions, and how each is computed

`import lazyarr as np` offers all of NumPy's public names. This page is generated: each
function was called on expressions that nobody had computed, and its result looked at.

- **fused**: the result is an expression of elementwise operations, reductions and
  views, which are planned and fused with what is around them.
- **library stage**: lazy too; a part of the expression is one stage of NumPy's or
  CuPy's own function, named in the plan.
- **evaluated**: arguments are computed when the function is called, because the result's
  size depends on values, or because it is no array, or because there is no lazy form;
  the result is a lazy array again, and plans of what is built on it say so. What
  is evaluated for the size's sake is computed where the arrays lie.
- **no array**: what the call returns needs no elements: a shape, a dtype, a setting.

Of arrays that lie on a GPU, results are **there** or **NumPy's**, which computes that stage,
or the whole call, on copies. Where **its size** is waited for, that alone comes home; what
**reads values** has those copied that it looks at.

The example calls are those of the tests. Other arguments may have another form: what
depends on values, such as a mask that decides a size, is evaluated.
"""


def _arrays(result: Any) -> list[Handle]:
    if isinstance(result, Handle):
        return [result]
    if isinstance(result, (list, tuple)):
        return [array for item in result for array in _arrays(item)]
    return []


class _Watch:
    """Counts evaluations of expressions of inputs within a ``with`` block."""

    def __init__(self, inputs: Any) -> None:
        arrays = (array._current() for array in vars(inputs).values())
        self._inputs = {id(node.value) for node in structure(tuple(arrays))[1]}

    def __enter__(self) -> _Watch:
        self.runs = 0
        self._kept = evaluate.compute, evaluate.persist
        evaluate.compute = self._counted(evaluate.compute)
        evaluate.persist = self._counted(evaluate.persist)
        return self

    def __exit__(self, *_: object) -> None:
        evaluate.compute, evaluate.persist = self._kept

    def _counted(self, function: Any) -> Any:
        def call(roots: Any, device: Any = None, **how: Any) -> Any:
            nodes = structure(tuple(root for root in roots if root.args))[1]
            used = {id(node.value) for node in nodes if node.op.name == "data"}
            self.runs += bool(used & self._inputs)
            return function(roots, device, **how)

        return call


class Form(NamedTuple):
    """How a call is computed, and what tells: stages, or what is evaluated."""

    kind: str
    why: str = ""
    far: str = ""


def form(call: examples.Example) -> Form:
    """Return how a call is computed."""
    with warnings.catch_warnings(), la.config(small_path=False):
        warnings.simplefilter("ignore")
        inputs = examples.lazy(la)
        with _Watch(inputs) as watch:
            result = call(la, inputs)
    arrays = _arrays(result)
    nodes = structure(tuple(array._current() for array in arrays))[1]
    leaves = [node.params for node in nodes if node.op.name == "data"]
    notes = [note for note in leaves if isinstance(note, str)]
    if any("no lazy form" in note for note in notes):
        return Form(EVALUATED, "no lazy form", "NumPy's")
    far = _far(nodes)
    if any("its size depends" in note for note in notes):
        return Form(EVALUATED, "its size depends on values", "there; its size")
    if watch.runs:
        why = "it reads values" if arrays else "it is no array"
        return Form(EVALUATED, why, "reads values")
    if not arrays:
        return Form(NONE)
    stages = sorted({node.op.name for node in nodes if node.op.kind is Kind.LIBRARY})
    return Form(LIBRARY, ", ".join(stages), far) if stages else Form(FUSED, "", far)


def _far(nodes: Any) -> str:
    """Return where operations are computed whose operands lie on a GPU."""
    lacking = {node.op.name for node in delegate.lacking(nodes)}
    for node in nodes:
        if node.op.kind is Kind.LIBRARY and node.op.absent is not None:
            params = node.params if isinstance(node.params, tuple) else ()
            dtypes = tuple(arg.dtype for arg in node.args)
            lacking.add(node.op.absent(params, dtypes))
    listed = ", ".join(sorted(lacking - {""}))
    return f"NumPy's: {listed}" if listed else "there"


def _table(title: str, calls: dict[str, examples.Example], prefix: str) -> str:
    lines = [f"\n## {title}\n", "| name | how | stages, or why | on a GPU |"]
    lines.append("|---|---|---|---|")
    for name in sorted(calls):
        kind, why, far = form(calls[name])
        if why == "no lazy form" and name in _ON_GPU:
            far = "there"
        lines.append(f"| `{prefix}{name}` | {kind} | {why} | {far} |")
    return "\n".join(lines) + "\n"


_OTHERS = """
## Other names

Classes, modules and constants are NumPy's own objects: dtypes and scalar types,
`errstate`, `poly1d`, `memmap`, `ma`, `polynomial`, `pi` and so on. Some are ours, and
behave alike: `ndarray` is what `isinstance` asks, `vectorize`, `broadcast`, `nditer`,
`mgrid`, `ogrid`, `r_` and `c_` take and give lazy arrays. Arrays of dates, strings,
objects and records are NumPy's.

| not offered | why |
|---|---|
"""


def _others() -> str:
    """Return what is NumPy's own object, and what is not offered."""
    rows = [f"| `{n}` | {why} |" for n, why in sorted(namespace.NOT_OFFERED.items())]
    return _OTHERS + "\n".join(rows) + "\n"


def page() -> str:
    """Return the page."""
    parts = [
        _table("Functions", examples.FUNCTIONS, ""),
        _table("Linear algebra", examples.LINALG, "linalg."),
        _table("Fourier transforms", examples.FFT, "fft."),
        _table("Methods and attributes of arrays", examples.METHODS, "."),
    ]
    text = "".join(parts)
    counts = {
        kind: text.count(f"| {kind} |") for kind in (FUSED, LIBRARY, EVALUATED, NONE)
    }
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return _HEAD + f"\nTogether: {listed}.\n" + text + _others()
