"""Library functions are priced by the work of their family, not by their bytes."""

import numpy as np
import pytest

import lazyarr as la
from lazyarr.cli import measure_library
from lazyarr.ops.row import Kind, complete
from lazyarr.plan.cost import seconds
from lazyarr.plan.families import curve_of, rounds, taken
from lazyarr.plan.profile import DeviceProfile
from lazyarr.plan.work import work_of

CPU = DeviceProfile("a CPU", "cpu", 0, 1e15, 1e15, 0.0, measured=True)
PLURAL = {"sorts", "transforms", "searches"}
STACKED = {"products", "factors", "spectrums", "singulars"}


def known(kind="cpu", **curves):
    functions = {f"{family}/f8": curve for family, curve in curves.items()}
    return CPU._replace(kind=kind, functions=functions)


def line(rate):
    return ((1.0, rate), (1e12, rate * 1e12))


def test_a_curve_that_ends_early_goes_on_as_that_of_doubles():
    short = ((1.0, 1.0), (10.0, 4.0))
    doubles = ((1.0, 2.0), (10.0, 8.0), (100.0, 240.0))
    functions = {"sorts/f8": doubles, "sorts/f4": short}
    profile = CPU._replace(functions=functions)
    assert curve_of(profile, "sorts/f4") == (*short, (100.0, 120.0))
    assert curve_of(profile, "sorts/f8") == doubles
    assert taken(profile, "sorts/f4", 100.0, 1.0) == pytest.approx(120.0)


def test_an_operand_with_one_column_is_stretched_wherever_it_lies():
    wide, narrow = np.ones((300, 1000)), np.ones((300, 1))
    known = la.asarray(wide) - la.asarray(narrow)
    made = la.asarray(wide) - la.asarray(narrow[:, 0])[:, None]
    works = []
    for lazy in (known, made):
        plan = la.explain(lazy, device="cpu").plan
        (stage,) = [s for s in plan.stages if s.kind == "map"]
        works.append(work_of(stage, plan.values))
    assert works[0].rows == works[1].rows == 300


def library(made):
    """Return the work of the first library stage."""
    plan = la.explain(made, device="cpu").plan
    stage = next(s for s in plan.stages if s.kind == "library")
    return work_of(stage, plan.values)


def x(*shape):
    return la.asarray(np.ones(shape))


def places(count):
    return la.asarray(np.zeros(count, np.int64))


def written(size, count):
    y = x(size)
    y[places(count)] = x(count)
    return y


def written_where(side, rows, columns):
    y = x(side, side)
    y[rows, columns] = x()
    return y


def added(size, count):
    y = x(size)
    la.add.at(y, places(count), 1.0)
    return y


CASES = {
    "few in a table": (lambda: la.searchsorted(x(1024), x(8)), "searches", 8 * 10),
    "a function at many points": (
        lambda: la.interp(x(4096), x(64), x(64)),
        "searches",
        4096 * 6,
    ),
    "a function of many points": (
        lambda: la.interp(x(64), x(4096), x(4096)),
        "search",
        64 * 12,
    ),
    "places in order": (lambda: la.argsort(x(4096)), "argsort", 4096 * 12),
    "places in lines": (lambda: la.argsort(x(16, 256)), "argsort", 4096 * 8),
    "several keys": (lambda: la.lexsort((x(256), x(256))), "argsort", 2 * 256 * 8),
    "one among others": (lambda: la.isin(x(192), x(64)), "argsort", 256 * 8),
    "a whole number among others": (
        lambda: la.isin(places(192), places(64)),
        "sort",
        256 * 8,
    ),
    "a median": (lambda: la.median(x(16, 256), axis=1), "select", 4096),
    "a quantile": (lambda: la.nanquantile(x(4096), 0.3), "select", 4096),
    "the first in order": (lambda: la.partition(x(4096), 10), "scan", 4096),
    "a running maximum": (lambda: la.maximum.accumulate(x(4096)), "scan", 4096),
    "an assignment": (lambda: written(4096, 300), "scatter", 300),
    "an addition": (lambda: added(4096, 300), "scatter", 300),
    "elements by two indices": (
        lambda: x(64, 64)[places(10)[:, None], places(30)],
        "scatter",
        300,
    ),
    "repeated": (lambda: la.repeat(x(300), places(300) + 1), "scatter", 300),
    "counted": (lambda: la.histogram(x(4096), 10)[0], "scatter", 4096),
    "counted between edges": (
        lambda: la.histogram(x(4096), np.arange(9.0))[0],
        "scatter",
        4096,
    ),
    "a trace": (lambda: la.einsum("ii->", x(64, 64)), "sums", 64),
    "sums of whatever axes": (lambda: la.einsum("...j->...", x(8, 16)), "sums", 128),
    "every pair": (lambda: la.einsum("i,j->ij", x(64), x(64)), "sums", 4096),
    "filtered": (lambda: la.convolve(x(4096), x(100), "same"), "vector", 409_600),
    "a product": (lambda: x(30, 40) @ x(40, 50), "product", 60_000),
    "sums": (lambda: la.einsum("ij,jk->ik", x(30, 40), x(40, 50)), "sums", 60_000),
    "sums of lines": (
        lambda: la.einsum("ij,ij->i", x(30, 40), x(30, 40)),
        "sums",
        1200,
    ),
    "the cheapest way": (
        lambda: la.einsum("ij,jk->ik", x(30, 40), x(40, 50), optimize=True),
        "product",
        60_000,
    ),
    "axes that go on": (
        lambda: la.einsum("...j,jk->...k", x(30, 40), x(40, 50)),
        "sums",
        60_000,
    ),
    "inner products": (lambda: la.vecdot(x(30, 40), x(30, 40)), "sums", 1200),
    "one matrix": (lambda: la.linalg.det(x(20, 20)), "factor", 8000),
    "equations": (lambda: la.linalg.solve(x(20, 20), x(20)), "factor", 8_400),
    "many right sides": (
        lambda: la.linalg.solve(x(4, 4), x(4, 1000)),
        "factor",
        16 * 1004,
    ),
    "few of many": (lambda: x(4096)[places(10)], "gather", 10),
    "rows of many": (lambda: la.take(x(64, 64), places(3), axis=0), "gather", 192),
    "few along an axis": (
        lambda: la.take_along_axis(x(64, 64), places(64)[None, :], 0),
        "gather",
        64,
    ),
    "one number where indices meet": (
        lambda: written_where(64, places(10)[:, None], places(30)),
        "scatter",
        300,
    ),
    "one among few": (lambda: la.isin(x(4096), x(3)), "sums", 3 * 4096),
    "a filter of its own length": (
        lambda: la.convolve(x(4096), x(4096), "valid"),
        "vector",
        4096,
    ),
    "every pair by axes": (
        lambda: la.tensordot(x(64), x(64), axes=0),
        "vector",
        4096,
    ),
    "axes that are named": (
        lambda: la.tensordot(x(6, 7, 8), x(7, 9, 8), axes=([1, 2], [0, 2])),
        "product",
        6 * 56 * 9,
    ),
    "inner products of every pair": (
        lambda: la.vecdot(x(30, 1, 40), x(50, 40)),
        "sums",
        60_000,
    ),
    "pairs of axes that are stretched": (
        lambda: la.einsum("...ij,...jk", x(5, 1, 3, 4), x(6, 4, 7)),
        "sums",
        30 * 84,
    ),
    "three matrices, two at a time": (
        lambda: la.einsum("ij,jk,kl", x(9, 20), x(20, 30), x(30, 9), optimize=True),
        "product",
        20 * 30 * 9 + 9 * 20 * 9,
    ),
    "a line that is filled up": (lambda: la.fft.fft(x(10), 1024), "transform", 10_240),
    "a line that is cut": (lambda: la.fft.rfft(x(4099), 16), "transform", 64),
    "to real numbers": (
        lambda: la.fft.irfft(x(1025), 2048),
        "transform",
        11 * 2048,
    ),
    "axes that are cut": (
        lambda: la.fft.fftn(x(99, 99), (16, 8), axes=(0, 1)),
        "transforms",
        128 * 7,
    ),
    "no symmetry": (lambda: la.linalg.eigvals(x(20, 20)), "singular", 8000),
}


@pytest.mark.parametrize("name", CASES)
def test_the_family_and_its_amount(name):
    make, family, amount = CASES[name]
    work = library(make())
    assert work.family.partition("/")[0] == family
    assert (work.amount, work.matrices) == (pytest.approx(amount), 1)
    assert seconds(work, known(**{family: line(1e-6)})) == pytest.approx(
        amount * 1e-6, rel=0.01
    )


BATCHES = {
    "products": (lambda n: x(n, 4, 5) @ x(n, 5, 6), 120),
    "stretched": (lambda n: x(n, 4, 5) @ x(5, 6), 120),
    "det": (lambda n: la.linalg.det(x(n, 4, 4)), 64),
    "inv": (lambda n: la.linalg.inv(x(n, 4, 4)), 128),
    "eigvalsh": (lambda n: la.linalg.eigvalsh(x(n, 4, 4)), 64),
    "svdvals": (lambda n: la.linalg.svdvals(x(n, 4, 4)), 64),
}


@pytest.mark.parametrize("name", BATCHES)
def test_many_matrices_take_what_each_of_them_does(name):
    make, amount = BATCHES[name]
    ten, hundred, large = (library(make(n)) for n in (10, 100, 1000))
    family = ten.family.partition("/")[0]
    assert family in STACKED
    assert [w.matrices for w in (ten, hundred, large)] == [10, 100, 1000]
    assert ten.amount == large.amount == amount
    # One alone takes a millisecond, for the call, and each further one a microsecond.
    each = {family[:-1]: ((1.0, 1e-3), (1e9, 1.0)), family: line(1e-6 / amount)}
    profile = known(**each)
    found = [seconds(w, profile) for w in (ten, hundred, large)]
    expected = [1e-3 + (n - 1) * 1e-6 for n in (10, 100, 1000)]
    assert found == pytest.approx(expected, rel=0.01)
    # Larger arrays are more matrices.
    assert seconds(ten, profile, 10.0) == pytest.approx(found[1])
    assert seconds(ten, profile, 0.01) == pytest.approx(1e-3, rel=0.01)


def test_matrices_are_as_many_as_the_result_has():
    solved = library(la.linalg.solve(x(4, 4), x(50, 4, 3)))
    assert (solved.matrices, solved.amount) == (50, 16 * 7)
    solved = library(la.linalg.solve(x(50, 4, 4), x(4)))
    assert (solved.matrices, solved.amount) == (50, 16 * 5)


def test_places_read_no_more_than_they_give():
    few = library(x(4096)[places(10)])
    assert few.bytes_read == few.moved - few.bytes_written == 2 * 80
    everything = library(x(10)[places(4096)])
    assert everything.bytes_read == 80 + 8 * 4096


def test_one_among_many_matrices_never_takes_longer_than_alone():
    profile = known(factor=line(1e-9), factors=line(1e-6))
    assert taken(profile, "factors/f8", 1e6, 50) == pytest.approx(50 * 1e-3)


def test_many_matrices_of_a_profile_that_does_not_know_them():
    """A CPU does one after the other, a GPU all at once."""
    curve = ((1000.0, 1e-5), (1e6, 1e-3), (1e9, 1.0))
    work = library(la.linalg.det(x(1000, 3, 3)))
    alone = library(la.linalg.det(x(3, 3)))
    cpu, gpu = known(factor=curve), known("gpu", factor=curve)
    assert seconds(alone, cpu) == seconds(alone, gpu) == 1e-5
    assert seconds(work, cpu) == pytest.approx(999 * 27e-8, rel=0.05)
    assert seconds(work, gpu) == pytest.approx(27e-6, rel=0.5)


@pytest.mark.parametrize(
    ("make", "there"),
    [
        (lambda: la.interp(x(64), x(4096), x(4096)), "sort"),
        (lambda: la.searchsorted(x(4096), x(64)), "sort"),
        (lambda: la.searchsorted(x(4096), x(64)), "search"),
        (lambda: la.argsort(x(64)), "sort"),
        (lambda: la.median(x(64)), "scan"),
        (lambda: written(4096, 300), "scan"),
        (lambda: la.vecdot(x(8, 8), x(8, 8)), "product"),
        (lambda: la.linalg.eigvalsh(x(8, 8)), "product"),
    ],
)
def test_profiles_without_a_family_say_what_is_like_it(make, there):
    work = library(make())
    expected = work.amount * 1e-3
    assert seconds(work, known(**{there: line(1e-3)})) == pytest.approx(expected)
    gpu = known("gpu", **{there: line(1e-3)})
    assert seconds(work, gpu) == pytest.approx(expected)


def test_a_larger_table_takes_longer():
    profile = known(search=line(1e-8), searches=line(1e-8))
    for make in (la.interp, lambda v, t, _: la.searchsorted(t, v)):
        tables = [x(n) for n in (16, 1024, 1 << 16)]
        times = [seconds(library(make(x(4096), t, t)), profile) for t in tables]
        assert times[0] < times[1] < times[2]


def test_a_line_whose_length_has_a_large_factor_is_transformed_three_times():
    profile = known(transform=line(1e-9))
    usual, prime = (library(la.fft.fft(x(n))) for n in (1 << 14, 16_381))
    assert seconds(usual, profile) == pytest.approx(14 * (1 << 14) * 1e-9, rel=0.01)
    assert 5 < seconds(prime, profile) / seconds(usual, profile) < 8
    assert rounds(1) == rounds(0) == 1.0
    assert [rounds(n) for n in (2**5, 3**4, 7 * 11)] == [5, 6, 9]
    lines = library(la.fft.fft(x(8, 16_381)))
    assert lines.family == "transforms/f8"
    assert lines.amount == pytest.approx(8 * prime.amount)


def test_whole_numbers_have_no_blas():
    old = known(product=line(1e-12))._replace(rates={"cheap/i8": 1e9})
    ones = la.asarray(np.ones((30, 30), np.int32))
    work = library(ones @ ones)
    assert seconds(work, old) == pytest.approx(27_000 * 1e-9)
    assert seconds(work, old._replace(kind="gpu")) < 1e-7
    measured = {**old.functions, "product/i8": line(3e-9)}
    new = old._replace(functions=measured)
    assert seconds(work, new) == pytest.approx(27_000 * 3e-9, rel=0.01)


def test_half_numbers_have_no_blas():
    cpu = known(product=line(1e-12))._replace(rates={"cheap/f8": 1e9})
    ones = la.asarray(np.ones((30, 30), np.float16))
    for made, count in ((ones @ ones, 27_000), (ones @ ones[0], 900)):
        assert seconds(library(made), cpu) == pytest.approx(count * 16e-9)
        assert seconds(library(made), cpu._replace(kind="gpu")) < 1e-7


def test_short_arrays_take_less_than_the_shortest_that_was_measured():
    long = ((1e5, 1e-3), (1e7, 1e-1))
    profile = known(sort=long, factor=long)._replace(call=1e-6)
    times = [taken(profile, "sort/f8", amount, 1) for amount in (1, 1e4, 1e5)]
    assert times == pytest.approx([1e-5, 1e-4, 1e-3])
    # What a call takes at least: small matrices are measured, and a GPU waits for it.
    assert taken(profile, "factor/f8", 1, 1) == 1e-3
    gpu = profile._replace(kind="gpu")
    assert taken(gpu, "sort/f8", 1, 1) == 1e-3


def test_complex_numbers_take_what_their_family_does_with_them():
    profile = known(product=line(1e-6), transform=line(1e-6), sort=line(1e-6))
    for family, times in (("product", 4), ("transform", 1), ("sort", 2)):
        (_, (amount, took)) = curve_of(profile, f"{family}/c16")
        assert took / amount == pytest.approx(times * 1e-6)


def test_every_family_is_measured_or_like_one_that_is():
    named = {op.pace for op in complete().values() if op.kind is Kind.LIBRARY}
    everything = [
        *(made[0] for made in measure_library.executed(("f8",), (64,), la.asarray)),
        *(made[0] for made in measure_library.irregular(64, la.asarray)),
        *(made[0] for made in measure_library.products(np, "f8", (8,))),
        *(made[0] for made in measure_library.multiplied(la.asarray, 2048)),
        *(made[0] for made in measure_library.stacks(np, "f8", 2048)),
        "factor",
        "spectrum",
        "singular",
    ]
    assert named | PLURAL | STACKED == set(everything)


def test_what_is_measured_is_what_is_priced():
    """Amounts of calibration are those that the rules count."""
    for size in (1 << 10, 1 << 12):
        for family, made, amount in measure_library.irregular(size, la.asarray):
            work = library(made)
            assert work.family == f"{family}/f8"
            assert work.amount == pytest.approx(amount)
    for family, made, amount, count in measure_library.multiplied(la.asarray, 1 << 12):
        work = library(made)
        assert (work.family, work.amount) == (f"{family}/f8", amount)
        assert work.matrices == count
    few = {}
    for family, call, amount, count in measure_library.stacks(np, "f8", 1 << 11):
        call()
        few.setdefault(family, []).append((amount, count))
    assert {len(points) for points in few.values()} == {2}
    assert few["factors"][0] == (2 * 27.0, (1 << 11) // 9)


def test_more_than_was_measured_takes_longer_in_proportion_at_most():
    # A cache ended between the last two points, and none does behind them.
    risen, straight = ((1.0, 1.0), (2.0, 2.0), (4.0, 12.0)), ((1.0, 2.0), (2.0, 3.0))
    cpu = DeviceProfile(
        *("cpu", "cpu", 0, 1e9, 1e9, 0.0),
        functions={"transform/f8": risen, "scan/f8": straight},
    )
    assert taken(cpu, "transform/f8", 8.0, 1.0) == pytest.approx(24.0)
    assert taken(cpu, "scan/f8", 4.0, 1.0) == pytest.approx(5.0)
