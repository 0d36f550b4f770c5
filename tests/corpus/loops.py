"""Programs that go through their arrays element by element."""

from __future__ import annotations

from tests.corpus.registry import program


def words(n, rng):
    return rng.integers(0, 4, n), rng.integers(0, 4, n + 2)


@program(words, sizes=(4, 9), large=40, loops=True)
def levenshtein(np, a, b):
    """The table of edit distances."""
    d = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    d[:, 0] = np.arange(len(a) + 1)
    d[0, :] = np.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + cost)
    return d[-1, -1], d


@program(words, sizes=(4, 9), large=40, loops=True)
def longest_common_subsequence(np, a, b):
    """A table, then the way back through it."""
    t = np.zeros((len(a) + 1, len(b) + 1), dtype=np.int32)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            t[i + 1, j + 1] = t[i, j] + 1 if x == y else max(t[i, j + 1], t[i + 1, j])
    i, j, found = len(a), len(b), []
    while i > 0 and j > 0:
        if a[i - 1] == b[j - 1]:
            found.append(int(a[i - 1]))
            i, j = i - 1, j - 1
        elif t[i - 1, j] >= t[i, j - 1]:
            i -= 1
        else:
            j -= 1
    return t, found[::-1]


@program(lambda n, rng: (rng.integers(1, 9, n), rng.integers(1, 20, n)), sizes=(4, 10), large=40,
         loops=True)  # fmt: skip
def knapsack(np, weight, worth, capacity=20):
    """One array of best values, from the back."""
    best = np.zeros(capacity + 1, dtype=np.int64)
    for w, v in zip(weight, worth, strict=True):
        for c in range(capacity, int(w) - 1, -1):
            if best[c - w] + v > best[c]:
                best[c] = best[c - w] + v
    return best


@program(
    lambda n, rng: (rng.integers(1, 9, n), rng.integers(1, 20, n)),
    sizes=(4, 15),
    large=400,
)
def knapsack_by_rows(np, weight, worth, capacity=30):
    """The same, a row at a time."""
    best = np.zeros((len(weight) + 1, capacity + 1), dtype=np.int64)
    for k in range(len(weight)):
        w, v = weight[k], worth[k]
        best[k + 1] = best[k]
        best[k + 1, w:] = np.maximum(best[k, w:], best[k, : capacity + 1 - w] + v)
    return best[-1], best.max()


@program(
    lambda n, rng: (rng.integers(0, 100, n),), sizes=(5, 20), large=200, loops=True
)
def insertion_sort(np, x):
    """In place."""
    for i in range(1, len(x)):
        key = x[i]
        j = i - 1
        while j >= 0 and x[j] > key:
            x[j + 1] = x[j]
            j -= 1
        x[j + 1] = key
    return x


@program(
    lambda n, rng: (rng.integers(0, 100, n),), sizes=(5, 16), large=100, loops=True
)
def bubble_sort(np, x):
    """Neighbours change places by tuple assignment."""
    n = x.shape[0]
    for i in range(n):
        swapped = False
        for j in range(n - 1 - i):
            if x[j] > x[j + 1]:
                x[j], x[j + 1] = x[j + 1], x[j]
                swapped = True
        if not swapped:
            break
    return x


@program(
    lambda n, rng: (rng.random((n, 3)), rng.random((3, n))),
    sizes=(2, 5),
    large=16,
    loops=True,
)
def matrix_product_by_loops(np, a, b):
    """Three loops."""
    c = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                c[i, j] += a[i, k] * b[k, j]
    return c


@program(
    lambda n, rng: (rng.integers(0, 30, n),), sizes=(8, 40), large=3000, loops=True
)
def counting_in_a_dictionary(np, x):
    """Elements as keys of Python's own dictionary."""
    seen = {}
    for value in x:
        seen[int(value)] = seen.get(int(value), 0) + 1
    total = 0
    for value in x.tolist():
        total += value
    return sorted(seen.items()), total


@program(lambda n, rng: (n,), sizes=(10, 40), large=2000, loops=True)
def fibonacci_table(np, n):
    """Modulo a number, written one by one."""
    f = np.zeros(n, dtype=np.int64)
    f[1] = 1
    for k in range(2, n):
        f[k] = (f[k - 1] + f[k - 2]) % 1_000_003
    return f


@program(lambda n, rng: (rng.random((n, n)),), sizes=(4, 8), large=30, loops=True)
def stencil_by_loops(np, u):
    """What people write before they know slices."""
    new = u.copy()
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            new[i, j] = (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]) / 4
    for (i, j), value in np.ndenumerate(new[:2, :2]):
        u[i, j] = value * 2
    return new


@program(lambda n, rng: (rng.random((n, 2)),), sizes=(4, 9), large=40, loops=True)
def distances_by_loops(np, p):
    """A symmetric matrix, and the closest pair."""
    n = len(p)
    d = np.zeros((n, n))
    best, pair = np.inf, None
    for i in range(n):
        for j in range(i + 1, n):
            d[i, j] = d[j, i] = np.sqrt(
                (p[i, 0] - p[j, 0]) ** 2 + (p[i, 1] - p[j, 1]) ** 2
            )
            if d[i, j] < best:
                best, pair = d[i, j], (i, j)
    return d, best, pair


@program(lambda n, rng: (rng.random(n) - 0.4,), sizes=(8, 40), large=2000, loops=True)
def largest_subarray(np, x):
    """Kadane's walk over the elements."""
    best = current = x[0]
    for value in x[1:]:
        current = max(value, current + value)
        best = max(best, current)
    return best


@program(lambda n, rng: (n,), sizes=(4, 6), large=7, loops=True)
def queens(np, n):
    """Backtracking over a board of booleans."""
    columns = np.zeros(n, dtype=bool)
    up = np.zeros(2 * n - 1, dtype=bool)
    down = np.zeros(2 * n - 1, dtype=bool)

    def place(row):
        if row == n:
            return 1
        found = 0
        for c in range(n):
            if not (columns[c] or up[row + c] or down[row - c + n - 1]):
                columns[c] = up[row + c] = down[row - c + n - 1] = True
                found += place(row + 1)
                columns[c] = up[row + c] = down[row - c + n - 1] = False
        return found

    return place(0)


@program(
    lambda n, rng: (rng.random((n, n)) < 0.75,), sizes=(4, 8), large=20, loops=True
)
def breadth_first_search(np, free):
    """Steps to every cell, with a queue of indices."""
    steps = np.full(free.shape, -1)
    steps[0, 0] = 0
    queue = [(0, 0)]
    while queue:
        i, j = queue.pop(0)
        for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            a, b = i + di, j + dj
            inside = 0 <= a < free.shape[0] and 0 <= b < free.shape[1]
            if inside and free[a, b] and steps[a, b] < 0:
                steps[a, b] = steps[i, j] + 1
                queue.append((a, b))
    return steps


@program(lambda n, rng: (rng.random(n) * 10,), sizes=(4, 9), large=40, loops=True)
def horner_by_elements(np, c):
    """Functions of scalars: of 0-d values, with Python's arithmetic."""
    values = []
    for x in np.linspace(-1, 1, 5):
        total = 0.0
        for a in c:
            total = total * x + a
        values.append(total)
    return np.array(values), float(values[-1]), f"{values[2]:.3f}"
