"""Fits, interpolation, integration, roots."""

from __future__ import annotations

from tests.corpus.registry import MATRICES, SUMS, program


def samples(n, rng):
    return rng.random((n, 3)), rng.random(n)


@program(samples, sizes=(6, 30), large=100_000, rtol=1e-8, reason=MATRICES)
def linear_regression(np, x, y):
    """Normal equations with an intercept, and how good they are."""
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.linalg.solve(design.T @ design, design.T @ y)
    predicted = design @ beta
    r2 = 1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    return beta, r2


@program(samples, sizes=(6, 30), large=50_000, rtol=1e-8, reason=MATRICES)
def ridge_regression(np, x, y, penalties=(0.1, 1.0, 10.0)):
    """For several penalties, on standardised columns."""
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    yc = y - y.mean()
    gram = z.T @ z
    return np.array(
        [np.linalg.solve(gram + k * np.identity(3), z.T @ yc) for k in penalties]
    )


@program(
    lambda n, rng: (rng.random(n),),
    sizes=(8, 40),
    large=20_000,
    rtol=1e-7,
    reason=MATRICES,
)
def polynomial_fit(np, y):
    """polyfit, polyval and their derivatives."""
    x = np.linspace(-1, 1, len(y))
    p = np.polyfit(x, y, 3)
    fitted = np.polyval(p, x)
    slope = np.polyval(np.polyder(p), x)
    return p, fitted, slope, np.abs(y - fitted).max()


@program(
    lambda n, rng: (rng.random(n), rng.random(2 * n)), sizes=(5, 20), large=200_000
)
def linear_interpolation(np, y, at):
    """interp beside what it means."""
    x = np.linspace(0, 1, len(y))
    k = np.clip(np.searchsorted(x, at) - 1, 0, len(x) - 2)
    t = (at - x[k]) / (x[k + 1] - x[k])
    return np.interp(at, x, y), y[k] * (1 - t) + y[k + 1] * t


@program(lambda n, rng: (n,), sizes=(5, 50), large=1_000_000, rtol=1e-11, reason=SUMS)
def quadrature(np, n):
    """Midpoint, trapezoid and Simpson on one function."""
    x, h = np.linspace(0, 3, 2 * n + 1, retstep=True)
    y = np.exp(-(x**2)) * np.sin(5 * x)
    simpson = h / 3 * (y[0] + 4 * y[1::2].sum() + 2 * y[2:-1:2].sum() + y[-1])
    return np.trapezoid(y, x), simpson, (y[1::2] * 2 * h).sum(), np.trapezoid(y, dx=h)


@program(lambda n, rng: (rng.random(n) * 10 + 1,), sizes=(4, 30), large=500_000)
def newton_roots(np, a):
    """Cube roots of all numbers at once."""
    x = a.copy()
    for _ in range(12):
        x = x - (x * x * x - a) / (3 * x * x)
    return x, np.isclose(x, np.cbrt(a))


@program(lambda n, rng: (rng.random(n) * 4 + 0.5,), sizes=(4, 20), large=300_000)
def bisection(np, target):
    """Of a monotone function, with two arrays of bounds."""
    low, high = np.zeros_like(target), np.full_like(target, 10.0)
    for _ in range(30):
        middle = (low + high) / 2
        above = middle + np.log1p(middle) > target
        high[above] = middle[above]
        low[~above] = middle[~above]
    return low, high


@program(
    lambda n, rng: (rng.random(n) - 0.5,),
    sizes=(6, 12),
    large=400,
    rtol=1e-8,
    reason=MATRICES,
)
def chebyshev(np, c):
    """Clenshaw's sums, and a series fitted by a matrix of cosines."""
    x = np.cos(np.pi * (np.arange(len(c)) + 0.5) / len(c))
    b1 = b2 = np.zeros_like(x)
    for a in c[:0:-1]:
        b1, b2 = 2 * x * b1 - b2 + a, b1
    values = x * b1 - b2 + c[0]
    basis = np.cos(np.arange(len(c)) * np.arccos(x)[:, None])
    return values, np.linalg.solve(basis, values)


@program(lambda n, rng: (rng.random(n).cumsum(), rng.random(n)), sizes=(6, 15), large=300,
         rtol=1e-8, reason=MATRICES)  # fmt: skip
def cubic_spline(np, x, y):
    """Natural: a tridiagonal system built with diag."""
    h = np.diff(x)
    n = len(x)
    a = np.zeros((n, n))
    a[0, 0] = a[-1, -1] = 1
    i = np.arange(1, n - 1)
    a[i, i - 1] = h[:-1]
    a[i, i] = 2 * (h[:-1] + h[1:])
    a[i, i + 1] = h[1:]
    b = np.zeros(n)
    b[1:-1] = 3 * (np.diff(y[1:]) / h[1:] - np.diff(y[:-1]) / h[:-1])
    c = np.linalg.solve(a, b)
    slope = np.diff(y) / h - h * (2 * c[:-1] + c[1:]) / 3
    return c, slope


@program(lambda n, rng: (rng.random(n), rng.random(n)), sizes=(8, 40), large=100_000,
         rtol=1e-7, reason=MATRICES)  # fmt: skip
def gauss_newton(np, t, noise):
    """An exponential fitted to data, by its Jacobian."""
    y = 2.5 * np.exp(-1.3 * t) + 0.01 * noise
    p = np.array([1.0, 1.0])
    for _ in range(6):
        e = np.exp(-p[1] * t)
        jacobian = np.stack([e, -p[0] * t * e], axis=1)
        residual = y - p[0] * e
        p += np.linalg.lstsq(jacobian, residual, rcond=None)[0]
    return p


@program(lambda n, rng: (n,), sizes=(5, 20), large=2000, rtol=1e-9, reason=SUMS)
def series_and_products(np, n):
    """Wallis, Leibniz, Euler: partial sums and products of formulas."""
    k = np.arange(1, n + 1)
    wallis = np.cumprod(4.0 * k**2 / (4.0 * k**2 - 1))
    leibniz = 4 * np.cumsum((-1.0) ** (k - 1) / (2 * k - 1))
    basel = np.sqrt(6 * np.sum(1.0 / k**2))
    return wallis, leibniz, basel, np.exp(-np.log(k).sum() / n)
