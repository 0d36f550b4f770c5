"""Machine learning from scratch."""

from __future__ import annotations

from tests.corpus.registry import MATRICES, SUMS, program


def points(n, rng):
    return (rng.random((n, 2)) + 3 * rng.integers(0, 3, (n, 1)),)


def labelled(n, rng):
    return rng.standard_normal((n, 4)), rng.integers(0, 3, n)


@program(points, sizes=(9, 40), large=50_000, rtol=1e-10, reason=SUMS)
def k_means(np, data, k=3):
    """Centres by a loop over masks."""
    centres = data[:k].copy()
    for _ in range(6):
        distance = np.sqrt(((data[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
        label = distance.argmin(axis=1)
        for j in range(k):
            if np.any(label == j):
                centres[j] = data[label == j].mean(axis=0)
    return centres, label


@program(points, sizes=(9, 40), large=50_000, rtol=1e-10, reason=SUMS)
def k_means_by_counting(np, data, k=3):
    """Centres by bincount with weights."""
    centres = data[-k:].copy()
    for _ in range(5):
        square = (data**2).sum(1)[:, None] - 2 * data @ centres.T + (centres**2).sum(1)
        label = np.argmin(square, axis=1)
        count = np.bincount(label, minlength=k)
        sums = np.stack(
            [np.bincount(label, weights=data[:, d], minlength=k) for d in range(2)],
            axis=1,
        )
        centres = np.where(
            count[:, None] > 0, sums / np.maximum(count, 1)[:, None], centres
        )
    return centres, count


@program(
    lambda n, rng: (rng.random((n, 4)),),
    sizes=(6, 30),
    large=50_000,
    rtol=1e-8,
    reason=MATRICES,
)
def principal_components(np, x):
    """By the covariance matrix; signs are fixed as people do."""
    centred = x - x.mean(axis=0)
    covariance = np.cov(centred, rowvar=False)
    values, vectors = np.linalg.eigh(covariance)
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(4)])
    scores = centred @ vectors[:, :2]
    return values / values.sum(), vectors, scores


@program(labelled, sizes=(9, 30), large=20_000, rtol=1e-9, reason=SUMS)
def softmax_regression(np, x, y, rate=0.1, steps=8):
    """One-hot targets, gradients, a loss that is looked at."""
    classes = 3
    w = np.zeros((x.shape[1], classes))
    b = np.zeros(classes)
    target = np.eye(classes)[y]
    losses = []
    for _ in range(steps):
        logits = x @ w + b
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(axis=1, keepdims=True)
        losses.append(float(-np.log(p[np.arange(len(y)), y]).mean()))
        gradient = (p - target) / len(y)
        w -= rate * x.T @ gradient
        b -= rate * gradient.sum(axis=0)
    return w, b, np.array(losses), (p.argmax(axis=1) == y).mean()


@program(labelled, sizes=(8, 30), large=20_000, rtol=1e-9, reason=SUMS)
def logistic_regression(np, x, y, rate=0.2, steps=10):
    """Two classes; the sigmoid is written for both signs."""
    t = (y > 0).astype(np.float64)
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        z = x.dot(w)
        p = np.where(
            z >= 0, 1 / (1 + np.exp(-np.abs(z))), 1 - 1 / (1 + np.exp(-np.abs(z)))
        )
        w -= rate * x.T.dot(p - t) / len(t)
    loss = -np.mean(t * np.log(p + 1e-12) + (1 - t) * np.log(1 - p + 1e-12))
    return w, loss


@program(lambda n, rng: (rng.standard_normal((n, 3)), rng.standard_normal((3, 5)) * 0.5,
                         rng.standard_normal((5, 1)) * 0.5), sizes=(6, 20), large=20_000,
         rtol=1e-9, reason=SUMS)  # fmt: skip
def perceptron_with_a_hidden_layer(np, x, w1, w2, rate=0.05, steps=8):
    """Forward and backward, momentum, weights updated in place."""
    y = (x[:, :1] * x[:, 1:2] > 0).astype(float)
    b1, b2 = np.zeros(5), np.zeros(1)
    m1, m2 = np.zeros_like(w1), np.zeros_like(w2)
    for _ in range(steps):
        h = np.maximum(0, x @ w1 + b1)
        out = np.tanh(h @ w2 + b2)
        error = out - y
        d2 = error * (1 - out**2)
        d1 = (d2 @ w2.T) * (h > 0)
        m2 = 0.9 * m2 + h.T @ d2 / len(x)
        m1 = 0.9 * m1 + x.T @ d1 / len(x)
        w2 -= rate * m2
        w1 -= rate * m1
        b2 -= rate * d2.mean(axis=0)
        b1 -= rate * d1.mean(axis=0)
    return out, np.mean(error**2)


@program(lambda n, rng: (rng.standard_normal((n, 3)), rng.standard_normal(n)), sizes=(6, 25),
         large=50_000, rtol=1e-9, reason=SUMS)  # fmt: skip
def adam(np, x, y, steps=12):
    """The optimiser, with its two running moments."""
    w = np.zeros(3)
    m = np.zeros_like(w)
    v = np.zeros_like(w)
    for t in range(1, steps + 1):
        g = 2 * x.T @ (x @ w - y) / len(y)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        w -= 0.05 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@program(lambda n, rng: (rng.random((n, 2)), rng.integers(0, 2, n), rng.random((7, 2))),
         sizes=(8, 30), large=30_000)  # fmt: skip
def nearest_neighbours(np, train, label, test, k=3):
    """Votes of the closest; ties go to the smaller label."""
    dx = test[:, 0, None] - train[:, 0]
    dy = test[:, 1, None] - train[:, 1]
    order = np.argsort(dx * dx + dy * dy, axis=1, kind="stable")[:, :k]
    votes = label[order]
    counts = np.array([np.bincount(row, minlength=2) for row in votes])
    return counts.argmax(axis=1), order


@program(lambda n, rng: (rng.integers(0, 5, (n, 6)), rng.integers(0, 2, n)), sizes=(8, 40),
         large=50_000, rtol=1e-10, reason=SUMS)  # fmt: skip
def naive_bayes(np, counts, label):
    """Multinomial, in logarithms."""
    prior = np.log(np.array([(label == c).mean() + 1e-9 for c in (0, 1)]))
    table = np.array([counts[label == c].sum(axis=0) + 1 for c in (0, 1)])
    likelihood = np.log(table / table.sum(axis=1, keepdims=True))
    scores = counts @ likelihood.T + prior
    return scores, scores.argmax(axis=1), np.logaddexp.reduce(scores, axis=1)


@program(lambda n, rng: (rng.standard_normal((2, n, 4)), rng.standard_normal((2, n, 4)),
                         rng.standard_normal((2, n, 3))), sizes=(3, 9), large=300,
         rtol=1e-10, reason=SUMS)  # fmt: skip
def attention(np, q, k, v):
    """Scaled dot products with a causal mask."""
    n = q.shape[1]
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    mask = np.triu(np.ones((n, n), dtype=bool), k=1)
    scores[:, mask] = -np.inf
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.einsum("bij,bjd->bid", weights, v), weights


@program(lambda n, rng: (rng.standard_normal((n, 6)).astype("f4"),), sizes=(3, 20), large=50_000,
         rtol=2e-6, reason="float32 " + SUMS)  # fmt: skip
def layer_norm(np, x):
    """In float32, and the dtype stays."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = x.var(axis=-1, keepdims=True)
    normal = (x - mean) / np.sqrt(variance + np.float32(1e-5))
    gelu = 0.5 * normal * (1 + np.tanh(0.79788456 * (normal + 0.044715 * normal**3)))
    return normal * np.float32(1.5) + 1, gelu


@program(labelled, sizes=(9, 40), large=50_000, rtol=1e-10, reason=SUMS)
def confusion_and_scores(np, x, y):
    """A table of counts by add.at, precision and recall."""
    guess = np.argmax(x[:, :3], axis=1)
    table = np.zeros((3, 3), dtype=int)
    np.add.at(table, (y, guess), 1)
    with np.errstate(invalid="ignore"):
        precision = np.diag(table) / table.sum(axis=0)
        recall = np.diag(table) / table.sum(axis=1)
    return table, np.nan_to_num(precision), recall, np.trace(table) / table.sum()


@program(
    lambda n, rng: (rng.random((n, n)),),
    sizes=(4, 10),
    large=300,
    rtol=1e-8,
    reason=MATRICES,
)
def matrix_factorisation(np, target, rank=2):
    """Non-negative, by multiplicative updates."""
    n, m = target.shape
    w = np.linspace(0.1, 1, n * rank).reshape(n, rank)
    h = np.linspace(1, 0.1, rank * m).reshape(rank, m)
    for _ in range(10):
        h *= (w.T @ target) / (w.T @ w @ h + 1e-9)
        w *= (target @ h.T) / (w @ h @ h.T + 1e-9)
    return w, h, np.linalg.norm(target - w @ h)
