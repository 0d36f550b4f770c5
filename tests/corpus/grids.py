"""Stencils and other work on regular grids."""

from __future__ import annotations

from tests.corpus.registry import SUMS, program


def square(n, rng):
    return (rng.random((n, n)),)


@program(square, sizes=(5, 17), large=1500)
def heat(np, u, alpha=0.1, steps=25):
    """Explicit diffusion, written back into the input."""
    for _ in range(steps):
        u[1:-1, 1:-1] += alpha * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        )
    return u


@program(square, sizes=(5, 17), large=1500)
def heat_with_two_buffers(np, u, steps=20):
    """Two arrays that change places, with insulated edges."""
    new = np.empty_like(u)
    for _ in range(steps):
        new[1:-1, 1:-1] = 0.25 * (
            u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
        )
        new[0, :] = new[1, :]
        new[-1, :] = new[-2, :]
        new[:, 0] = new[:, 1]
        new[:, -1] = new[:, -2]
        u, new = new, u
    return u, new


@program(lambda n, rng: (rng.random(n),), sizes=(8, 50), large=2_000_000)
def wave(np, u, courant=0.5, steps=30):
    """A string that is held at both ends: three time levels."""
    before = u.copy()
    now = u.copy()
    after = np.zeros_like(u)
    c2 = courant**2
    for _ in range(steps):
        after[1:-1] = (
            2 * now[1:-1] - before[1:-1] + c2 * (now[2:] - 2 * now[1:-1] + now[:-2])
        )
        after[0] = after[-1] = 0.0
        before, now, after = now, after, before
    return now


@program(lambda n, rng: (rng.random(n),), sizes=(10, 64), large=3_000_000)
def upwind_advection(np, u, steps=20):
    """Overlapping assignment, as it is usually written."""
    c = 0.4
    for _ in range(steps):
        u[1:] = u[1:] - c * (u[1:] - u[:-1])
        u[0] = u[-1]
    return u


@program(lambda n, rng: (rng.random(n) + 1,), sizes=(16, 60), large=2_000_000)
def burgers(np, u, dt=0.005, steps=20):
    """Lax and Friedrichs with periodic edges, by roll."""
    dx = 1 / 8
    for _ in range(steps):
        flux = 0.5 * u**2
        left, right = np.roll(u, 1), np.roll(u, -1)
        u = 0.5 * (left + right) - dt / (2 * dx) * (
            np.roll(flux, -1) - np.roll(flux, 1)
        )
    return u


@program(square, sizes=(8, 20), large=800)
def gray_scott(np, u, steps=10):
    """Two reacting species on a torus."""
    v = np.zeros_like(u)
    n = u.shape[0]
    v[n // 3 : 2 * n // 3, n // 3 : 2 * n // 3] = 0.25

    def laplacian(z):
        return (
            np.roll(z, 1, axis=0)
            + np.roll(z, -1, axis=0)
            + np.roll(z, 1, axis=1)
            + np.roll(z, -1, axis=1)
            - 4 * z
        )

    for _ in range(steps):
        reaction = u * v * v
        u += 0.16 * laplacian(u) - reaction + 0.035 * (1 - u)
        v += 0.08 * laplacian(v) + reaction - (0.035 + 0.065) * v
    return u, v


@program(square, sizes=(6, 15), large=1000, rtol=1e-12, reason=SUMS)
def laplace_until_converged(np, p):
    """Jacobi sweeps until the change is small: the loop reads a value each time."""
    p[:, 0] = 0
    p[:, -1] = np.linspace(0, 1, p.shape[0])
    change, sweeps = 1.0, 0
    while change > 1e-2 and sweeps < 60:
        before = p.copy()
        p[1:-1, 1:-1] = 0.25 * (
            before[1:-1, 2:] + before[1:-1, :-2] + before[2:, 1:-1] + before[:-2, 1:-1]
        )
        p[0, :] = p[1, :]
        p[-1, :] = p[-2, :]
        change = np.sum(np.abs(p - before)) / (np.sum(np.abs(before)) + 1e-30)
        sweeps += 1
    return p, sweeps


@program(lambda n, rng: (rng.random((n, n, n)),), sizes=(4, 9), large=120)
def diffusion_in_three_dimensions(np, a, steps=6):
    """A 7-point stencil with ellipses and negative steps in the slices."""
    for _ in range(steps):
        inner = a[1:-1, 1:-1, 1:-1]
        around = (
            a[:-2, 1:-1, 1:-1]
            + a[2:, 1:-1, 1:-1]
            + a[1:-1, :-2, 1:-1]
            + a[1:-1, 2:, 1:-1]
            + a[1:-1, 1:-1, :-2]
            + a[1:-1, 1:-1, 2:]
        )
        inner[...] = inner + 0.05 * (around - 6 * inner)
    return a[..., ::-1]


@program(
    lambda n, rng: (rng.random((n, n)), rng.random((n, n)) - 0.5),
    sizes=(6, 18),
    large=1200,
)
def divergence_and_curl(np, u, v):
    """Central differences by gradient, and their magnitudes."""
    uy, ux = np.gradient(u)
    vy, vx = np.gradient(v, 0.5)
    divergence = ux + vy
    curl = vx - uy
    return divergence, curl, np.hypot(ux, uy), np.arctan2(vy, vx)


@program(square, sizes=(6, 16), large=1000)
def red_black_relaxation(np, u, steps=8):
    """Gauss and Seidel in two colours, by strided views."""
    for _ in range(steps):
        for start in (0, 1):
            for i in (1, 2):
                rows = u[i:-1:2, 1 + (i + start) % 2 : -1 : 2]
                m, n = rows.shape
                j = 1 + (i + start) % 2
                up = u[i - 1 :: 2, j::2][:m, :n]
                down = u[i + 1 :: 2, j::2][:m, :n]
                left = u[i::2, j - 1 :: 2][:m, :n]
                right = u[i::2, j + 1 :: 2][:m, :n]
                rows[...] = 0.25 * (up + down + left + right)
    return u


@program(lambda n, rng: (rng.random((n, n)) + 0.5,), sizes=(6, 14), large=600)
def shallow_water(np, h, dt=0.01, steps=6):
    """Three coupled fields with reflecting walls, all written in place."""
    u = np.zeros((h.shape[0] + 1, h.shape[1]))
    v = np.zeros((h.shape[0], h.shape[1] + 1))
    for _ in range(steps):
        u[1:-1, :] -= dt * 9.81 * np.diff(h, axis=0)
        v[:, 1:-1] -= dt * 9.81 * np.diff(h, axis=1)
        u *= 0.999
        v *= 0.999
        h -= dt * (np.diff(u, axis=0) + np.diff(v, axis=1))
    return h, u, v, h.max() - h.min()


@program(lambda n, rng: (n,), sizes=(7, 24), large=900)
def mandelbrot(np, n):
    """Escape times, with a mask of what still runs."""
    y, x = np.ogrid[-1.4 : 1.4 : n * 1j, -2 : 0.8 : n * 1j]
    c = x + y * 1j
    z = np.zeros_like(c)
    times = np.full(c.shape, 20, dtype=int)
    alive = np.ones(c.shape, dtype=bool)
    for k in range(20):
        z[alive] = z[alive] ** 2 + c[alive]
        gone = alive & (z.real**2 + z.imag**2 > 4)
        times[gone] = k
        alive &= ~gone
    return times, alive.sum()


@program(lambda n, rng: (n,), sizes=(6, 21), large=900)
def mandelbrot_without_masks(np, n):
    """The whole plane at every step; overflow is expected and silenced."""
    x = np.linspace(-2, 0.8, n)
    y = np.linspace(-1.4, 1.4, n)
    c = x[np.newaxis, :] + 1j * y[:, np.newaxis]
    z = c.copy()
    count = np.zeros(c.shape, dtype=np.int32)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(12):
            z = z * z + c
            count += np.abs(z.real) + np.abs(z.imag) < 4
    return count


@program(lambda n, rng: (n,), sizes=(7, 22), large=800)
def julia(np, n):
    """Points are clamped once they have escaped, by where."""
    axis = np.linspace(-1.5, 1.5, n)
    re, im = np.meshgrid(axis, axis)
    steps = np.zeros((n, n), dtype=np.uint8)
    for _ in range(20):
        inside = re * re + im * im <= 4.0
        new = re * re - im * im - 0.8
        im = np.where(inside, 2 * re * im + 0.156, im)
        re = np.where(inside, new, re)
        steps += inside
    return steps


@program(lambda n, rng: (n,), sizes=(9, 30), large=700, rtol=1e-12, reason=SUMS)
def newton_fractal(np, n):
    """Which root of z**3 = 1 each point goes to."""
    axis = np.linspace(-2, 2, n)
    z = axis + 1j * axis[:, None] + 0.01
    for _ in range(8):
        z -= (z**3 - 1) / (3 * z**2)
    roots = np.exp(2j * np.pi * np.arange(3) / 3)
    return z, np.argmin(np.abs(z[..., None] - roots), axis=-1)
