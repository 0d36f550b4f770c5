"""The text of the generated files of ``lazyarr.api``, from the op table.

``pytest tests/ops --update-golden`` writes them; a test fails when they are stale.
"""

from lazyarr import ops
from lazyarr.ops.row import Kind, Op

# Composed in lazyarr.api instead, or with a signature of their own there.
BY_HAND = {"where", "clip", "astype", "copy", "round", "pow", "real", "imag"}

HEADER = '''"""{title}

Generated from the op table: ``pytest tests/ops --update-golden`` writes this file.
"""
'''

EXAMPLES = {
    "add": ("1, 2", "3"),
    "sqrt": ("9.0", "3.0"),
    "maximum": ("1, 2", "2"),
    "logical_not": ("False", "True"),
}


def public_maps() -> list[Op]:
    maps = (op for op in ops.OPS.values() if op.kind is Kind.MAP and op.public)
    return sorted((op for op in maps if op.name not in BY_HAND), key=lambda o: o.name)


def elementwise() -> str:
    parts = [
        HEADER.format(
            title="Elementwise functions: one for every row of the op table."
        ),
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING, Any\n\n"
        "from lazyarr import ops\n"
        "from lazyarr.api.calls import call\n\n"
        "if TYPE_CHECKING:\n    from lazyarr.api.array import Array\n",
    ]
    names: list[str] = []
    for op in public_maps():
        parts.append(function(op))
        names.append(op.name)
        for alias in op.alias:
            parts.append(f"{alias} = {op.name}\n")
            names.append(alias)
    listed = "".join(f'    "{name}",\n' for name in sorted(names))
    parts.append(f"__all__ = [\n{listed}]\n")
    return "\n".join(parts)


def function(op: Op) -> str:
    operands = ["x"] if op.nin == 1 else [f"x{k + 1}" for k in range(op.nin)]
    typed = ", ".join(f"{name}: Any" for name in operands)
    given = ", ".join(operands)
    documented = ", ".join(operands)
    text = f'''
def {op.name}(
    {typed}, /, out: Any = None, *, where: Any = True, casting: Any = "same_kind",
    order: Any = "K", dtype: Any = None, subok: bool = True
) -> Array:
    """{op.summary}

    Parameters
    ----------
    {documented} : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order, subok
        Have no meaning here: NumPy's arguments about memory and subclasses.
    dtype : dtype, optional
        Of the computation.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.
'''
    if op.nin == 1:
        text = text.replace("        Broadcast against each other.\n", "")
        text = text.replace(
            "    ShapeError\n        The operands do not broadcast.\n", ""
        )
    if op.name in EXAMPLES:
        args, result = EXAMPLES[op.name]
        text += (
            "\n    Examples\n    --------\n    >>> import lazyarr as la\n"
            f"    >>> la.{op.name}({args}).compute().item()\n    {result}\n"
        )
    text += f'    """\n    return call(ops.{op.name.upper()}, ({given},), out, where, dtype, casting)\n'
    return text


def operators() -> str:
    parts = [
        HEADER.format(
            title="Python's operators on arrays, one for each row that has one."
        ),
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING, Any\n\n"
        "from lazyarr import ops\n"
        "from lazyarr.api.calls import binary, inplace, unary\n\n"
        "if TYPE_CHECKING:\n"
        "    from lazyarr.api.array import Array\n\n\n"
        "class Operators:\n"
        '    """The operators; mixed into `Array`."""\n\n'
        "    __slots__ = ()\n    __hash__ = None  # type: ignore[assignment]\n",
    ]
    rows = (op for op in ops.OPS.values() if op.dunder is not None)
    parts += [methods(op) for op in rows if op.name != "pow"]
    return "\n".join(parts)


COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}


def methods(op: Op) -> str:
    row = f"ops.{op.name.upper()}"
    name = op.dunder
    if op.nin == 1:
        return (
            f"    def __{name}__(self) -> Array:\n"
            f"        return unary({row}, self)  # type: ignore[arg-type]\n"
        )
    if name in COMPARISONS:
        note = "  # type: ignore[override]" if name in ("eq", "ne") else ""
        return (
            f"    def __{name}__(self, other: Any, /) -> Array:{note}\n"
            f"        return binary({row}, self, other)\n"
        )
    return (
        f"    def __{name}__(self, other: Any, /) -> Array:\n"
        f"        return binary({row}, self, other)\n\n"
        f"    def __r{name}__(self, other: Any, /) -> Array:\n"
        f"        return binary({row}, other, self)\n\n"
        f"    def __i{name}__(self, other: Any, /) -> Array:\n"
        f"        return inplace({row}, self, other)  # type: ignore[arg-type]\n"
    )


FILES = {
    "lazyarr/api/elementwise.py": elementwise,
    "lazyarr/api/operators.py": operators,
}
