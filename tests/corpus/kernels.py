"""Kernels of scientific codes: recurrences by rows, sweeps, triangles, masks, windows."""

from __future__ import annotations

from tests.corpus.registry import MATRICES, SUMS, program


@program(lambda n, rng: (rng.random((n, n)),), sizes=(6, 20), large=300)
def sweeps_of_implicit_diffusion(np, u, steps=2):
    """Alternating directions: a tridiagonal solve along columns, then along rows."""
    n = len(u)
    lower, main = -0.3, 1.6
    half, p, q = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    for _ in range(steps):
        for into, out_of in ((half.T, u), (u, half.T)):
            into[:, 0] = into[:, -1] = 1.0
            p[:, 0], q[:, 0] = 0.0, into[:, 0]
            for j in range(1, n - 1):
                below = lower * p[1:-1, j - 1] + main
                p[1:-1, j] = -lower / below
                right = out_of[1:-1, j] + 0.1 * (out_of[:-2, j] - out_of[2:, j])
                q[1:-1, j] = (right - lower * q[1:-1, j - 1]) / below
            for j in range(n - 2, 0, -1):
                into[1:-1, j] = p[1:-1, j] * into[1:-1, j + 1] + q[1:-1, j]
    return u, half


@program(lambda n, rng: (rng.random((n, n + 3)),), sizes=(7, 30), large=300)
def recursive_edge_filter(np, image, decay=0.25):
    """A second-order recurrence there and back along columns, then along rows."""
    gain, fade = 1.0 - np.exp(-decay), 2.0**-decay
    for _ in range(2):
        there, back = np.empty_like(image), np.empty_like(image)
        there[:, 0] = gain * image[:, 0]
        there[:, 1] = gain * image[:, 1] + fade * there[:, 0]
        for j in range(2, image.shape[1]):
            there[:, j] = (
                gain * image[:, j] + fade * there[:, j - 1] - 0.1 * there[:, j - 2]
            )
        back[:, -1] = back[:, -2] = 0.0
        for j in range(image.shape[1] - 3, -1, -1):
            back[:, j] = (
                0.5 * image[:, j + 1] + fade * back[:, j + 1] - 0.1 * back[:, j + 2]
            )
        image = (there + back).T
    both = there + back
    there[:, 0] = both[:, 0]
    for j in range(1, both.shape[1]):
        there[:, j] = gain * both[:, j] + fade * both[:, j - 1] - 0.2 * there[:, j - 1]
    both[:] = there + back
    return both, there


@program(lambda n, rng: (rng.random(n) + 1,), sizes=(5, 30), large=400, rtol=1e-9,
         reason=MATRICES)  # fmt: skip
def levinson_recursion(np, r):
    """A Toeplitz system by reversed and growing slices of one vector."""
    y = np.empty_like(r)
    r = r / (8 * r.sum())
    alpha = -r[0]
    beta, y[0] = 1.0, -r[0]
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


@program(lambda n, rng: (rng.random((n, n)) + n, rng.random((n, n + 2))),
         sizes=(5, 14), large=60, rtol=1e-9, reason=MATRICES, loops=True)  # fmt: skip
def triangular_updates(np, a, b):
    """Products and solves with a triangle, in place, a row or an element at a time."""
    c = b @ b.T
    for i in range(len(a)):
        c[i, : i + 1] *= 0.5
        for k in range(b.shape[1]):
            c[i, : i + 1] += 1.5 * b[i, k] * b[: i + 1, k]
    for i in range(len(a)):
        for j in range(b.shape[1]):
            b[i, j] += np.dot(a[i + 1 :, i], b[i + 1 :, j])
    x = np.zeros(len(a))
    for i in range(len(a)):
        x[i] = (c[i, 0] - a[i, :i] @ x[:i]) / a[i, i]
    return c, x


@program(lambda n, rng: (rng.integers(0, 4, n),), sizes=(7, 18), large=50, loops=True)
def pairs_in_a_fold(np, bases):
    """Most pairs of a folded chain: a table filled from its end, by comparisons."""
    n = len(bases)
    table = np.zeros((n, n), dtype=np.int32)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            table[i, j] = np.maximum(table[i, j], table[i, j - 1])
            table[i, j] = max(table[i, j], table[i + 1, j])
            pair = int(bases[i] + bases[j] == 3) if i < j - 1 else 0
            table[i, j] = max(table[i, j], table[i + 1, j - 1] + pair)
            for k in range(i + 1, j):
                table[i, j] = max(table[i, j], table[i, k] + table[k + 1, j])
    return table


@program(lambda n, rng: (rng.random(30 * n), rng.random(30 * n)), sizes=(8, 60),
         large=20_000, rtol=1e-12, reason=SUMS)  # fmt: skip
def azimuthal_means(np, data, radius, rings=6):
    """Means of rings: by masks, several of them pending at once, and by histograms."""
    edge = radius.max()
    means, counts = np.zeros(rings), np.zeros(rings, dtype=int)
    for k in range(rings):
        mask = np.logical_and(
            edge * k / rings <= radius, radius < edge * (k + 1) / rings
        )
        means[k] = data[mask].mean()
        counts[k] = mask.sum()
    total = np.histogram(radius, rings, weights=data)[0]
    return means, counts, total / np.histogram(radius, rings)[0]


@program(lambda n, rng: (rng.random((n, 2, 3, 3)) + 1j, rng.random((n, 2, 3, 3)) * 1j,
                         rng.integers(0, n, (n, 2))), sizes=(3, 6), large=12,
         rtol=1e-12, reason=SUMS, loops=True)  # fmt: skip
def self_energies(np, green, coupling, neighbours):
    """Small complex products, gathered by a table of neighbours and added up."""
    sigma = np.zeros(green.shape, dtype=np.complex128)
    for atom in range(len(green)):
        for one in range(neighbours.shape[1]):
            for energy in range(2):
                for loss in range(energy + 1):
                    left = (
                        green[neighbours[atom, one], energy - loss]
                        @ coupling[atom, one]
                    )
                    right = coupling[atom, one] * coupling[atom, 1 - one, 0, 2]
                    sigma[atom, energy] += left @ right
    return sigma


@program(lambda n, rng: (rng.random((n, n, 5)), rng.random((n + 1, n, 5)) - 0.5),
         sizes=(6, 12), large=100)  # fmt: skip
def vertical_advection(np, flow, wind):
    """Implicit columns of the atmosphere: coefficients of levels, there and back."""
    layers = flow.shape[2]
    ccol, dcol = np.ndarray(flow.shape), np.ndarray(flow.shape)
    out = np.zeros_like(flow)
    for k in range(layers):
        up = 0.25 * (wind[1:, :, k] + wind[:-1, :, k])
        if k == 0:
            main = 1.0 - up
            dcol[:, :, 0] = (
                flow[:, :, 0] - up * (flow[:, :, 1] - flow[:, :, 0])
            ) / main
            ccol[:, :, 0] = up / main
            continue
        change = flow[:, :, k] - flow[:, :, k - 1]
        main = 1.0 / (1.5 - up - up * ccol[:, :, k - 1])
        dcol[:, :, k] = (flow[:, :, k] - change + up * dcol[:, :, k - 1]) * main
        ccol[:, :, k] = up * main if k < layers - 1 else 0.0
    out[:, :, -1] = dcol[:, :, -1]
    for k in range(layers - 2, -1, -1):
        after = out[:, :, k + 1]
        out[:, :, k] = dcol[:, :, k] - ccol[:, :, k] * after[:, :]
    return out, ccol


@program(lambda n, rng: (rng.random((n + 4, n + 4, 3)),), sizes=(6, 14), large=200)
def limited_diffusion(np, field):
    """Fluxes of a Laplacian that may not steepen what they smooth, by two masks."""
    laplace = 4.0 * field[1:-1, 1:-1] - (
        field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2]
    )
    east = laplace[1:, 1:-1] - laplace[:-1, 1:-1]
    east[east * (field[2:-1, 2:-2] - field[1:-2, 2:-2]) > 0] = 0
    north = laplace[1:-1, 1:] - laplace[1:-1, :-1]
    steep = north * (field[2:-2, 2:-1] - field[2:-2, 1:-2])
    north = np.where(steep > 0, 0, north)
    field[2:-2, 2:-2] -= 0.05 * (east[1:] - east[:-1] + north[:, 1:] - north[:, :-1])
    return east, north


@program(lambda n, rng: (n, rng.random((4, 4)), rng.random((4, 4)) + 1j), sizes=(4, 12),
         large=200, rtol=1e-8, reason=MATRICES)  # fmt: skip
def contour_integral(np, n, a, vectors):
    """Moments of the inverse of a polynomial of matrices, along a circle."""
    zero, one = np.zeros((4, 4), dtype=complex), np.zeros((4, 4), dtype=complex)
    for k in range(n):
        z = 3 * np.exp(2j * np.pi * (k + 0.5) / n)
        system = z * np.eye(4) - a + np.power(z, -1) * (a @ a) / 20
        solved = np.linalg.solve(system, vectors)
        sign = -1 if abs(z) < 1.0 else 1
        zero += sign * solved * z
        one += sign * z * solved * z
    return zero / n, one / n


@program(lambda n, rng: (n,), sizes=(8, 20), large=300)
def mandelbrot_of_what_is_left(np, n, steps=12, horizon=2.0):
    """Index arrays that shrink to the points that have not gone yet."""
    row, column = np.mgrid[0:n, 0:n]
    c = np.linspace(-2, 0.5, n)[row] + 1j * np.linspace(-1.25, 1.25, n)[column]
    when, last = np.zeros(c.shape, dtype=np.int64), np.zeros(c.shape, dtype=complex)
    row.shape = column.shape = c.shape = n * n
    z = np.zeros(c.shape, dtype=complex)
    for step in range(steps):
        if not len(z):
            break
        np.multiply(z, z, z)
        np.add(z, c, z)
        gone = abs(z) > horizon
        when[row[gone], column[gone]] = step + 1
        last[row[gone], column[gone]] = z[gone]
        np.logical_not(gone, gone)
        z, c, row, column = z[gone], c[gone], row[gone], column[gone]
    return when.T, last.T, z


@program(lambda n, rng: (rng.random((3 * n, n)) < 0.2, rng.random(n)), sizes=(5, 20),
         large=150, rtol=1e-12, reason=SUMS, loops=True)  # fmt: skip
def sparse_rows(np, there, x):
    """A matrix by compressed rows, times a vector; some rows are empty."""
    where = np.argwhere(there)
    start = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.uint32)
    column = np.uint32(where[:, 1])
    value = 1.0 / (1.0 + where.sum(axis=1))
    y = np.empty(start.size - 1, value.dtype)
    for i in range(start.size - 1):
        part = column[start[i] : start[i + 1]]
        y[i] = value[start[i] : start[i + 1]] @ x[part]
    return y, start


@program(lambda n, rng: (rng.integers(0, 256, n).astype("u1"),), sizes=(9, 40), large=400,
         loops=True)  # fmt: skip
def cyclic_check(np, message, polynomial=0x8408):
    """Sixteen bits of a check, bit by bit of every byte."""
    check = 0xFFFF
    for byte in message:
        current = 0xFF & byte
        for _ in range(8):
            if (check & 1) ^ (current & 1):
                check = (check >> 1) ^ polynomial
            else:
                check >>= 1
            current >>= 1
    check = ~check & 0xFFFF
    return ((check << 8) | (check >> 8 & 0xFF)) & 0xFFFF


@program(lambda n, rng: (rng.random((2, n, n, 3), dtype="f4"),
                         rng.random((3, 3, 3, 4), dtype="f4"), rng.random((4, 4), dtype="f4")),
         sizes=(6, 9), large=64, rtol=1e-4, reason=SUMS)  # fmt: skip
def residual_block(np, image, kernel, mixing):
    """Convolution by places, normalised, added to a narrower one; pooled, softmaxed."""
    size = image.shape[1] - 2
    made = np.empty((2, size, size, 4), dtype=np.float32)
    for i in range(size):
        for j in range(size):
            window = image[:, i : i + 3, j : j + 3, :, np.newaxis]
            made[:, i, j] = np.sum(window * kernel[np.newaxis], axis=(1, 2, 3))
    mean = np.mean(made, axis=0, keepdims=True)
    made = (made - mean) / np.sqrt(
        np.std(made, axis=0, keepdims=True) + np.float32(1e-5)
    )
    made = np.maximum(made @ mixing + made, 0)
    pooled = made[:, : size // 2 * 2, : size // 2 * 2].reshape(
        2, size // 2, 2, -1, 2, 4
    )
    flat = pooled.max(axis=(2, 4)).reshape(2, -1)
    score = np.exp(flat - np.max(flat, axis=-1, keepdims=True))
    return made, score / np.sum(score, axis=-1, keepdims=True)


@program(lambda n, rng: (rng.random(1 << n) + 1j * rng.random(1 << n),), sizes=(3, 6),
         large=14, rtol=1e-9, reason=SUMS)  # fmt: skip
def fft_by_strides(np, x):
    """Stockham's transform: permuted, twisted and multiplied by a small matrix."""
    size, levels = len(x), len(x).bit_length() - 1
    i, j = np.mgrid[0:2, 0:2]
    butterfly = np.exp(-2.0j * np.pi * i * j / 2)
    rows, columns = np.mgrid[0:2, 0:size]
    y = x.copy()
    for k in range(levels):
        done, rest = 2**k, size >> (k + 1)
        turned = np.transpose(np.reshape(y, (done, 2, rest)), (1, 0, 2))
        angle = np.exp(-2j * np.pi * rows[:, :done] * columns[:, :done] / 2 ** (k + 1))
        twist = np.repeat(np.reshape(angle, (2, done, 1)), rest, axis=2)
        both = np.reshape(turned, (size,)) * np.reshape(twist, (size,))
        y[:] = np.reshape(butterfly @ np.reshape(both, (2, size // 2)), (size,))
    return y - np.fft.fft(x), y
