"""Every program of the corpus gives with lazyarr what it gives with NumPy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import assert_same_bits
from tests.cases import every
from tests.corpus.registry import given, load

CORPUS = load()
OPTIONS = {
    "default": {},
    "compiled": {"small_path": False},
    "unfused": {"small_path": False, "fusion": False},
    "no rules": {"small_path": False, "rules": False},
    "tiles": {"small_path": False, "tile_elements": 16},
}


def read(value):
    """Return a result with every lazy array in it computed."""
    if isinstance(value, la.Array):
        return value.compute()
    if isinstance(value, (list, tuple)):
        return type(value)(read(item) for item in value)
    return value


def assert_alike(found, wanted, rtol):
    """Compare nested results: kinds, dtypes, shapes, and values up to a tolerance."""
    if isinstance(wanted, (list, tuple)):
        assert isinstance(found, (list, tuple)), (found, wanted)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_alike(one, other, rtol)
        return
    if isinstance(wanted, (np.ndarray, np.generic)):
        x, y = np.asarray(found), np.asarray(wanted)
        assert (x.dtype, x.shape) == (y.dtype, y.shape), (found, wanted)
        if rtol and y.dtype.kind in "fc":
            np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)
        else:
            assert_same_bits(x, y)
        return
    if rtol and type(wanted) is float:
        assert found == pytest.approx(wanted, rel=rtol)
        return
    # A comparison of NumPy's scalars is np.True_, one of Python's numbers True.
    assert found == wanted or (found != found and wanted != wanted), (found, wanted)


def outcome(program, module, size):
    """Return what a program gives and what it leaves in its inputs."""
    inputs = given(module, program.arguments(size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = program.run(module, *inputs)
        return read(result), [read(x) for x in inputs if hasattr(x, "dtype")]


@pytest.mark.parametrize("program", CORPUS.values(), ids=CORPUS)
def test_a_program_gives_what_numpy_gives(program):
    wanted = {size: outcome(program, np, size) for size in program.sizes}

    def check(name):
        for size in program.sizes if name == "default" else program.sizes[:1]:
            with la.config(**OPTIONS[name]):
                found = outcome(program, la, size)
            assert_alike(found, wanted[size], program.rtol)

    every(check, OPTIONS)


@pytest.mark.gpu
@pytest.mark.parametrize("program", CORPUS.values(), ids=CORPUS)
def test_a_program_on_a_gpu(program):
    wanted = outcome(program, np, program.sizes[0])
    with la.config(device="gpu", small_path=False):
        found = outcome(program, la, program.sizes[0])
    # Transcendental functions differ by an ulp or two, which steps in time amplify.
    assert_alike(found, wanted, max(program.rtol, 1e-8))


@pytest.mark.gpu
@pytest.mark.parametrize("program", CORPUS.values(), ids=CORPUS)
def test_a_program_some_of_whose_arrays_are_on_a_gpu(program):
    wanted = outcome(program, np, program.sizes[1])
    with la.config(device="auto", small_path=False, crossover=64):
        found = outcome(program, la, program.sizes[1])
    assert_alike(found, wanted, max(program.rtol, 1e-8))


def test_the_corpus_is_large():
    assert len(CORPUS) >= 40
    assert sum(program.loops for program in CORPUS.values()) >= 10
