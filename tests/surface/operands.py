"""Arrays that functions meet: every dtype, every awkward shape and layout, NaN."""

from __future__ import annotations

import numpy as np

NAN, INF = np.nan, np.inf
GRID = np.array([[3.0, -1.5, 2.0, 0.5], [1.0, 3.0, -2.0, 8.0], [0.25, 7.0, 6.0, -3.0]])
LINE = np.array([2, 0, 5, 1, 1, 7])

OPERANDS = {
    "bool": LINE > 1,
    "int8": LINE.astype("i1"),
    "uint8": LINE.astype("u1") * 30,
    "int64": LINE - 3,
    "uint64": LINE.astype("u8"),
    "float16": GRID.astype("f2"),
    "float32": GRID.astype("f4"),
    "float64": GRID,
    "complex64": (LINE + 1j * LINE[::-1]).astype("c8"),
    "complex128": LINE[:4] - 2j * LINE[1:5],
    "no axes": np.array(2.5),
    "no axes, integer": np.array(3),
    "empty": np.zeros(0),
    "empty rows": np.zeros((0, 3)),
    "empty columns": np.zeros((2, 0), "f4"),
    "one": np.array([1.5]),
    "one of many axes": np.array([[[2]]]),
    "transposed": GRID.T,
    "strided": GRID[::2, ::3],
    "backwards": LINE[::-1],
    "backwards rows": GRID[::-1, ::-1],
    "broadcast": np.broadcast_to(LINE, (2, 6)),
    "Fortran": np.asfortranarray(GRID),
    "cube": np.arange(24.0).reshape(2, 3, 4) - 7,
    "NaN": np.array([1.0, NAN, -2.0, NAN, 4.0]),
    "NaN rows": np.array([[NAN, NAN], [NAN, 1.0], [3.0, -1.0]]),
    "infinite": np.array([INF, 1.0, -INF, -0.0, 0.0]),
}
