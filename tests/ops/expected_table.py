"""What every op accepts and returns, stated again: an error in a row cannot agree.

``kinds`` are the dtype kinds that the op takes for all of its operands. ``result`` is
the kind of what it returns: ``same`` as its operands, ``bool``, ``float`` (the same for
floats and complex, a float for anything smaller), ``real`` (of a complex number), or a
dtype by name.
"""

from typing import NamedTuple


class Expected(NamedTuple):
    operands: int
    kinds: str
    result: str


EXPECTED = {
    "abs": Expected(1, "biufc", "real"),
    "acos": Expected(1, "biufc", "float"),
    "acosh": Expected(1, "biufc", "float"),
    "add": Expected(2, "biufc", "same"),
    "asin": Expected(1, "biufc", "float"),
    "asinh": Expected(1, "biufc", "float"),
    "atan": Expected(1, "biufc", "float"),
    "atan2": Expected(2, "biuf", "float"),
    "atanh": Expected(1, "biufc", "float"),
    "bitwise_and": Expected(2, "biu", "same"),
    "bitwise_count": Expected(1, "biu", "uint8"),
    "bitwise_invert": Expected(1, "biu", "same"),
    "bitwise_left_shift": Expected(2, "biu", "integer"),
    "bitwise_or": Expected(2, "biu", "same"),
    "bitwise_right_shift": Expected(2, "biu", "integer"),
    "bitwise_xor": Expected(2, "biu", "same"),
    "cbrt": Expected(1, "biuf", "float"),
    "ceil": Expected(1, "biuf", "same"),
    "clip": Expected(3, "biufc", "same"),
    "conj": Expected(1, "biufc", "integer"),
    "copy": Expected(1, "biufc", "same"),
    "copysign": Expected(2, "biuf", "float"),
    "cos": Expected(1, "biufc", "float"),
    "cosh": Expected(1, "biufc", "float"),
    "deg2rad": Expected(1, "biuf", "float"),
    "divide": Expected(2, "biufc", "quotient"),
    "equal": Expected(2, "biufc", "bool"),
    "exp": Expected(1, "biufc", "float"),
    "exp2": Expected(1, "biufc", "float"),
    "expm1": Expected(1, "biufc", "float"),
    "fabs": Expected(1, "biuf", "float"),
    "float_power": Expected(2, "biufc", "double"),
    "floor": Expected(1, "biuf", "same"),
    "floor_divide": Expected(2, "biuf", "integer"),
    "fmax": Expected(2, "biufc", "same"),
    "fmin": Expected(2, "biufc", "same"),
    "fmod": Expected(2, "biuf", "integer"),
    "gcd": Expected(2, "iu", "same"),
    "greater": Expected(2, "biufc", "bool"),
    "greater_equal": Expected(2, "biufc", "bool"),
    "heaviside": Expected(2, "biuf", "float"),
    "hypot": Expected(2, "biuf", "float"),
    "imag": Expected(1, "biufc", "real"),
    "isfinite": Expected(1, "biufc", "bool"),
    "isinf": Expected(1, "biufc", "bool"),
    "isnan": Expected(1, "biufc", "bool"),
    "lcm": Expected(2, "iu", "same"),
    "less": Expected(2, "biufc", "bool"),
    "less_equal": Expected(2, "biufc", "bool"),
    "log": Expected(1, "biufc", "float"),
    "log10": Expected(1, "biufc", "float"),
    "log1p": Expected(1, "biufc", "float"),
    "log2": Expected(1, "biufc", "float"),
    "logaddexp": Expected(2, "biuf", "float"),
    "logaddexp2": Expected(2, "biuf", "float"),
    "logical_and": Expected(2, "biufc", "bool"),
    "logical_not": Expected(1, "biufc", "bool"),
    "logical_or": Expected(2, "biufc", "bool"),
    "logical_xor": Expected(2, "biufc", "bool"),
    "maximum": Expected(2, "biufc", "same"),
    "minimum": Expected(2, "biufc", "same"),
    "multiply": Expected(2, "biufc", "same"),
    "negative": Expected(1, "iufc", "same"),
    "nextafter": Expected(2, "biuf", "float"),
    "not_equal": Expected(2, "biufc", "bool"),
    "positive": Expected(1, "iufc", "same"),
    "pow": Expected(2, "biufc", "integer"),
    "rad2deg": Expected(1, "biuf", "float"),
    "real": Expected(1, "biufc", "real"),
    "reciprocal": Expected(1, "biufc", "integer"),
    "remainder": Expected(2, "biuf", "integer"),
    "rint": Expected(1, "biufc", "float"),
    "round": Expected(1, "biufc", "rounded"),
    "sign": Expected(1, "iufc", "same"),
    "signbit": Expected(1, "biuf", "bool"),
    "sin": Expected(1, "biufc", "float"),
    "sinh": Expected(1, "biufc", "float"),
    "sqrt": Expected(1, "biufc", "float"),
    "square": Expected(1, "biufc", "integer"),
    "subtract": Expected(2, "iufc", "same"),
    "tan": Expected(1, "biufc", "float"),
    "tanh": Expected(1, "biufc", "float"),
    "trunc": Expected(1, "biuf", "same"),
    "where": Expected(3, "biufc", "same"),
}

# The smallest float that NumPy holds integers of so many bytes in.
FLOAT_OF_BYTES = {1: "float16", 2: "float32", 4: "float64", 8: "float64"}


def result_name(dtype, result):
    """Return the name of the dtype that an op gives for operands of `dtype`."""
    small = dtype.kind in "biu"
    match result:
        case "same":
            return dtype.name
        case "integer":  # booleans are taken as int8
            return "int8" if dtype.kind == "b" else dtype.name
        case "float":
            return FLOAT_OF_BYTES[dtype.itemsize] if small else dtype.name
        case "quotient":
            return "float64" if small else dtype.name
        case "real":
            halves = {"complex64": "float32", "complex128": "float64"}
            return halves.get(dtype.name, dtype.name)
        case "double":
            return "complex128" if dtype.kind == "c" else "float64"
        case "rounded":
            return "float16" if dtype.kind == "b" else dtype.name
        case name:
            return name
