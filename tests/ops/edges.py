"""Values at the edges of every dtype, and the operand dtypes that an op is tested with."""

import itertools

import numpy as np

from lazyarr.ops import Kind

DTYPES = tuple(np.dtype(c) for c in "?bBhHiIqQefdFD")

_REAL = (0.0, 1.0, 2.0, 0.5, 1.5, 2.5, 3.0, 0.1, 0.75, 1e-3, 7.0, 10.0, 88.5, 100.25)


def real_edges(dtype):
    """Return positive and negative values of a real float dtype, special ones too."""
    info = np.finfo(dtype)
    extreme = [info.max, info.tiny, info.smallest_subnormal, info.eps, 1 + info.eps]
    values = np.array([*_REAL, *extreme, np.inf], dtype)
    quiet = np.array([np.nan], dtype)
    return np.concatenate([values, -values, quiet])


def payloads(dtype):
    """Return quiet NaNs that differ in sign and payload."""
    bits = np.dtype(f"u{dtype.itemsize}")
    mantissa = np.finfo(dtype).nmant
    quiet = np.array([np.nan], dtype).view(bits)
    sign = bits.type(1 << (dtype.itemsize * 8 - 1))
    more = bits.type(5 << (mantissa - 5))
    return np.concatenate([quiet, quiet | sign, quiet | more]).view(dtype)


def edges(dtype):
    """Return values worth trying of any dtype that lazyarr computes with."""
    match dtype.kind:
        case "b":
            return np.array([False, True])
        case "i" | "u":
            info = np.iinfo(dtype)
            ends = [info.min, info.min + 1, info.max - 1, info.max, info.max // 2]
            near = [n for n in range(-9, 70) if info.min <= n <= info.max]
            return np.array([*ends, *near], dtype)
        case "f":
            return real_edges(dtype)
        case _:
            part = np.array([], dtype).real.dtype
            few = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 30.0, np.inf, -np.inf, np.nan]
            ends = [np.finfo(part).max / 4, np.finfo(part).tiny, np.finfo(part).eps]
            x = np.array([*few, *ends], part)
            pairs = np.empty((x.size, x.size), dtype)
            pairs.real, pairs.imag = x[:, None], x
            return pairs.ravel()


def crossed(dtypes):
    """Return operands of these dtypes in which every edge meets every other."""
    values = [edges(dtype) for dtype in dtypes]
    if len(values) == 3:
        values = [v[:: max(1, v.size // 16)] for v in values]
    grid = np.meshgrid(*values, indexing="ij")
    return [np.ascontiguousarray(g.ravel()) for g in grid]


def loops(op):
    """Return the operand dtypes that an op computes without a cast."""
    if op.name == "astype":
        return [(dtype,) for dtype in DTYPES]
    found = []
    for dtype in DTYPES:
        asked = (np.dtype(bool), dtype, dtype) if op.name == "where" else None
        asked = asked or (dtype,) * op.nin
        try:
            resolved = op.resolve(asked)[:-1]
        except TypeError:
            continue
        if resolved == asked:
            found.append(asked)
    if op.name in {"less", "less_equal", "greater", "equal", "not_equal"}:
        mixed = np.dtype("q"), np.dtype("Q")
        found += [mixed, mixed[::-1]]
    return found


def maps(table):
    """Return the rows of public elementwise ops."""
    rows = [op for op in table.values() if op.kind is Kind.MAP]
    return [op for op in rows if op.public]


def cases(table):
    """Return every elementwise op with every loop it has."""
    pairs = ((op, loop) for op in maps(table) for loop in loops(op))
    return list(itertools.chain(pairs))


def case_name(case):
    op, loop = case
    return f"{op.name}-{'-'.join(dtype.name for dtype in loop)}"
