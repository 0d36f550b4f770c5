"""The demo's second part: the shading of a map's relief, one expression of NumPy code."""

from __future__ import annotations

import importlib
import math
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import lazyarr as la

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from lazyarr.cli.contenders import AnyArray

SAMPLE = "jacksboro_fault_dem.npz"
METRES_PER_DEGREE = 111_200.0

# NumPy holds the heights, their gradients and half a dozen temporaries at once.
BYTES_PER_CELL = 12 * 8
MOST_CELLS = 50_000_000

# What NumPy raises for files that are not arrays, or damaged ones.
_UNREADABLE = (
    ValueError,
    EOFError,
    OverflowError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
)

# The light of printed maps: from the north-west, 45 degrees above the horizon.
AZIMUTH, ALTITUDE = math.radians(315), math.radians(45)


class InputError(Exception):
    """The input is not what the demo can shade; the message is one line."""


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights on a grid; rows run from north to south, columns from west to east.

    Attributes
    ----------
    name : str
        For titles.
    heights : ndarray
        Two axes of at least three cells, float32 or float64.
    width, depth : float
        Of a cell, from west to east and from north to south, in units of the heights.
    in_metres : bool
        Whether the cell's size is known; if not, it was chosen for a clear picture.
    """

    name: str
    heights: AnyArray
    width: float
    depth: float
    in_metres: bool


def hillshade(
    xp: ModuleType, heights: AnyArray, width: float, depth: float
) -> AnyArray:
    """Return how bright the ground's inner cells are, from 0 to 1.

    Nothing in it knows about lazyarr: `xp` is NumPy or lazyarr.
    """
    east = (heights[1:-1, 2:] - heights[1:-1, :-2]) / (2 * width)
    north = (heights[:-2, 1:-1] - heights[2:, 1:-1]) / (2 * depth)
    slope = xp.atan(xp.hypot(east, north))
    aspect = xp.atan2(-east, -north)  # where the ground falls to, clockwise from north
    level = math.sin(ALTITUDE) * xp.cos(slope)
    facing = math.cos(ALTITUDE) * xp.sin(slope) * xp.cos(AZIMUTH - aspect)
    return xp.clip(level + facing, 0, 1)


def shade_of(xp: ModuleType, terrain: Terrain) -> AnyArray:
    """Return the hillshade as the module's array: lazyarr's is not computed."""
    heights = terrain.heights if xp is np else la.asarray(terrain.heights)
    return hillshade(xp, heights, terrain.width, terrain.depth)


def sample_terrain() -> Terrain:
    """Return the elevation model that ships with matplotlib.

    Raises
    ------
    InputError
        This matplotlib came without its sample data.
    """
    try:
        data = importlib.import_module("matplotlib.cbook").get_sample_data(SAMPLE)
    except OSError:
        what = f"matplotlib came without {SAMPLE}; give your own with --input FILE.npy"
        raise InputError(what) from None
    with data:
        heights = data["elevation"].astype(np.float64)
        dx, dy = float(data["dx"]), float(data["dy"])
        latitude = math.radians((float(data["ymin"]) + float(data["ymax"])) / 2)
    return Terrain(
        "Jacksboro fault, Tennessee",
        heights,
        METRES_PER_DEGREE * dx * math.cos(latitude),
        METRES_PER_DEGREE * dy,
        in_metres=True,
    )


def read_terrain(path: Path, memory: int) -> Terrain:
    """Return a user's array as heights, thinned out if shading it needs more memory.

    Raises
    ------
    InputError
        The file cannot be read, or holds something else than heights on a grid.
    """
    found = _array_in(path)
    if found.dtype.kind not in "buif":
        what = f"{path} holds {found.dtype}, not real numbers"
        raise InputError(what)
    if found.ndim != 2 or min(found.shape) < 3:
        what = f"{path} has shape {found.shape}, not two axes of 3 cells or more"
        raise InputError(what)
    rows, columns = _strides(found.shape, min(MOST_CELLS, memory // BYTES_PER_CELL))
    kept = np.float32 if found.dtype == np.float32 else np.float64
    heights = np.asarray(found[::rows, ::columns]).astype(kept)
    name = path.name if rows == columns == 1 else f"{path.name}[::{rows}, ::{columns}]"
    cell = _clear_cell(heights)
    return Terrain(name, heights, cell, cell, in_metres=False)


def _strides(shape: tuple[int, ...], most: int) -> list[int]:
    """Return the strides that thin a grid out to about this many cells."""
    if math.prod(shape) <= most:
        return [1, 1]
    side = max(3, math.isqrt(most))
    return [max(1, n // side) for n in shape]


def _array_in(path: Path) -> AnyArray:
    """Return the array of a .npy file, mapped: only what is used is read."""
    try:
        found: AnyArray = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        what = "does not exist"
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
    except _UNREADABLE:
        what = "is not an array that numpy.save wrote, without Python objects"
    else:
        return found
    raise InputError(f"{path} " + what)


def _clear_cell(heights: AnyArray) -> float:
    """Return a cell size that gives heights of unknown unit slopes worth seeing."""
    steps = np.abs(np.diff(heights, axis=0))
    steps = steps[np.isfinite(steps)]
    typical = 4 * float(np.mean(steps, dtype=np.float64)) if steps.size else 0.0
    return typical if 0 < typical < math.inf else 1.0


def tiled(terrain: Terrain, side: int) -> AnyArray:
    """Return a square of this many cells a side, the terrain mirrored to fill it."""
    rows, columns = (
        np.pad(np.arange(n), (0, max(0, side - n)), mode="symmetric")[:side]
        for n in terrain.heights.shape
    )
    return terrain.heights[np.ix_(rows, columns)]
