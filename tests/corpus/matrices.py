"""Linear algebra: by library calls, by slices, and by loops."""

from __future__ import annotations

import numpy

from tests.corpus.registry import MATRICES, SUMS, program


def positive(n, rng):
    a = rng.random((n, n))
    return a @ a.T + n * numpy.eye(n), rng.random(n)


def system(n, rng):
    return rng.random((n, n)) + n * numpy.eye(n), rng.random(n)


@program(positive, sizes=(3, 12), large=600, rtol=1e-9, reason=SUMS)
def conjugate_gradient(np, a, b):
    """Until the residual is small."""
    x = np.zeros_like(b)
    r = b - a @ x
    p = r.copy()
    rs = r @ r
    for _ in range(len(b)):
        ap = a @ p
        alpha = rs / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        if np.sqrt(new) < 1e-8:
            break
        p = r + new / rs * p
        rs = new
    return x


@program(system, sizes=(3, 12), large=600, rtol=1e-10, reason=SUMS)
def jacobi_method(np, a, b):
    """Splitting off the diagonal."""
    d = np.diag(a)
    r = a - np.diagflat(d)
    x = np.zeros_like(b)
    for _ in range(15):
        x = (b - np.dot(r, x)) / d
    return x, np.allclose(a @ x, b, atol=1e-3)


@program(system, sizes=(3, 10), large=60, rtol=1e-9, reason=SUMS)
def gauss_seidel(np, a, b):
    """Row after row, from what has been found."""
    x = np.zeros_like(b)
    for _ in range(6):
        for i in range(len(b)):
            x[i] = (b[i] - a[i, :i] @ x[:i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@program(positive, sizes=(3, 12), large=800, rtol=1e-9, reason=SUMS)
def power_iteration(np, a, v):
    """The largest eigenvalue and its vector."""
    for _ in range(12):
        w = np.dot(a, v)
        v = w / np.linalg.norm(w)
    return v, v @ a @ v


@program(system, sizes=(3, 11), large=150, rtol=1e-9, reason=MATRICES)
def lu_by_slices(np, a, b):
    """With pivoting by swapped rows, then both substitutions."""
    n = a.shape[0]
    p = np.arange(n)
    for k in range(n - 1):
        m = k + np.argmax(np.abs(a[k:, k]))
        if m != k:
            a[[k, m]] = a[[m, k]]
            p[[k, m]] = p[[m, k]]
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    lower, upper = np.tril(a, -1) + np.eye(n), np.triu(a)
    y = np.zeros(n)
    for k in range(n):
        y[k] = b[p[k]] - lower[k, :k] @ y[:k]
    x = np.zeros(n)
    for k in range(n - 1, -1, -1):
        x[k] = (y[k] - upper[k, k + 1 :] @ x[k + 1 :]) / upper[k, k]
    return x, lower, upper, p


@program(positive, sizes=(3, 9), large=30, rtol=1e-9, reason=SUMS, loops=True)
def cholesky_by_loops(np, a, b):
    """Element by element, as in a textbook."""
    n = a.shape[0]
    factor = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= factor[i, k] * factor[j, k]
            factor[i, j] = np.sqrt(s) if i == j else s / factor[j, j]
    return factor


@program(lambda n, rng: (rng.standard_normal((n + 3, n)),), sizes=(3, 9), large=100,
         rtol=1e-9, reason=MATRICES)  # fmt: skip
def qr_by_householder(np, a):
    """Reflections of the trailing block, in place."""
    m, n = a.shape
    q = np.eye(m)
    for k in range(n):
        x = a[k:, k].copy()
        x[0] += np.copysign(np.linalg.norm(x), x[0])
        x /= np.linalg.norm(x)
        a[k:, k:] -= 2 * np.outer(x, x @ a[k:, k:])
        q[:, k:] -= 2 * np.outer(q[:, k:] @ x, x)
    return np.abs(np.triu(a)), q @ q.T, a


@program(lambda n, rng: (rng.standard_normal((n, 3)), rng.standard_normal((3, 3))),
         sizes=(4, 20), large=20_000, rtol=1e-9, reason=MATRICES)  # fmt: skip
def gram_schmidt(np, points, mixing):
    """Orthonormal columns, by projections."""
    a = points @ mixing
    q = np.zeros_like(a)
    for j in range(a.shape[1]):
        v = a[:, j].copy()
        for i in range(j):
            v -= (q[:, i] @ v) * q[:, i]
        q[:, j] = v / np.sqrt((v * v).sum())
    return q, q.T @ q


@program(
    lambda n, rng: (rng.random((n, n)) < 0.3,),
    sizes=(4, 15),
    large=700,
    rtol=1e-10,
    reason=SUMS,
)
def page_rank(np, links):
    """Dangling pages share with everybody."""
    n = links.shape[0]
    out = links.sum(axis=1)
    transition = np.where(out[:, None] > 0, links / np.maximum(out, 1)[:, None], 1 / n)
    rank = np.ones(n) / n
    for _ in range(15):
        rank = 0.85 * rank @ transition + 0.15 / n
    return rank, np.argsort(-rank)[:3]


@program(lambda n, rng: (rng.random((n, n)) * 10,), sizes=(4, 12), large=250)
def floyd_warshall(np, distance):
    """All shortest paths: a loop of outer sums."""
    np.fill_diagonal(distance, 0)
    for k in range(distance.shape[0]):
        distance = np.minimum(distance, distance[:, k, None] + distance[k, None, :])
    return distance


@program(lambda n, rng: (rng.random((n, n)) * 10,), sizes=(3, 8), large=40)
def floyd_warshall_in_place(np, d):
    """The same with an out= argument and a previous step."""
    n = len(d)
    before = np.tile(np.arange(n)[:, None], (1, n))
    for k in range(n):
        through = d[:, [k]] + d[[k], :]
        shorter = through < d
        np.minimum(d, through, out=d)
        before = np.where(shorter, before[k], before)
    return before


@program(lambda n, rng: (rng.random(n) + 2, rng.random(n), rng.random(n), rng.random(n)),
         sizes=(4, 25), large=1000, loops=True)  # fmt: skip
def thomas_algorithm(np, main, below, above, right):
    """A tridiagonal system, element by element, in place."""
    n = len(main)
    for i in range(1, n):
        w = below[i - 1] / main[i - 1]
        main[i] = main[i] - w * above[i - 1]
        right[i] = right[i] - w * right[i - 1]
    x = np.zeros(n)
    x[-1] = right[-1] / main[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (right[i] - above[i] * x[i + 1]) / main[i]
    return x


@program(lambda n, rng: (rng.random((n, n)) - 0.5,), sizes=(3, 10), large=200, rtol=1e-8,
         reason=MATRICES)  # fmt: skip
def decompositions(np, a):
    """What the library's decompositions multiply back to."""
    q, r = np.linalg.qr(a)
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    w, v = np.linalg.eigh(a + a.T)
    low_rank = (u[:, :2] * s[:2]) @ vt[:2]
    return q @ r, u * s @ vt, v @ np.diag(w) @ v.T, low_rank, s, w


@program(system, sizes=(3, 12), large=400, rtol=1e-9, reason=MATRICES)
def solutions_of_systems(np, a, b):
    """Several ways that must agree."""
    x = np.linalg.solve(a, b)
    y = np.linalg.inv(a) @ b
    z, _, rank, _ = np.linalg.lstsq(a, b, rcond=None)
    sign, logarithm = np.linalg.slogdet(a)
    return x, y, z, int(rank), sign, logarithm, np.linalg.cond(a)


@program(
    lambda n, rng: (rng.integers(1, 30, n + 1),), sizes=(3, 7), large=25, loops=True
)
def matrix_chain(np, sides):
    """The cheapest order of products: dynamic programming by elements."""
    n = len(sides) - 1
    cost = np.zeros((n, n), dtype=int)
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j] = min(
                cost[i, k] + cost[k + 1, j] + sides[i] * sides[k + 1] * sides[j + 1]
                for k in range(i, j)
            )
    return cost


@program(lambda n, rng: (rng.random((n, 4, 4)), rng.random((n, 4))), sizes=(2, 9), large=30_000,
         rtol=1e-10, reason=SUMS)  # fmt: skip
def batches_of_products(np, a, x):
    """Stacks of small matrices: matmul, einsum, swapped axes."""
    y = (a @ x[..., None])[..., 0]
    z = np.einsum("nij,nj->ni", a, x)
    gram = np.matmul(a, a.swapaxes(-1, -2))
    return (
        y,
        z,
        gram,
        np.trace(gram, axis1=1, axis2=2),
        np.tensordot(a, x, axes=([0, 2], [0, 1])),
    )


@program(
    lambda n, rng: (rng.random((n, 2)), rng.random((3, n))), sizes=(3, 8), large=500
)
def products_of_all_kinds(np, a, b):
    """Kronecker, outer, and block matrices; nothing here is summed."""
    kron = np.kron(a[:3], np.array([[1.0, 2.0]]))
    outer = np.outer(a[:, 0], b[0])
    block = np.block([[outer, a], [b, np.zeros((3, 2))]])
    return kron, outer, block, np.vander(a[:, 1], 3), np.tri(3)
