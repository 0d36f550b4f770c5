"""Chains of states, mixtures, documents, layers: probability and learning by hand."""

from __future__ import annotations

from tests.corpus.registry import SUMS, program


@program(lambda n, rng: (rng.random((4, 4)) + 0.1, rng.integers(0, 4, n)), sizes=(20, 300),
         large=200_000, rtol=1e-9, reason=SUMS)  # fmt: skip
def markov_chain(np, weights, path):
    """The stationary state, by eigenvectors and by powers; transitions counted."""
    moves = weights / weights.sum(axis=1, keepdims=True)
    values, vectors = np.linalg.eig(moves.T)
    lasting = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    lasting = lasting / lasting.sum()
    seen = np.zeros((4, 4))
    np.add.at(seen, (path[:-1], path[1:]), 1)
    share = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    return lasting, np.linalg.matrix_power(moves, 30)[0], share


@program(lambda n, rng: (rng.random((3, 3)), rng.random((3, 5)), rng.integers(0, 5, n)),
         sizes=(6, 60), large=3_000, loops=True)  # fmt: skip
def viterbi(np, moves, shows, seen):
    """The likeliest states behind what is seen, found from the last one back."""
    moves, shows = np.log(moves + 0.1), np.log(shows + 0.1)
    best = np.zeros((len(seen), 3))
    back = np.zeros((len(seen), 3), dtype=int)
    best[0] = shows[:, seen[0]]
    for t in range(1, len(seen)):
        score = best[t - 1][:, None] + moves
        back[t] = score.argmax(axis=0)
        best[t] = score.max(axis=0) + shows[:, seen[t]]
    states = [int(best[-1].argmax())]
    for t in range(len(seen) - 1, 0, -1):
        states.append(int(back[t, states[-1]]))
    return np.array(states[::-1]), best


@program(lambda n, rng: (two_clouds(n, rng),), sizes=(20, 200), large=100_000, rtol=1e-7,
         reason=SUMS)  # fmt: skip
def mixture_of_gaussians(np, x):
    """Expectation and maximisation, with whole covariances."""
    middle, spread = x[[0, -1]].copy(), np.array([np.eye(2)] * 2)
    weight = np.full(2, 0.5)
    for _ in range(4):
        off = x[:, None] - middle
        far = np.einsum("nki,kij,nkj->nk", off, np.linalg.inv(spread), off)
        score = np.log(weight) - 0.5 * (far + np.linalg.slogdet(spread)[1])
        score -= score.max(axis=1, keepdims=True)
        share = np.exp(score)
        share /= share.sum(axis=1, keepdims=True)
        count = share.sum(axis=0)
        weight = count / len(x)
        middle = (share.T @ x) / count[:, None]
        off = x[:, None] - middle
        spread = np.einsum("nk,nki,nkj->kij", share, off, off) / count[:, None, None]
        spread += 1e-3 * np.eye(2)
    return middle, spread, weight


def two_clouds(n, rng):
    """Return points about two middles."""
    x = rng.normal(size=(n, 2))
    x[n // 2 :] += 4
    return x


@program(lambda n, rng: (rng.integers(0, 4, (n, 12)).astype(float),), sizes=(5, 40),
         large=100_000, rtol=1e-12, reason=SUMS)  # fmt: skip
def weights_of_terms(np, counts):
    """Counts of terms weighted by how rare these are; documents beside the first."""
    found = np.count_nonzero(counts, axis=0)
    rare = np.log((1 + len(counts)) / (1 + found)) + 1
    weighted = counts * rare
    length = np.linalg.norm(weighted, axis=1, keepdims=True)
    weighted = np.divide(
        weighted, length, out=np.zeros_like(weighted), where=length > 0
    )
    return weighted, (weighted @ weighted[0]).round(8)


@program(lambda n, rng: (rng.normal(size=(n, 2, 6, 6)), rng.normal(size=(3, 2, 3, 3))),
         sizes=(2, 10), large=2_000, rtol=1e-10, reason=SUMS)  # fmt: skip
def convolutional_layer(np, images, kernels):
    """Windows times kernels, rectified, pooled, and turned into shares."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(2, 3))
    made = np.maximum(np.einsum("nchwij,ocij->nohw", windows, kernels), 0)
    pooled = made.reshape(len(images), 3, 2, 2, 2, 2).max(axis=(3, 5))
    score = pooled.reshape(len(images), -1)[:, :5]
    score = np.exp(score - score.max(axis=1, keepdims=True))
    return made, score / score.sum(axis=1, keepdims=True)
