"""Simulations that draw from a generator with Philox's bits."""

from __future__ import annotations

from tests.corpus.registry import SUMS, Stream, program


def stream(n, rng):
    return Stream(int(rng.integers(1000))), n


@program(stream, sizes=(40, 500), large=5_000_000)
def monte_carlo_pi(np, rng, n):
    """Darts in a square."""
    x, y = rng.random(n), rng.random(n)
    return 4 * np.count_nonzero(x * x + y * y < 1) / n


@program(stream, sizes=(20, 200), large=500_000)
def random_walk(np, rng, n):
    """Steps of one, up or down."""
    steps = np.where(rng.random((n, 2)) < 0.5, -1, 1)
    path = np.cumsum(steps, axis=0)
    return path, np.abs(path).max(axis=0), np.sum(path[:, 0] == 0)


@program(stream, sizes=(30, 300), large=1_000_000, rtol=1e-10, reason=SUMS)
def importance_sampling(np, rng, n):
    """A tail, by draws that are exponential through the inverse."""
    u = rng.random(n)
    x = 3 - np.log1p(-u)
    weight = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi) / np.exp(-(x - 3))
    return weight.mean(), weight.var(ddof=1)


@program(stream, sizes=(20, 100), large=200_000)
def bootstrap_indices(np, rng, n):
    """Resampled with indices made of uniform numbers."""
    data = np.arange(n) ** 2 % 97
    index = (rng.random((5, n)) * n).astype(np.int64)
    return data[index].sum(axis=1), np.sort(data[index].max(axis=1))


@program(stream, sizes=(6, 16), large=400)
def ising(np, rng, n, steps=6):
    """Metropolis on a checkerboard; the spins are flipped in place."""
    spin = np.where(rng.random((n, n)) < 0.5, -1, 1)
    i, j = np.indices((n, n))
    for k in range(2 * steps):
        around = (
            np.roll(spin, 1, 0)
            + np.roll(spin, -1, 0)
            + np.roll(spin, 1, 1)
            + np.roll(spin, -1, 1)
        )
        flip = rng.random((n, n)) < np.exp(-2.0 * spin * around * 0.44)
        flip &= (i + j) % 2 == k % 2
        spin[flip] *= -1
    return spin, spin.sum()
