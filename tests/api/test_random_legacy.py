"""``numpy.random``'s own functions and `RandomState`: NumPy's numbers, lazy arrays."""

# ruff: noqa: NPY002 - the legacy generator is what is tested

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import lazyarr as la


def value(x):
    return x.compute() if isinstance(x, la.Array) else x


@pytest.fixture
def kept_state():
    state = np.random.get_state()
    yield
    np.random.set_state(state)


LEGACY = {
    "rand": (2, 3),
    "randn": (4,),
    "randint": (0, 10, 7),
    "random": (5,),
    "random_sample": ((2, 2),),
    "normal": (1.0, 2.0, 6),
    "uniform": (-1, 1, 6),
    "standard_normal": (3,),
    "choice": (5, 3),
    "permutation": (6,),
    "exponential": (2.0, 3),
    "poisson": (2.0, 3),
}


@pytest.mark.parametrize("name", LEGACY)
def test_the_global_generator_is_numpys(kept_state, name):
    np.random.seed(0)
    want = getattr(np.random, name)(*LEGACY[name])
    la.random.seed(0)
    got = getattr(la.random, name)(*LEGACY[name])
    assert isinstance(got, la.Array)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(value(got), want)
    state = la.random.RandomState(0)
    np.testing.assert_array_equal(value(getattr(state, name)(*LEGACY[name])), want)


def test_the_global_generator_takes_lazy_arrays(kept_state):
    la.random.seed(3)
    x, y = la.arange(10), la.random.permutation(la.arange(5))
    la.random.shuffle(x)
    np.random.seed(3)
    v, u = np.arange(10), np.random.permutation(np.arange(5))
    np.random.shuffle(v)
    np.testing.assert_array_equal(value(x), v)
    np.testing.assert_array_equal(value(y), u)
    assert isinstance(la.random.rand(), float)
    state = la.random.RandomState(5)
    state.rand(3)
    again = pickle.loads(pickle.dumps(state))
    np.testing.assert_array_equal(value(again.rand(3)), value(state.rand(3)))
    assert "MT19937" in repr(state)
    for missing in ("nonsense", "mtrands", "__wrapped__"):
        with pytest.raises(AttributeError):
            getattr(la.random, missing)
    with pytest.raises(AttributeError):
        state.nonsense()


def test_every_public_name_of_numpys_is_there():
    for name in np.random.__all__:
        assert hasattr(la.random, name), name
    rng = la.random.default_rng(1)
    for name in [name for name in dir(np.random.Generator) if name[0] != "_"]:
        assert hasattr(rng, name), name


def test_small_draws_are_known(kept_state):
    la.random.seed(1)
    draws = la.random.uniform(0, 10, 6)
    whole = la.floor(draws)
    np.random.seed(1)
    numpys = np.random.uniform(0, 10, 6)
    assert str(whole) == str(np.floor(numpys))  # computed already: no plan ran
    state = la.random.RandomState(2).rand(3)
    assert str(state * 2) == str(np.random.RandomState(2).rand(3) * 2)
    generator = la.random.Generator(np.random.PCG64(3))
    assert str(-generator.permutation(5)) == str(
        -np.random.Generator(np.random.PCG64(3)).permutation(5)
    )


def test_plans_of_known_draws_tell_where_they_come_from(kept_state):
    draws = la.random.rand(4)
    before = draws.compute()
    plan = str((la.floor(draws) + 1).explain())
    assert "numpy.random.rand draws when it is called" in plan
    assert "floor" in plan
    draws[1] = 5
    assert draws.tolist() == [before[0], 5, *before[2:]]


def test_small_draws_that_numpy_gives_as_views_are_written_alone(kept_state):
    held = np.arange(6.0)
    drawn = la.random.permutation(held)
    drawn += 1
    assert held.tolist() == [0, 1, 2, 3, 4, 5]
    assert sorted(drawn.tolist()) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_lazy_arrays_are_seeds_of_bit_generators(name):
    def draws(xp):
        kind = getattr(xp.random, name)
        seeds = [
            xp.arange(3),
            xp.arange(9)[5],
            [xp.arange(9)[5], 3],
            xp.arange(3).sum(),
        ]
        return [kind(seed).random_raw(3).tolist() for seed in (*seeds, 7)]

    assert draws(la) == draws(np)
    made, kind = getattr(np.random, name)(1), getattr(la.random, name)
    assert isinstance(made, kind)
    assert isinstance(kind(1), getattr(np.random, name))
    assert not isinstance(kind(1), la.random.SeedSequence)
    assert pickle.loads(pickle.dumps(kind(1))).random_raw() == made.random_raw()


def test_lazy_arrays_are_seeds_of_sequences():
    def states(xp):
        kind = xp.random.SeedSequence

        class Own(kind):
            pass

        seeds = [xp.arange(3), xp.arange(9)[5], [xp.arange(9)[5], 3]]
        made = [kind(seed) for seed in seeds]
        made += [
            kind(5, spawn_key=(xp.arange(9)[5],)),
            *kind(5).spawn(2),
            Own(seeds[0]),
        ]
        told = [isinstance(one, Own) for one in made]
        return [one.generate_state(2).tolist() for one in made], told

    assert states(la) == states(np)


def test_what_draws_is_found_once(kept_state):
    state, generator = la.random.RandomState(5), la.random.Generator(la.random.PCG64(5))
    assert la.random.randn is la.random.randn
    assert state.randn is state.randn
    assert generator.gumbel is generator.gumbel
    copied = copy.deepcopy(state)
    assert copied.randn is not state.randn
    assert copied.rand() == state.rand()
    assert copy.copy(state) is not state


def test_a_state_is_one_of_numpys():
    state = la.random.RandomState(7)
    assert isinstance(state, np.random.RandomState)
    want = np.random.RandomState(7)
    # The second of a pair of normals waits in the state, not in its bit generator.
    assert state.standard_normal() == want.standard_normal()
    again = copy.deepcopy(state)
    assert type(again) is la.random.RandomState
    assert again.standard_normal() == state.standard_normal() == want.standard_normal()
    np.testing.assert_array_equal(value(state.rand(3)), want.rand(3))
    np.testing.assert_array_equal(value(state.get_state()[1]), want.get_state()[1])
