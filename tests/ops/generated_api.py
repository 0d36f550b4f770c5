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
    "abs": ("-3", "3"),
    "acos": ("1.0", "0.0"),
    "acosh": ("1.0", "0.0"),
    "asin": ("0.0", "0.0"),
    "asinh": ("0.0", "0.0"),
    "atan": ("0.0", "0.0"),
    "atan2": ("0.0, 1.0", "0.0"),
    "atanh": ("0.0", "0.0"),
    "bitwise_and": ("12, 10", "8"),
    "bitwise_count": ("7", "3"),
    "bitwise_invert": ("5", "-6"),
    "bitwise_left_shift": ("3, 2", "12"),
    "bitwise_or": ("12, 10", "14"),
    "bitwise_right_shift": ("12, 2", "3"),
    "bitwise_xor": ("12, 10", "6"),
    "cbrt": ("64.0", "4.0"),
    "ceil": ("-1.5", "-1.0"),
    "conj": ("1 + 2j", "(1-2j)"),
    "copysign": ("3.0, -0.0", "-3.0"),
    "cos": ("0.0", "1.0"),
    "cosh": ("0.0", "1.0"),
    "deg2rad": ("0.0", "0.0"),
    "divide": ("1, 4", "0.25"),
    "equal": ("2, 2.0", "True"),
    "exp": ("0.0", "1.0"),
    "exp2": ("3.0", "8.0"),
    "expm1": ("0.0", "0.0"),
    "fabs": ("-3.5", "3.5"),
    "float_power": ("2, 3", "8.0"),
    "floor": ("-1.5", "-2.0"),
    "floor_divide": ("-7, 2", "-4"),
    "fmax": ('2.0, float("nan")', "2.0"),
    "fmin": ('2.0, float("nan")', "2.0"),
    "fmod": ("-7, 3", "-1"),
    "gcd": ("12, 18", "6"),
    "greater": ("2, 3", "False"),
    "greater_equal": ("3, 3", "True"),
    "heaviside": ("0.0, 0.5", "0.5"),
    "hypot": ("3.0, 4.0", "5.0"),
    "isfinite": ("1.0", "True"),
    "isinf": ("1.0", "False"),
    "isnan": ("1.0", "False"),
    "lcm": ("4, 6", "12"),
    "less": ("2, 3", "True"),
    "less_equal": ("3, 3", "True"),
    "log": ("1.0", "0.0"),
    "log10": ("1000.0", "3.0"),
    "log1p": ("0.0", "0.0"),
    "log2": ("8.0", "3.0"),
    "logaddexp": ("0.0, -1e300", "0.0"),
    "logaddexp2": ("1.0, 1.0", "2.0"),
    "logical_and": ("1, 0", "False"),
    "logical_or": ("1, 0", "True"),
    "logical_xor": ("1, 1", "False"),
    "minimum": ("2, 3", "2"),
    "multiply": ("2, 3", "6"),
    "negative": ("3", "-3"),
    "nextafter": ("0.0, 0.0", "0.0"),
    "not_equal": ("2, 3", "True"),
    "positive": ("-3", "-3"),
    "rad2deg": ("0.0", "0.0"),
    "reciprocal": ("4.0", "0.25"),
    "remainder": ("-7, 3", "2"),
    "rint": ("2.5", "2.0"),
    "sign": ("-2.5", "-1.0"),
    "signbit": ("-0.0", "True"),
    "sin": ("0.0", "0.0"),
    "sinh": ("0.0", "0.0"),
    "square": ("3", "9"),
    "subtract": ("2, 3", "-1"),
    "tan": ("0.0", "0.0"),
    "tanh": ("0.0", "0.0"),
    "trunc": ("-1.5", "-1.0"),
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
        "from lazyarr.api.calls import call\n"
        "from lazyarr.api.pointwise import pointwise\n\n"
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
    quick = op.nin <= 2
    text = f"\n@pointwise(ops.{op.name.upper()})" if quick else ""
    text += f'''
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
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

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
    text += f'    """\n    return call(ops.{op.name.upper()}, ({given},), out, where, dtype, casting, order)\n'
    return text


def operators() -> str:
    parts = [
        HEADER.format(
            title="Python's operators on arrays, one for each row that has one."
        ),
        "from __future__ import annotations\n\n"
        "from lazyarr import ops\n"
        "from lazyarr.api.building import binary, inplace, reflected, unary\n\n\n"
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
        return f"    __{name}__ = unary({row})\n"
    if name in COMPARISONS:
        note = "  # type: ignore[assignment]" if name in ("eq", "ne") else ""
        return f"    __{name}__ = binary({row}){note}\n"
    return (
        f"    __{name}__ = binary({row})\n"
        f"    __r{name}__ = reflected({row})\n"
        f"    __i{name}__ = inplace({row})\n"
    )


FILES = {
    "lazyarr/api/elementwise.py": elementwise,
    "lazyarr/api/operators.py": operators,
}
