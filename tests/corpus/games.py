"""Cellular automata, sieves and puzzles: integers and booleans."""

from __future__ import annotations

import numpy

from tests.corpus.registry import program


def cells(n, rng):
    return (rng.integers(0, 2, (n, n)),)


@program(cells, sizes=(6, 17), large=1000)
def game_of_life(np, world, steps=8):
    """On a torus, by roll."""
    for _ in range(steps):
        neighbours = sum(
            np.roll(np.roll(world, i, 0), j, 1)
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            if (i, j) != (0, 0)
        )
        world = ((neighbours == 3) | ((world == 1) & (neighbours == 2))).astype(int)
    return world, world.sum()


@program(cells, sizes=(7, 20), large=1000)
def game_of_life_in_place(np, z, steps=8):
    """With borders, masks and an array that is written in place."""
    for _ in range(steps):
        count = (
            z[:-2, :-2] + z[:-2, 1:-1] + z[:-2, 2:]
            + z[1:-1, :-2] + z[1:-1, 2:]
            + z[2:, :-2] + z[2:, 1:-1] + z[2:, 2:]
        )  # fmt: skip
        birth = (count == 3) & (z[1:-1, 1:-1] == 0)
        survive = ((count == 2) | (count == 3)) & (z[1:-1, 1:-1] == 1)
        z[...] = 0
        z[1:-1, 1:-1][birth | survive] = 1
    return z


@program(lambda n, rng: (n,), sizes=(11, 40), large=1500)
def rule_30(np, n):
    """One row at a time, looked up in a table."""
    rule = np.array([int(b) for b in f"{30:08b}"[::-1]], dtype=np.uint8)
    rows = np.zeros((n, 2 * n + 1), dtype=np.uint8)
    rows[0, n] = 1
    for k in range(1, n):
        row = rows[k - 1]
        code = 4 * np.roll(row, 1) + 2 * row + np.roll(row, -1)
        rows[k] = rule[code]
    return rows


@program(lambda n, rng: (n,), sizes=(20, 200), large=2_000_000)
def sieve(np, n):
    """Eratosthenes: strided writes of booleans."""
    is_prime = np.ones(n + 1, dtype=bool)
    is_prime[:2] = False
    for k in range(2, int(n**0.5) + 1):
        if is_prime[k]:
            is_prime[k * k :: k] = False
    return np.nonzero(is_prime)[0], is_prime.sum()


@program(lambda n, rng: (n,), sizes=(10, 60), large=1_000_000)
def collatz_lengths(np, n):
    """Steps until 1, for all numbers at once."""
    numbers = np.arange(1, n + 1)
    lengths = np.zeros(n, dtype=np.int64)
    active = numbers > 1
    for _ in range(30):
        numbers = np.where(
            active, np.where(numbers % 2 == 0, numbers // 2, 3 * numbers + 1), numbers
        )
        lengths += active
        active = numbers > 1
    return lengths, np.argmax(lengths) + 1


@program(
    lambda n, rng: (rng.permuted(rows_of_numbers(n), axis=1),), sizes=(4, 9), large=400
)
def is_latin_square(np, rows):
    """Sorted rows and columns against the numbers they should hold."""
    n = rows.shape[0]
    wanted = np.arange(n)
    in_rows = np.all(np.sort(rows, axis=1) == wanted)
    in_columns = np.array_equal(np.sort(rows, axis=0), np.tile(wanted[:, None], n))
    return bool(in_rows), in_columns, [len(np.unique(c)) for c in rows.T[:4]]


def rows_of_numbers(n):
    return numpy.tile(numpy.arange(n), (n, 1))


@program(lambda n, rng: (rng.random((n, n)) < 0.6,), sizes=(6, 15), large=300)
def flood_fill(np, open_cells):
    """Grow a region until it no longer changes."""
    filled = np.zeros_like(open_cells)
    filled[0, :] = open_cells[0, :]
    for _ in range(200):
        grown = filled.copy()
        grown[1:, :] |= filled[:-1, :]
        grown[:-1, :] |= filled[1:, :]
        grown[:, 1:] |= filled[:, :-1]
        grown[:, :-1] |= filled[:, 1:]
        grown &= open_cells
        if (grown == filled).all():
            break
        filled = grown
    return filled, filled[-1].any()


@program(lambda n, rng: (rng.integers(0, 4, (n, n)) * 3,), sizes=(5, 12), large=200)
def sandpile(np, sand):
    """Topple until every heap is low."""
    steps = 0
    while np.any(sand >= 4) and steps < 40:
        high = sand >= 4
        sand[high] -= 4
        sand[1:][high[:-1]] += 1
        sand[:-1][high[1:]] += 1
        sand[:, 1:][high[:, :-1]] += 1
        sand[:, :-1][high[:, 1:]] += 1
        steps += 1
    return sand, steps


@program(
    lambda n, rng: (rng.integers(0, 2**32, n, dtype="u4"),),
    sizes=(9, 70),
    large=1_000_000,
)
def bit_tricks(np, words):
    """Population counts, Gray codes, and a hash that wraps around."""
    count = words - ((words >> 1) & 0x55555555)
    count = (count & 0x33333333) + ((count >> 2) & 0x33333333)
    count = (((count + (count >> 4)) & 0x0F0F0F0F) * np.uint32(0x01010101)) >> 24
    gray = words ^ (words >> 1)
    h = np.full(words.shape, 2166136261, dtype=np.uint32)
    for shift in (0, 8, 16, 24):
        h ^= (words >> shift) & 0xFF
        h *= np.uint32(16777619)
    return (
        count,
        gray,
        h,
        np.bitwise_xor.reduce(words),
        np.packbits((words & 1).astype(bool)),
    )


@program(lambda n, rng: (n,), sizes=(5, 12), large=300)
def pascals_triangle(np, n):
    """Row after row, from the one before."""
    rows = np.zeros((n, n), dtype=np.int64)
    rows[:, 0] = 1
    for k in range(1, n):
        rows[k, 1 : k + 1] = (rows[k - 1, :k] + rows[k - 1, 1 : k + 1]) % 1_000_007
    return rows, rows.sum(axis=1)
