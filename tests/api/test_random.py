"""Lazy draws against NumPy's generator over Philox, bit for bit where the docs say so."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api.small import Small
from lazyarr.testing import RaiseIfComputed

SEEDS = st.one_of(st.integers(0, 2**130), st.lists(st.integers(0, 2**40), min_size=1))
SIZES = st.one_of(
    st.none(),
    st.integers(0, 70),
    st.lists(st.integers(0, 9), max_size=3).map(tuple),
)
TYPES = st.sampled_from("?bBhHiIqQ")
ENDS = {c: (int(np.iinfo(c).min), int(np.iinfo(c).max)) for c in "bBhHiIqQ"}


def pair(seed=7):
    return la.random.default_rng(seed), np.random.Generator(np.random.Philox(seed))


def value(x):
    return x.compute() if isinstance(x, la.Array) else x


def same_state(one, other):
    """Whether two bit generators will give the same from now on, whatever is asked."""
    a, b = one.bit_generator.state, other.bit_generator.state
    np.testing.assert_equal(a, b)


# --- NumPy's bits -------------------------------------------------------------------

CALLS = st.one_of(
    st.tuples(st.just("random"), SIZES, st.sampled_from(["f8", "f4"])),
    st.tuples(st.just("uniform"), SIZES, st.floats(-1e3, 1e3), st.floats(0, 1e3)),
    st.tuples(
        st.just("integers"), SIZES, TYPES, st.integers(0, 64), st.integers(-9, 9)
    ),
    st.tuples(st.just("bytes"), st.integers(0, 40)),
    st.tuples(st.just("poisson"), SIZES),
    st.tuples(st.just("choice"), SIZES),
)


def made(rng, call):
    """Return what a drawn call gives; the same for NumPy's generator and ours."""
    name, *rest = call
    match name:
        case "random":
            return rng.random(rest[0], dtype=rest[1])
        case "uniform":
            return rng.uniform(rest[1], rest[1] + rest[2], rest[0])
        case "integers":
            size, char, bits, low = rest
            least, most = (0, 1) if char == "?" else ENDS[char]
            bits = min(bits, (most - least).bit_length())
            low = min(max(low, least), most - 2**bits + 1)
            return rng.integers(low, low + 2**bits - 1, size, char, endpoint=True)
        case "bytes":
            return rng.bytes(rest[0])
        case "poisson":
            return rng.poisson(3.0, rest[0])
        case _:
            return rng.choice([5, 6, 7], rest[0], p=[0.2, 0.3, 0.5])


@given(seed=SEEDS, calls=st.lists(CALLS, min_size=1, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_program_of_draws_has_numpys_bits(seed, calls):
    lazy, numpys = pair(seed)
    kept = []
    for call in calls:
        got, want = made(lazy, call), made(numpys, call)
        kept.append((got, want))
        same_state(lazy, numpys)
    for got, want in kept:  # evaluated after everything has been drawn
        found = value(got)
        if np.shape(want) or not isinstance(want, np.ndarray):
            assert type(found) is type(want)
        assert getattr(found, "dtype", None) == getattr(want, "dtype", None)
        np.testing.assert_array_equal(found, want)


@given(
    seed=SEEDS,
    shape=st.lists(st.integers(1, 60), min_size=1, max_size=3).map(tuple),
    before=st.integers(0, 9),
    single=st.booleans(),
    data=st.data(),
)
@settings(max_examples=120, deadline=None)
def test_any_view_of_a_draw(seed, shape, before, single, data):
    lazy, numpys = pair(seed)
    lazy.random(before), numpys.random(before)
    dtype = np.float32 if single else np.float64
    x, y = lazy.random(shape, dtype), numpys.random(shape, dtype)
    steps = st.integers(-9, 9).filter(bool)
    key = tuple(
        data.draw(
            st.one_of(
                st.integers(-n, n - 1),
                st.builds(slice, st.integers(0, n), st.none(), steps),
            )
        )
        for n in shape
    )
    with la.config(tile_elements=data.draw(st.sampled_from([16, 1000, 65_536]))):
        np.testing.assert_array_equal(value(x[key]), y[key])
        np.testing.assert_array_equal(value(x.T * 2), y.T * 2)
        np.testing.assert_array_equal(value(x[key] + 1), y[key] + 1)


@pytest.mark.parametrize("stride", [1, 7, 40, 1013])
@pytest.mark.parametrize("single", [False, True])
def test_places_far_apart_are_found_one_by_one(stride, single):
    lazy, numpys = pair()
    dtype = np.float32 if single else np.float64
    x, y = lazy.random((300, 1013), dtype), numpys.random((300, 1013), dtype)
    np.testing.assert_array_equal(value(x.ravel()[::stride] * 1), y.ravel()[::stride])
    np.testing.assert_array_equal(value(x[:, 5] + 0.5), y[:, 5] + dtype(0.5))
    np.testing.assert_array_equal(value(x[::50, ::-1] * 1), y[::50, ::-1])


def test_a_fused_program():
    lazy, numpys = pair()
    x, y = lazy.random((70, 500)), lazy.uniform(-1, 1, (70, 500))
    u, v = numpys.random((70, 500)), numpys.uniform(-1, 1, (70, 500))
    z = np.arange(35_000.0).reshape(70, 500)
    with la.config(tile_elements=1000):
        got = la.where(x > 0.5, y * la.asarray(z), x - y)
        np.testing.assert_array_equal(value(got), np.where(u > 0.5, v * z, u - v))
        assert len(got.explain().to_dict()["stages"]) == 1


def test_parameters_may_be_arrays():
    lazy, numpys = pair()
    low, high = np.arange(4.0), np.arange(4.0)[:, None] + 9
    np.testing.assert_array_equal(
        value(lazy.uniform(la.asarray(low), high)), numpys.uniform(low, high)
    )
    np.testing.assert_array_equal(
        value(lazy.uniform(low, 9, (3, 4))), numpys.uniform(low, 9, (3, 4))
    )
    x = value(lazy.integers([0, 10, 100], [5, 11, 200], (1000, 3)))
    assert (x.min(0) == [0, 10, 100]).all()
    assert (x.max(0) == [4, 10, 199]).all()
    y = value(lazy.normal([0, 1000], [1, 0], (500, 2)))
    assert (y[:, 1] == 1000).all()
    with pytest.raises(ValueError, match="does not fit"):
        lazy.uniform(low, high, (4,))


def test_a_half_that_waits_is_used_behind_words_drawn_later():
    lazy, numpys = pair()
    for dtype in ("?", "u1", "u2", "u4"):
        for rng in (lazy, numpys):
            rng.random(1, dtype=np.float32)
            rng.random(5)
        got = lazy.integers(0, 2, 50, dtype)
        np.testing.assert_array_equal(value(got), numpys.integers(0, 2, 50, dtype))
        np.testing.assert_array_equal(
            value(lazy.random(3, np.float32)), numpys.random(3, np.float32)
        )
        same_state(lazy, numpys)


def test_places_that_no_kernel_counts_are_numpys_too():
    for bits in (np.random.Philox(3).jumped(), np.random.Philox(3, counter=2**57)):
        lazy = la.random.Generator(copy.deepcopy(bits))
        numpys = np.random.Generator(bits)
        for call in (
            ("random", 9, "f8"),
            ("random", 5, "f4"),
            ("integers", 50, "?", 1, 0),
            ("integers", 50, "B", 8, 0),
            ("integers", 50, "q", 64, 0),
        ):
            got = made(lazy, call)
            np.testing.assert_array_equal(value(got), made(numpys, call))
        same_state(lazy, numpys)
        assert "NumPy's bit generator stands" in str(lazy.random(3).explain())


def test_a_seed_of_every_kind():
    sequence = np.random.SeedSequence(5)
    for seed in (5, sequence, [1, 2], np.random.Philox(5), np.random.default_rng(5)):
        lazy = la.random.default_rng(copy.deepcopy(seed))
        assert isinstance(lazy, la.random.Generator)
    assert la.random.default_rng(lazy) is lazy
    assert value(la.random.default_rng(None).random(2)).shape == (2,)
    state = np.random.RandomState(4)
    got = la.random.default_rng(copy.deepcopy(state)).random(3)
    np.testing.assert_array_equal(
        value(got), np.random.Generator(state._bit_generator).random(3)
    )


# --- laziness -----------------------------------------------------------------------


def test_nothing_is_computed_before_it_is_asked_for():
    rng = la.random.default_rng(1)
    with RaiseIfComputed():
        x = rng.random((10**5, 10**5))
        y = rng.normal(x, 2)
        rng.integers(3, 9, (4, 4)), rng.exponential(2.0, 9), rng.lognormal(size=3)
        rng.permutation(10**6), rng.choice(10, 4, p=[0.1] * 10)
        rng.uniform(x, y), rng.permuted(x, axis=1)
    assert x.nbytes == 8 * 10**10


def test_a_monte_carlo_estimate_stores_no_sample():
    rng = la.random.default_rng(1)
    x, y = rng.random(10**10), rng.random(10**10)
    inside = ((x * x + y * y) < 1).sum()
    report = inside.explain().to_dict()
    assert len(report["stages"]) == 1
    assert report["peak_bytes"] == 8


@pytest.mark.usefixtures("planned")
def test_another_seed_or_place_finds_the_plan():
    evaluate.clear_cache()
    for seed in (1, 2):
        rng = la.random.default_rng(seed)
        for _ in range(3):
            value((rng.random(100) < 0.5).sum())
    assert len(evaluate._cache) == 1


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("tile", [64, 4096, 65_536])
def test_neither_threads_nor_tiles_change_a_bit(threads, tile):
    lazy, numpys = pair()
    want = numpys.random((331, 301))
    with la.config(threads=threads, tile_elements=tile):
        x = lazy.random((331, 301))
        np.testing.assert_array_equal(value(x), want)
        np.testing.assert_array_equal(value((x < 0.5).sum(0)), (want < 0.5).sum(0))
        z = value(lazy.standard_normal(99_631))
    np.testing.assert_array_equal(z, value(pair()[0].standard_normal(199_262))[99_631:])


def test_reading_twice_gives_the_same():
    x = la.random.default_rng(2).random(1000)
    np.testing.assert_array_equal(value(x), value(x * 1))
    before = value(x[:10])
    x[3:] = 0
    np.testing.assert_array_equal(value(x)[:3], before[:3])


@pytest.mark.parametrize("small_path", [True, False])
def test_writes_into_draws(small_path):
    lazy, numpys = pair()
    with la.config(small_path=small_path):
        for _ in range(12):  # pending writes are evaluated in several ways
            x, y = lazy.random((5, 8)), numpys.random((5, 8))
            flip, turn = lazy.random((5, 8)) < 0.5, numpys.random((5, 8)) < 0.5
            x[flip] *= -1
            y[turn] *= -1
            x[1:, ::2] += lazy.random((9, 4))[3:7]
            y[1:, ::2] += numpys.random((9, 4))[3:7]
            for _ in range(3):
                np.testing.assert_array_equal(value(x), y)
                assert x[2, 3] == y[2, 3]


def test_threads_share_a_generator():
    lazy, numpys = pair()
    found = []

    def work():
        found.extend([lazy.random(7) for _ in range(50)])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rows = np.sort(np.array([value(x) for x in found]), axis=0)
    np.testing.assert_array_equal(rows, np.sort(numpys.random((200, 7)), axis=0))


# --- the generator as an object --------------------------------------------------------


def test_state_is_numpys():
    lazy, numpys = pair()
    lazy.random(5)
    saved = lazy.bit_generator.state
    first = value(lazy.random(9))
    lazy.bit_generator.state = saved
    np.testing.assert_array_equal(value(lazy.random(9)), first)
    lazy.bit_generator.state = np.random.Philox(99).state
    numpys = np.random.Generator(np.random.Philox(99))
    np.testing.assert_array_equal(value(lazy.random(9)), numpys.random(9))


@pytest.mark.parametrize("bits", [la.random.Philox, la.random.PCG64])
def test_pickles_and_copies_go_on_alike(bits):
    rng = la.random.Generator(bits(5))
    rng.random(3, dtype=np.float32)
    others = [pickle.loads(pickle.dumps(rng)), copy.deepcopy(rng)]
    want = value(rng.random(9, dtype=np.float32))
    for other in others:
        assert type(other) is type(rng)
        np.testing.assert_array_equal(value(other.random(9, dtype=np.float32)), want)


def test_a_pickled_draw_needs_nothing_to_be_loaded_before():
    x = la.random.default_rng(3).random((5, 9))[1:]
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).compute().tolist())"
    made = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(x),
        capture_output=True,
        check=True,
    )
    assert json.loads(made.stdout) == value(x).tolist()


def test_a_pickled_draw_is_the_draw():
    x = la.random.default_rng(3).random((5, 9))[1:]
    np.testing.assert_array_equal(value(pickle.loads(pickle.dumps(x))), value(x))


def test_spawned_streams_are_numpys():
    lazy, numpys = pair()
    for a, b in zip(lazy.spawn(3), numpys.spawn(3), strict=True):
        np.testing.assert_array_equal(value(a.random(5)), b.random(5))


def test_text():
    rng = la.random.default_rng(1)
    assert repr(rng) == "lazyarr.random.Generator(Philox)"
    assert str(la.random.Generator(la.random.SFC64(1))) == "Generator(SFC64)"
    assert "gamma" in dir(rng)
    with pytest.raises(AttributeError, match="nonsense"):
        rng.nonsense()


@pytest.mark.parametrize("bits", [la.random.PCG64, la.random.MT19937, la.random.SFC64])
def test_other_bit_generators_are_numpys(bits):
    lazy, numpys = la.random.Generator(bits(5)), np.random.Generator(bits(5))
    for call in (
        lambda rng: rng.normal(2, 3, (4, 5)),
        lambda rng: rng.integers(0, 10, 20),
        lambda rng: rng.permutation(9),
        lambda rng: rng.multivariate_normal([0, 1], np.eye(2), 3),
        lambda rng: rng.random(),
    ):
        np.testing.assert_array_equal(value(call(lazy)), call(numpys))
    x, y = la.arange(10), np.arange(10)
    lazy.shuffle(x), numpys.shuffle(y)
    np.testing.assert_array_equal(value(x), y)
    out = la.zeros(4)
    lazy.random(out=out)
    np.testing.assert_array_equal(value(out), numpys.random(4))
    assert "draws when it is called" in str(lazy.random(3).explain())


def test_what_has_no_lazy_form_goes_on_in_the_stream():
    lazy, numpys = pair()
    for name, args in (
        ("gamma", (2.0, 1.0, 5)),
        ("binomial", (10, 0.3, 5)),
        ("dirichlet", ([1, 2, 3],)),
        ("poisson", (3.0,)),
        ("vonmises", (0.0, 1.0, 3)),
    ):
        got, want = getattr(lazy, name)(*args), getattr(numpys, name)(*args)
        np.testing.assert_array_equal(value(got), want)
        assert isinstance(got, la.Array) or np.ndim(want) == 0
    np.testing.assert_array_equal(value(lazy.random(3)), numpys.random(3))


# --- out=, dtypes, errors ----------------------------------------------------------------


@pytest.mark.parametrize("zeros", [la.zeros, np.zeros])
def test_out_is_written_and_returned(zeros):
    lazy, numpys = pair()
    for dtype in (np.float64, np.float32):
        out = zeros((3, 5), dtype)
        assert lazy.random(dtype=dtype, out=out) is out
        want = numpys.random((3, 5), dtype)
        np.testing.assert_array_equal(value(out), want)
        out = zeros(7, dtype)
        assert lazy.standard_normal(7, dtype, out) is out
        assert value(out).all()
        numpys.random(7)
        lazy.standard_exponential(dtype=dtype, out=out)
        numpys.random(7)
    with pytest.raises(TypeError, match="wrong type"):
        lazy.random(out=zeros(3, np.float32))
    with pytest.raises(ValueError, match="size must match"):
        lazy.random(4, out=zeros(3))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (TypeError, lambda rng: rng.random(3, dtype=np.int64)),
        (ValueError, lambda rng: rng.random(-1)),
        (ValueError, lambda rng: rng.normal(0, -1, 3)),
        (ValueError, lambda rng: rng.normal(0, [1, -1])),
        (ValueError, lambda rng: rng.lognormal(0, -1)),
        (ValueError, lambda rng: rng.exponential(-1)),
        (ValueError, lambda rng: rng.integers(3, 3)),
        (ValueError, lambda rng: rng.integers(0, 300, 5, np.uint8)),
        (ValueError, lambda rng: rng.integers([3], [2])),
        (OverflowError, lambda rng: rng.uniform(-1e308, 1e308, 3)),
        (ValueError, lambda rng: rng.choice(3, 4, replace=False)),
        (ValueError, lambda rng: rng.choice(0, 4)),
        (ValueError, lambda rng: rng.choice(3, 2, p=[0.5, 0.4, 0.3])),
        (TypeError, lambda rng: rng.shuffle("abc")),
        (ValueError, lambda rng: rng.standard_exponential(3, method="other")),
    ],
)
def test_refusals_are_numpys(error, call):
    lazy, numpys = pair()
    before = lazy.bit_generator.state
    with pytest.raises(error):
        call(lazy)
    np.testing.assert_equal(lazy.bit_generator.state, before)
    if "other" not in call.__code__.co_consts:
        with pytest.raises(error):
            call(numpys)


# --- what is not NumPy's bits: distributions -------------------------------------------------

COUNT = 200_000


def distance(sample, distribution):
    """Return Kolmogorov and Smirnov's statistic, times the root of the count."""
    x = np.sort(sample)
    below = np.array([distribution(v) for v in x[:: x.size // 2000]])
    place = np.arange(0, x.size, x.size // 2000) / x.size
    return np.abs(below - place).max() * math.sqrt(x.size)


def normal_distribution(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


@pytest.mark.parametrize("seed", range(4))
def test_normal_variates_are_normal(seed):
    x = value(la.random.default_rng(seed).standard_normal(COUNT))
    assert distance(x, normal_distribution) < 1.7  # once in 160 seeds it is more
    for power, moment in ((1, 0), (2, 1), (3, 0), (4, 3), (6, 15)):
        error = math.sqrt(10395 if power == 6 else 105) / math.sqrt(COUNT)
        assert abs((x**power).mean() - moment) < 5 * error
    assert np.abs(x).max() > 4
    lag = np.corrcoef(x[:-1], x[1:])[0, 1]
    assert abs(lag) < 5 / math.sqrt(COUNT)


@pytest.mark.parametrize("seed", range(4))
def test_exponential_variates_are_exponential(seed):
    rng, numpys = pair(seed)
    x = value(rng.standard_exponential(COUNT))
    assert distance(x, lambda v: -math.expm1(-v)) < 1.7
    assert abs(x.mean() - 1) < 5 / math.sqrt(COUNT)
    want = numpys.standard_exponential(COUNT, method="inv")
    np.testing.assert_allclose(x, want, rtol=3e-16)
    assert abs(value(rng.exponential(3.0, COUNT)).mean() - 3) < 15 / math.sqrt(COUNT)


def test_scalars_are_the_elements_of_arrays():
    calls = (
        lambda rng, size: rng.random(size),
        lambda rng, size: rng.standard_normal(size),
        lambda rng, size: rng.standard_normal(size, np.float32),
        lambda rng, size: rng.normal(1, 2, size),
        lambda rng, size: rng.exponential(2, size),
        lambda rng, size: rng.lognormal(0, 1, size),
        lambda rng, size: rng.uniform(3, 4, size),
        lambda rng, size: rng.integers(0, 1000, size),
        lambda rng, size: rng.integers(0, 1024, size),
        lambda rng, size: rng.choice(7, size),
    )
    for call in calls:
        one, other = pair()[0], pair()[0]
        many = value(call(one, 50))
        single = [call(other, None) for _ in range(50)]
        assert not isinstance(single[0], la.Array)
        np.testing.assert_allclose(many, single, rtol=3e-16)


@pytest.mark.parametrize("count", [3, 10, 1000, 2**33 - 1, 2**63 + 5])
def test_integers_are_even(count):
    dtype = np.uint64
    words = np.random.Philox(7).random_raw(COUNT)
    x = value(pair()[0].integers(0, count, COUNT, dtype))
    assert x.tolist()[:1000] == [(int(w) * count) >> 64 for w in words[:1000]]
    assert x.max() < count
    if count <= 1000:
        seen = np.bincount(x.astype(np.int64), minlength=count)
        chi = ((seen - COUNT / count) ** 2).sum() / (COUNT / count)
        assert abs(chi - (count - 1)) < 5 * math.sqrt(2 * count)
    else:
        assert distance(x / count, lambda v: v) < 1.7


def test_integers_of_either_sign():
    x = value(pair()[0].integers(-5, 5, 5000, endpoint=True))
    assert set(x.tolist()) == set(range(-5, 6))
    assert value(pair()[0].integers(7, size=3)).max() < 7
    assert value(pair()[0].integers(1, 2, 3, dtype=bool)).all()
    whole = [np.iinfo(np.int64).min], [np.iinfo(np.int64).max]
    x = value(pair()[0].integers(*whole, 3, endpoint=True))
    np.testing.assert_array_equal(
        x.view(np.uint64) + np.uint64(2**63), np.random.Philox(7).random_raw(3)
    )


# --- sequences ---------------------------------------------------------------------------------


def test_permutations():
    rng = pair()[0]
    x = value(rng.permutation(1000))
    assert sorted(x.tolist()) == list(range(1000))
    assert abs(np.corrcoef(x, np.arange(1000))[0, 1]) < 0.15
    a = np.arange(60).reshape(20, 3)
    y = value(rng.permutation(la.asarray(a)))
    assert {tuple(row) for row in y.tolist()} == {tuple(row) for row in a.tolist()}
    z = value(rng.permutation(a, axis=1))
    assert {tuple(c) for c in z.T.tolist()} == {tuple(c) for c in a.T.tolist()}
    orders = value(rng.permuted(la.asarray(np.tile(np.arange(3), (60_000, 1))), axis=1))
    codes, seen = np.unique(orders @ [9, 3, 1], return_counts=True)
    assert codes.size == 6
    assert np.abs(seen - 10_000).max() < 500
    assert sorted(value(rng.permuted(a)).ravel().tolist()) == list(range(60))


def test_permutations_of_what_is_no_number_of_ours_are_numpys():
    for array in (np.arange(9, dtype=np.longdouble), np.array(list("abcdefghi"))):
        found = pair()[0].permutation(array)
        assert type(found) is np.ndarray
        assert found.dtype == array.dtype
        assert sorted(found) == sorted(array)


def test_shuffles_are_in_place():
    rng = pair()[0]
    x = la.arange(50).reshape(10, 5)
    view = x[2:]
    rng.shuffle(x)
    assert sorted(value(x)[:, 0].tolist()) == list(range(0, 50, 5))
    np.testing.assert_array_equal(value(view), value(x)[2:])
    rng.shuffle(view, axis=1)
    assert sorted(value(x)[3].tolist()) == sorted(value(view)[1].tolist())
    for items in (list(range(20)), np.arange(20)):
        rng.shuffle(items)
        assert sorted(items) == list(range(20))
        assert list(items) != list(range(20))
    want = value(pair()[0].permutation(30))
    y = la.arange(30)
    pair()[0].shuffle(y)
    np.testing.assert_array_equal(value(y), want)


@pytest.mark.parametrize("wanted", [1, 8, 124, 125, 126, 999])
def test_a_sample_without_replacement_begins_a_permutation(wanted):
    for count in (1000, 1007):
        ours, all_of_them = pair()[0], pair()[0]
        sample = value(ours.choice(count, wanted, replace=False))
        expected = value(all_of_them.permutation(count))[:wanted]
        np.testing.assert_array_equal(sample, expected)
        assert ours.integers(1 << 40) == all_of_them.integers(1 << 40)


def test_a_small_sample_of_many_is_not_made_by_sorting_all():
    sample = pair()[0].choice(100_000, 5, replace=False)
    stages = la.explain(sample).plan.stages
    assert max(stage.size for stage in stages if "argsort" in stage.ops) < 100


def test_choices():
    rng = pair()[0]
    x = value(rng.choice(5, (1000, 3)))
    assert x.shape == (1000, 3)
    assert set(x.ravel().tolist()) == set(range(5))
    y = value(rng.choice(100, (4, 5), replace=False))
    assert np.unique(y).size == 20
    a = np.arange(12.0).reshape(4, 3)
    assert value(rng.choice(a, 6, axis=1)).shape == (4, 6)
    assert value(rng.choice(a)).shape == (3,)
    assert rng.choice([5.0]) == 5.0
    assert value(rng.choice(a, 4, replace=False)).shape == (4, 3)
    words = np.array(["a", "b", "c"])
    assert set(rng.choice(words, 50).tolist()) == {"a", "b", "c"}
    assert sorted(rng.permutation(list("abc")).tolist()) == ["a", "b", "c"]
    assert rng.choice(words) in words
    z = rng.choice(4, 3, replace=False, p=[0.1, 0.2, 0.3, 0.4])
    assert np.unique(value(z)).size == 3


DRAWN = {
    "random": lambda r: r.random((4, 5)),
    "single": lambda r: r.random(7, dtype=np.float32),
    "uniform": lambda r: r.uniform(2, 5, 8),
    "normal": lambda r: r.normal(1, 2, size=9),
    "exponential": lambda r: r.exponential(size=3),
    "dice": lambda r: r.integers(1, 7, 10),
    "bytes": lambda r: r.integers(0, 256, 10, dtype=np.uint8),
    "signs": lambda r: r.integers(0, 2, 70, dtype=bool),
    "order": lambda r: r.permutation(12),
    "sample": lambda r: r.choice(20, 5, p=np.full(20, 0.05)),
}


@pytest.mark.parametrize("seed", range(6))
def test_small_draws_are_made_at_once_and_are_those_of_plans(seed):
    order = np.random.default_rng(seed).permutation(sorted(DRAWN) * 3)
    found = []
    for options in ({}, {"small_bytes": 0}):
        with la.config(**options):
            rng = la.random.default_rng(seed)
            found.append([DRAWN[name](rng) for name in order])
            found[-1].append(rng.random())
    assert {type(x) for x in found[0][:-1]} == {Small}
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
        assert np.asarray(one).dtype == np.asarray(other).dtype


def test_the_plan_of_a_small_draw_draws():
    ops = []
    for options in ({}, {"small_bytes": 0}):
        with la.config(**options):
            rng = la.random.default_rng(1)
            rng.random(3)
            made = rng.normal(0, 2, 5) * 3 + rng.random(5)
            stages = made.explain().to_dict()["stages"]
            ops.append([op for stage in stages for op in stage["ops"]])
    assert ops[0] == ops[1]
    assert "normal" in " ".join(ops[0])


@pytest.mark.parametrize(
    "between",
    [
        lambda r: [r.random(2) for _ in range(40)],
        lambda r: [r.random(), r.integers(0, 5), r.standard_normal()],
        lambda r: r.normal(la.asarray([1.0, 2.0]) * 2, 1.0),
        lambda r: r.shuffle(la.asarray([1.0, 2.0, 3.0])),
        lambda r: r.permuted(la.asarray([1.0, 2.0, 3.0])),
        lambda r: r.random(100_000),
        lambda r: r.gamma(2.0, size=3),
    ],
)
def test_the_plan_of_a_small_draw_draws_from_its_place(between):
    ops = []
    for options in ({}, {"small_bytes": 0}):
        with la.config(**options):
            rng = la.random.default_rng(1)
            rng.random(3)
            between(rng)
            rng.integers(0, 256, 5, dtype=np.uint8)
            made = rng.random(5) * 3
            stages = made.explain().to_dict()["stages"]
            ops.append([op for stage in stages for op in stage["ops"]])
    assert ops[0] == ops[1]
    assert "double" in " ".join(ops[0])


def test_a_small_draw_is_what_was_drawn_whoever_moved_the_bits():
    rng, numpys = pair()
    rng.random(3)
    state = rng.bit_generator.state
    rng.bit_generator.random_raw(2)
    made = rng.random(4) + 1
    rng.bit_generator.state = state
    again = rng.random(4)
    numpys.random(3)
    want = np.concatenate([numpys.random(6)[2:] + 1, pair()[1].random(7)[3:]])
    for plan in (made.explain(), again.explain()):
        assert plan.to_dict()["stages"]
    with la.config(small_path=False):
        found = [np.asarray(made.persist("cpu") * 1), np.asarray(again.persist("cpu"))]
    np.testing.assert_array_equal(np.concatenate(found), want)


@pytest.mark.parametrize(
    "call",
    [
        lambda r, x: r.normal(x, 0.1),
        lambda r, x: r.normal(1, x, (2, 3)),
        lambda r, x: r.lognormal(x[::-1], x),
        lambda r, x: r.uniform(-x, [3.0, 4, 5]),
        lambda r, x: r.uniform(x, x + 1, (2, 3)),
        lambda r, x: r.exponential(x),
        lambda r, x: r.normal(np.arange(3.0), x[1]),
    ],
)
def test_draws_beside_small_parameters_are_made_at_once(call):
    """As a sampler proposes a step from where it stands."""
    found, ops = [], []
    for options in ({}, {"small_path": False}):
        with la.config(**options):
            made = call(pair()[0], la.asarray([1.0, 2.0, 3.0]) * 2)
            stages = made.explain().to_dict()["stages"]
            ops.append(sorted({op for stage in stages for op in stage["ops"]}))
            found.append(made)
    assert type(found[0]) is Small
    np.testing.assert_array_equal(value(found[0]), value(found[1]))
    assert ops[0] == ops[1]


def test_known_parameters_are_checked_before_anything_is_drawn():
    x = la.asarray([1.0, -2.0])
    for refused in (
        lambda rng, x: rng.normal(0, x),
        lambda rng, x: rng.lognormal(0, x),
        lambda rng, x: rng.exponential(x),
        lambda rng, x: rng.uniform(0, x),
        lambda rng, x: rng.uniform(3, 2, 5),
    ):
        lazy, numpys = pair()
        with pytest.raises(ValueError, match="< 0"):
            refused(lazy, x)
        with pytest.raises(ValueError, match="< 0"):
            refused(numpys, x.compute())
        same_state(lazy, numpys)


@pytest.mark.parametrize("n", [3, 70_000])
@pytest.mark.parametrize("method", ["normal", "lognormal", "uniform", "exponential"])
def test_complex_parameters_are_refused_before_anything_is_drawn(method, n):
    for made in (np.ones(n) * 1j, la.ones(n) * 1j):
        lazy, numpys = pair()
        with pytest.raises(TypeError):
            getattr(lazy, method)(made)
        with pytest.raises(TypeError):
            getattr(numpys, method)(np.asarray(made))
        same_state(lazy, numpys)


def test_a_small_draw_that_is_written_does_not_tell_of_itself():
    out = la.zeros(4)
    rng = la.random.default_rng(1)
    assert rng.random(out=out) is out
    assert out._how is None
    want = np.random.Generator(np.random.Philox(1)).random(4)
    np.testing.assert_array_equal(value(out), want)


def test_an_overflow_of_few_draws_is_told_at_the_users_line():
    rng = la.random.default_rng(1)
    with pytest.warns(RuntimeWarning, match="overflow") as told:
        rng.normal(0, 1.7e308, 50)
    assert {Path(one.filename).name for one in told} == {"test_random.py"}
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        rng.normal(0, 1.7e308, 50)


def test_few_normals_are_those_of_many():
    many = la.random.default_rng(8).standard_normal(4000).compute()
    rng = la.random.default_rng(8)
    few = [rng.standard_normal(size).compute() for size in ((2, 3), 1, 16) * 100]
    assert np.array_equal(np.concatenate([x.ravel() for x in few]), many[:2300])


@pytest.mark.parametrize("bits", [np.random.Philox, np.random.PCG64])
def test_a_generator_is_one_of_numpys(bits):
    """Packages ask for NumPy's class, or hand what they get to `default_rng`."""
    rng = la.random.Generator(bits(3))
    assert isinstance(rng, np.random.Generator)
    assert np.random.default_rng(rng) is rng
    assert rng.bit_generator is rng._numpy.bit_generator
    want = np.random.Generator(bits(3))
    for draw in ("random", "standard_gamma", "laplace"):
        args = (2.0, 5) if draw == "standard_gamma" else {"random": (5,)}.get(draw, ())
        found, wanted = getattr(rng, draw)(*args), getattr(want, draw)(*args)
        assert isinstance(found, la.Array) == isinstance(wanted, np.ndarray)
        np.testing.assert_array_equal(value(found), wanted)
    again = copy.deepcopy(rng)
    assert type(again) is type(rng)
    np.testing.assert_array_equal(value(again.random(4)), value(rng.random(4)))


@pytest.mark.parametrize("make", [la.random.default_rng, la.random.RandomState])
def test_scipy_draws_from_generators(make):
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
    for draw in (
        lambda rng: stats.gamma.rvs(2.0, size=5, random_state=rng),
        lambda rng: sparse.random(6, 7, 0.3, random_state=rng).toarray(),
    ):
        first, again = np.asarray(draw(make(1))), np.asarray(draw(make(1)))
        assert np.count_nonzero(first) > 3
        assert np.array_equal(first, again)
        assert not np.array_equal(first, np.asarray(draw(make(2))))


@pytest.mark.parametrize("shape", [(2000, 70), (3, 100, 300), (3, 50_000)])
def test_bounds_may_be_stretched_to_what_is_drawn(shape):
    def drawn(bounds):
        return la.random.default_rng(3).integers(0, bounds, shape).compute()

    for axis in range(len(shape)):
        sides = [n if k == axis else 1 for k, n in enumerate(shape)]
        bounds = np.arange(5, 5 + shape[axis]).reshape(sides)
        assert np.array_equal(
            drawn(bounds), drawn(np.broadcast_to(bounds, shape).copy())
        )


class Named(la.random.Generator):
    """A generator of the user's."""


@pytest.mark.parametrize("bits", [np.random.Philox, np.random.PCG64])
def test_classes_of_users_are_generators(bits):
    rng = Named(bits(3))
    assert type(rng) is type(copy.copy(rng)) is type(copy.deepcopy(rng)) is Named
    want = np.random.Generator(bits(3))
    for draw in ("random", "permutation"):
        found, wanted = getattr(rng, draw)(5), getattr(want, draw)(5)
        assert isinstance(found, la.Array)
        np.testing.assert_array_equal(value(found), wanted)


def test_elements_and_sums_say_how_much_to_draw():
    """As NumPy's integer scalars do."""
    count = la.array([2, 6])[1]
    lazy = la.ones(60_000, dtype=np.int64).sum() // 10_000
    for number in (count, lazy):
        rng = la.random.default_rng(5)
        assert sorted(rng.permutation(number).tolist()) == list(range(6))
        assert 0 <= int(rng.choice(number)) < 6
        assert rng.choice(number, size=3, replace=False).shape == (3,)


def test_elements_are_parameters_as_their_numbers_are():
    e, k = la.array([2.5])[0], la.array([7])[0]
    draws = {
        "normal": ((e, e), (2.5, 2.5)),
        "uniform": ((0, e), (0, 2.5)),
        "exponential": ((e,), (2.5,)),
        "integers": ((k,), (7,)),
    }
    for name, (elements, numbers) in draws.items():
        made = getattr(la.random.default_rng(1), name)(*elements)
        expected = getattr(la.random.default_rng(1), name)(*numbers)
        assert type(made) is type(expected), name
        assert made == expected, name


def test_one_number_that_overflows_is_told_of_by_nobody():
    # As by NumPy, whose numbers C computes.
    assert math.isinf(la.random.default_rng(1).lognormal(1e5, 1))
