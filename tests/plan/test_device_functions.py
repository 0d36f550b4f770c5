"""Library functions on a GPU are priced by the calls of CuPy's that they are made of there."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.ops.row import OPS
from lazyarr.plan.cost import seconds
from lazyarr.plan.device_functions import _RULES
from lazyarr.plan.families import taken
from tests.plan.test_families import CPU, known, library, line, places, x


def whole(*shape):
    return la.asarray(np.ones(shape, np.int64))


def at(ufunc, array, values):
    ufunc.at(array, places(values.size), values)
    return array


CASES = {
    "convolve": lambda n: la.convolve(x(4 * n), x(n)),
    "correlate": lambda n: la.correlate(whole(4 * n), whole(9)),
    "eig": lambda n: la.linalg.eigvals(x(n, 5, 5)),
    "histogram": lambda n: la.histogram(x(n), 50)[0],
    "histogram of weights": lambda n: la.histogram(x(n), 50, weights=x(n))[0],
    "edges": lambda n: la.histogram(x(n), 50)[1],
    "lexsort": lambda n: la.lexsort((x(n), whole(n), x(n))),
    "nanquantile": lambda n: la.nanquantile(x(n, 4), 0.3, axis=0),
    "percentile": lambda n: la.percentile(x(n), [3, 9]),
    "qr": lambda n: la.linalg.qr(x(n, 5, 5))[1],
    "repeat": lambda n: la.repeat(x(n), np.arange(n) % 3),
    "solve": lambda n: la.linalg.solve(x(n, 300, 300), x(n, 300, 1)),
    "svd": lambda n: la.linalg.svdvals(x(n, 40, 40)),
    "ufunc_accumulate": lambda n: la.maximum.accumulate(x(n)),
    "ufunc_at": lambda n: at(la.add, x(n), x(n // 3)),
    "ufunc_at of integers": lambda n: at(la.add, whole(n), whole(n // 3)),
    "ufunc_reduceat": lambda n: la.add.reduceat(x(n), np.arange(0, n, 5)),
}
LARGE = ("eig", "qr", "solve", "svd")


def gpu(**curves):
    return known("gpu", **curves)._replace(bandwidth=1e12)


@pytest.mark.parametrize("name", CASES)
def test_more_takes_longer(name):
    profile = gpu(sort=line(1e-9), scan=line(1e-9), product=line(1e-12))
    profile = profile._replace(bandwidth=1e10, launch=1e-6)
    sizes = (2, 20) if name in LARGE else (1000, 100_000)
    few, many = (library(CASES[name](n)) for n in sizes)
    assert few.parts
    assert many.parts
    transforms = profile._replace(
        functions=profile.functions | {"transform/f8": line(1e-9)}
    )
    short, long = (seconds(work, transforms) for work in (few, many))
    assert 0 < short < long
    scale = sizes[1] / sizes[0]
    assert seconds(few, transforms, scale) == pytest.approx(long, rel=0.7)
    # A CPU does them as its families say.
    cpu = transforms._replace(kind="cpu")
    plain = few._replace(parts=())
    assert seconds(few, cpu) == seconds(plain, cpu)


def test_every_rule_is_of_a_row():
    assert set(_RULES) <= set(OPS)


def test_long_filters_are_transforms():
    profile = gpu(transform=line(1e-9), product=line(1e-9))
    n = 1 << 16
    full = library(la.convolve(x(n), x(n)))
    # Of real numbers, which are half as much work, both ways.
    expected = 1.5 * 2 * n * 17 * 1e-9 + 3 * 16 * 2 * n / 1e12
    assert seconds(full, profile) == pytest.approx(expected, rel=0.01)
    short = library(la.convolve(x(n), x(3)))
    assert seconds(short, profile) > 0.4 * seconds(full, profile)
    integers = library(la.convolve(whole(n), whole(n // 2)))
    assert seconds(integers, profile) == pytest.approx(
        1.5 * n * n / 2 * 8e-12, rel=0.01
    )


def test_matrices_that_cupy_takes_one_by_one():
    alone = library(la.linalg.svdvals(x(40, 40)))
    profile = gpu(singular=line(1e-9), singulars=line(1e-12))
    assert not alone.parts
    stack = library(la.linalg.svdvals(x(50, 40, 40)))
    assert seconds(stack, profile) == pytest.approx(50 * seconds(alone, profile))
    assert seconds(stack, profile, 2.0) == pytest.approx(2 * seconds(stack, profile))
    # Small ones are done together, and so are those that are solved.
    assert not library(la.linalg.svdvals(x(50, 32, 32))).parts
    assert not library(la.linalg.solve(x(50, 256, 256), x(50, 256, 1))).parts


def test_many_small_matrices_are_done_at_once():
    alone, many = ((27.0, 1e-5), (1e6, 2e-5), (1e9, 1e-2)), ((27.0, 1e-9), (1e5, 1e-7))
    profile = gpu(product=alone, products=many)
    assert taken(profile, "products/f8", 27.0, 50) == pytest.approx(1e-5)
    assert taken(profile, "products/f8", 27.0, 1e6) == pytest.approx(1e-3)
    # Larger ones than were seen keep it busy, each as a part of one.
    assert taken(profile, "products/f8", 1e6, 1000) == pytest.approx(1e-2)
    cpu = profile._replace(kind="cpu")
    assert taken(cpu, "products/f8", 27.0, 50) == pytest.approx(1e-5 + 49e-9)


def test_places_of_repeats_are_looked_for():
    profile = gpu(sort=line(1e-9), gather=line(1e-10), scan=line(1e-9))
    n = 1 << 15
    work = library(la.repeat(x(n), np.arange(n) % 3))
    total = int((np.arange(n) % 3).sum())
    search, fetched = total * 15 * 1e-9, total * 1e-10
    passed = 2 * 16 * total / 1e12
    expected = n * 1e-9 + search + fetched + passed
    assert seconds(work, profile) == pytest.approx(expected, rel=0.01)


def test_nothing_is_known_of_a_gpu_that_nobody_measured():
    work = library(CASES["histogram"](1000))
    assert seconds(work, CPU._replace(kind="gpu", functions={})) >= 0
