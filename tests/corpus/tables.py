"""Tables: grouping, counting, joining, ranking."""

from __future__ import annotations

from tests.corpus.registry import SUMS, program


def table(n, rng):
    return rng.integers(0, 5, n), rng.random(n)


@program(table, sizes=(10, 60), large=1_000_000, rtol=1e-10, reason=SUMS)
def group_by(np, key, value):
    """Sizes, sums, means and extremes of groups."""
    groups, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, weights=value)
    top = np.full(len(groups), -np.inf)
    np.maximum.at(top, inverse, value)
    return groups, counts, sums / counts, top


@program(table, sizes=(10, 60), large=1_000_000, rtol=1e-10, reason=SUMS)
def group_by_sorting(np, key, value):
    """Sorted by key, summed between the borders."""
    order = np.argsort(key, kind="stable")
    k, v = key[order], value[order]
    starts = np.flatnonzero(np.r_[True, k[1:] != k[:-1]])
    return k[starts], np.add.reduceat(v, starts), np.diff(np.append(starts, len(k)))


@program(lambda n, rng: (rng.random(n) * 100,), sizes=(10, 60), large=1_000_000)
def binning(np, ages):
    """digitize, labels of intervals, a histogram."""
    edges = np.array([0, 18, 40, 65, 101])
    group = np.digitize(ages, edges) - 1
    counts, _ = np.histogram(ages, bins=edges)
    rate = np.select([ages < 18, ages >= 65], [0.5, 0.7], default=1.0)
    return group, counts, rate, np.searchsorted(edges, ages, side="right")


@program(lambda n, rng: (rng.integers(0, 50, n), rng.integers(0, 50, n // 2 + 1)),
         sizes=(8, 40), large=500_000)  # fmt: skip
def sets_of_keys(np, a, b):
    """What is in both, in one, in either."""
    return (
        np.intersect1d(a, b),
        np.union1d(a, b),
        np.setdiff1d(a, b),
        np.isin(a, b),
        a[~np.isin(a, b)],
        np.unique(np.concatenate([a, b])),
    )


@program(lambda n, rng: (rng.permutation(n), rng.random(n), rng.permutation(n)), sizes=(6, 30),
         large=300_000)  # fmt: skip
def join_by_key(np, left, value, right):
    """Look keys up in a sorted index."""
    index = np.argsort(left)
    position = index[np.searchsorted(left, right, sorter=index)]
    joined = np.column_stack((right, value[position]))
    return joined, left[position] == right


@program(lambda n, rng: (rng.integers(0, 9, n) / 2,), sizes=(8, 40), large=500_000)
def ranks(np, x):
    """Ordinal and dense ranks, and those of the largest."""
    order = x.argsort(kind="stable")
    ordinal = np.empty(len(x), dtype=int)
    ordinal[order] = np.arange(len(x))
    dense = np.unique(x, return_inverse=True)[1]
    return ordinal, dense, np.sort(x)[::-1][:3], np.flip(order)[:3]


@program(
    lambda n, rng: (rng.random((n, 3)),),
    sizes=(8, 40),
    large=300_000,
    rtol=1e-9,
    reason=SUMS,
)
def descriptions(np, x):
    """What people print first of a table."""
    quartiles = np.percentile(x, [25, 50, 75], axis=0)
    return (
        x.mean(axis=0),
        x.std(axis=0, ddof=1),
        x.min(0),
        x.max(0),
        quartiles,
        np.median(x, axis=0),
        np.corrcoef(x.T),
        np.cov(x, rowvar=False),
        np.average(x, axis=0, weights=np.arange(len(x)) + 1),
    )


@program(
    lambda n, rng: (rng.random((n, 3)),),
    sizes=(8, 40),
    large=300_000,
    rtol=1e-9,
    reason=SUMS,
)
def missing_values(np, x):
    """Holes are made, counted, filled, and avoided."""
    x[x < 0.2] = np.nan
    holes = np.isnan(x)
    means = np.nanmean(x, axis=0)
    filled = np.where(holes, means, x)
    rows = x[~holes.any(axis=1)]
    x[holes] = np.take(means, np.nonzero(holes)[1])
    return holes.sum(axis=0), filled, rows, np.nanmax(x), np.nan_to_num(x).sum()


@program(lambda n, rng: (rng.random(n), rng.random(n)), sizes=(9, 50), large=500_000)
def heat_map_bins(np, x, y):
    """Two-dimensional counts, three ways."""
    i, j = (x * 4).astype(int), (y * 5).astype(np.intp)
    counts = np.zeros((4, 5), dtype=np.int64)
    np.add.at(counts, (i, j), 1)
    flat = np.bincount(i * 5 + j, minlength=20).reshape(4, 5)
    hist, _, _ = np.histogram2d(x, y, bins=(4, 5), range=((0, 1), (0, 1)))
    return counts, flat, hist


@program(lambda n, rng: (rng.integers(0, 100, (n, 4)),), sizes=(6, 30), large=100_000)
def sorting_by_columns(np, rows):
    """By two keys, by one, partly; duplicates of rows."""
    order = np.lexsort((rows[:, 1], rows[:, 0] // 10))
    unique = np.unique(rows // 30, axis=0)
    smallest = np.partition(rows[:, 2], 2)[:3]
    return (
        rows[order],
        unique,
        np.sort(smallest),
        np.take_along_axis(rows, np.argsort(rows, axis=1, kind="stable"), axis=1),
    )


@program(lambda n, rng: (rng.integers(-5, 6, n),), sizes=(8, 50), large=1_000_000)
def prefix_sums(np, x):
    """Sums of ranges, the largest range, differences back."""
    prefix = np.concatenate([[0], np.cumsum(x)])
    best = (prefix[1:] - np.minimum.accumulate(prefix)[:-1]).max()
    queries = np.arange(len(x) // 2)
    ranges = prefix[queries * 2] - prefix[queries]
    return prefix, best, ranges, np.diff(prefix), np.ediff1d(x, to_begin=0)


@program(lambda n, rng: (rng.integers(0, 3, (n, 5)),), sizes=(6, 20), large=50_000)
def one_hot_and_back(np, codes):
    """Wide and narrow forms of categories."""
    hot = (codes[..., None] == np.arange(3)).astype(np.int8)
    flat = hot.reshape(len(codes), -1)
    back = hot.argmax(axis=-1)
    i, j, k = np.nonzero(hot)
    wide = np.zeros_like(hot)
    wide[i, j, k] = 1
    return (
        flat,
        (back == codes).all(),
        wide.sum(axis=(0, 1)),
        np.count_nonzero(flat, axis=0),
    )


@program(
    lambda n, rng: (rng.integers(0, 2, n).astype(bool),), sizes=(8, 50), large=1_000_000
)
def run_length_encoding(np, bits):
    """Encoded, and decoded by repeat."""
    change = np.flatnonzero(bits[1:] != bits[:-1]) + 1
    starts = np.concatenate(([0], change))
    lengths = np.diff(np.concatenate((starts, [bits.size])))
    values = bits[starts]
    return values, lengths, np.array_equal(np.repeat(values, lengths), bits)


@program(
    lambda n, rng: (rng.random((n, 4)),),
    sizes=(6, 20),
    large=200_000,
    rtol=1e-11,
    reason=SUMS,
)
def splitting_and_stacking(np, x):
    """Parts of an array and how they are put together again."""
    a, b = np.split(x, 2, axis=1)
    thirds = np.array_split(x, 3)
    train, test = x[: len(x) * 3 // 4], x[len(x) * 3 // 4 :]
    scaled = (test - train.min(axis=0)) / np.ptp(train, axis=0)
    return (
        np.hstack([b, a]),
        np.vstack(thirds[::-1]),
        np.dstack((a, b)),
        scaled,
        np.insert(x, 1, 0.5, axis=1),
        np.delete(x, [0, 2], axis=1),
        [t.sum() for t in thirds],
    )
