"""Short programs that random ones were shrunk to: each once differed from NumPy."""

from __future__ import annotations

import copy
import operator
import pickle
import threading

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import assert_matches_numpy

OPTIONS = [{}, {"small_bytes": 0}]
PROGRAMS = []


def case(program):
    """Add a program to those that are run beside NumPy."""
    PROGRAMS.append(program)
    return program


@case
def a_part_without_elements_of_an_added_axis(xp):
    x = xp.asarray(np.arange(3)[::-1])
    row, element = x[None, 1:], x[-3, None]
    row[2:] += 1
    element[:-1] += element
    return x


@case
def sizes_along_axes(xp):
    x = xp.ones((2, 3, 4))
    return xp.size(x), xp.size(x, axis=1), xp.size(x, (0, -1)), xp.size([1, 2], 0)


@case
def views_of_halves_of_floats(xp):
    x = xp.asarray(np.arange(6.0))
    seen = (x + 1).view("u4")
    return seen, seen.view("f8"), seen[::2].sum()


@case
def a_number_that_does_not_fit_is_refused(xp):
    return xp.array(-1, dtype="u1")


@case
def a_number_that_does_not_fit_is_not_inserted(xp):
    return xp.insert(xp.zeros(3, "u2"), 1, 70_000)


@case
def no_number_becomes_an_integer(xp):
    return xp.asarray(np.nan, dtype="i4")


@case
def a_huge_number_becomes_a_float(xp):
    return xp.asarray(2**70, dtype="f8")


@case
def dot_casts_nothing_into_out(xp):
    return xp.dot(xp.ones((2, 2)), xp.ones((2, 2)), out=xp.zeros((2, 2), "f4"))


@case
def dot_stretches_nothing_into_out(xp):
    return xp.dot(xp.ones(3), xp.ones(3), out=xp.zeros(3))


@case
def dot_into_out(xp):
    out = xp.zeros((2, 2))
    xp.dot(xp.ones((2, 3)), xp.ones((3, 2)), out=out)
    return out


@case
def a_line_is_no_matrix_to_multiply_by_in_place(xp):
    x = xp.ones((2, 2))
    x @= xp.ones(2)
    return x


@case
def ufuncs_with_two_results_take_arrays_by_their_places(xp):
    x, first, second = xp.array([1.5, -7.25]), xp.zeros(2), xp.zeros(2)
    xp.modf(x, first, second)
    quotients, exponents = xp.zeros(2), xp.zeros(2, "i4")
    xp.divmod(x, 2, quotients)
    xp.frexp(x, None, exponents)
    return first, second, quotients, exponents


@case
def running_folds_are_cast_into_out(xp):
    out = xp.zeros(3, "?")
    xp.maximum.accumulate(xp.array([0, 2, 1], dtype="i1"), out=out)
    return out


@case
def folds_are_computed_in_the_dtype_asked_for(xp):
    x = xp.array([1.5, 2.5, 0.5])
    return (
        xp.maximum.accumulate(x, dtype="f4"),
        xp.subtract.reduce(x, dtype="i8"),
        xp.subtract.reduceat(x, [0, 1], dtype="f4"),
    )


@case
def a_mean_of_halves_is_not_rounded_into_out(xp):
    out = xp.zeros(1)
    xp.mean(xp.array([[1.1, 300, -1]], dtype="f2"), axis=1, out=out)
    return out


@case
def a_scalar_is_put_as_it_casts(xp):
    x = xp.ones(3, "c8")
    xp.putmask(x, x.real > 0, xp.array([1, 2]).sum())
    return x


@case
def choices_are_cast_into_out(xp):
    out = xp.zeros(2, "i8")
    xp.choose(xp.array([0, 1]), [xp.array([1, 2]), 3.7], out=out)
    return out


@case
def an_array_of_no_axes_is_taken_from(xp):
    x = xp.array(5)
    return xp.take(x, [0, -1], axis=0), xp.argpartition(x, 0, axis=0)


@case
def an_array_of_no_axes_is_changed_where_a_mask_says(xp):
    x = xp.array(5)
    xp.add.at(x, x > 0, 1)
    return x


@case
def a_line_with_gaps_is_copied_to_have_none(xp):
    x = xp.asarray(np.arange(20.0)[::2])
    dense = xp.ascontiguousarray(x)
    dense[0] = 9
    return x, dense, dense.flags.c_contiguous


@case
def new_arrays_lie_in_fortrans_order_like_their_operand(xp):
    x = xp.zeros((50, 200), order="F")
    doubled, shown = x * 2, x[...] + 1
    for k in range(12):
        x[:, k] = k
    later = xp.sqrt(x)
    line = later.ravel(order="K")
    line[1] = 77
    return later, [a.flags.f_contiguous for a in (x, doubled, shown, later)]


@case
def an_array_of_no_axes_stays_one_when_it_is_copied(xp):
    x = xp.array(2.5)
    made = copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))
    for one in made:
        one[...] = 3
    return *made, x


@case
def what_was_computed_from_other_values_is_pickled(xp):
    x = xp.arange(5_000.0) * 2
    large = xp.where(x > 3, x, 0.5)
    return pickle.loads(pickle.dumps(large[None, ::-1]))


@case
def a_wrapped_array_with_gaps_meets_itself(xp):
    x = xp.asarray(np.arange(200, dtype="f4").reshape(1, 2, 100)[..., ::-1])
    x.T.flat[[2, 6]] = -1
    return xp.kron(x, x)


@case
def bytes_of_the_users_broadcast(xp):
    x = xp.asarray(np.frombuffer(bytes(range(200)), "u1"))
    return x[:, None] + x[:150]


@case
def coordinates_lie_without_gaps(xp):
    x, y = xp.meshgrid(xp.arange(3.0), xp.arange(4.0))
    for part in (x, y):
        line = part.ravel()
        line[1] = 99
    return x, y


@case
def an_inner_product_is_a_scalar(xp):
    x = made = xp.inner(xp.arange(5), xp.arange(5))
    x ^= xp.array([[1]])
    return x, made


@case
def a_copy_of_a_scalar_is_an_array(xp):
    copies = [xp.copy(xp.arange(3.0)[1]), xp.copy(xp.arange(3.0).sum())]
    shown = [one[...] for one in copies]
    for one in copies:
        one *= 2
    return shown


@case
def the_sides_of_a_diagonal_are_equal(xp):
    return xp.einsum("ii->i", xp.ones((3, 1)))


@case
def a_line_written_backwards_has_no_gaps(xp):
    x = xp.hstack([xp.arange(7.0), xp.spacing(xp.arange(1.0, 8.0))])
    x[:] = x[::-1]
    line = x.ravel()
    line[0] = 9
    square = x.reshape(2, 7)
    square[1] += 1
    return x, x.flags.c_contiguous


@case
def a_line_of_one_value_has_no_gaps(xp):
    x = xp.hstack([xp.arange(7.0), xp.spacing(xp.arange(1.0, 8.0))])
    x[:] = x[0]
    x.ravel()[0] = 9
    return x


@case
def a_wrapped_line_is_written_while_it_is_gone_through(xp):
    x = xp.asarray(np.arange(6.0))
    for k, value in enumerate(x):
        x[-1 - k] = value
    return x


@case
def a_line_becomes_an_expression_while_it_is_gone_through(xp):
    x, long = xp.asarray(np.arange(6.0)), xp.ones(70_000)
    for value in x:
        x[...] = x + long[:6] * value
    return x


@case
def places_are_cast_into_out(xp):
    return xp.argmin(xp.array([[3, 1]]), axis=1, out=xp.zeros(1, "u4"))


@pytest.mark.parametrize("options", OPTIONS, ids=["small", "all"])
def test_what_is_written_by_its_place_is_nobody_elses(options):
    given = np.zeros(2)
    with la.config(**options):
        x, y = la.asarray(given), copy.copy(la.zeros_like(la.arange(2.0)))
        squares = la.square(x), la.square(y)
        la.modf(la.asarray([1.5, 2.5]), x, y)
        assert [one.tolist() for one in squares] == [[0, 0], [0, 0]]
        assert x.tolist() == [0.5, 0.5]
        assert y.tolist() == [1, 2]
    assert given.tolist() == [0, 0]


@case
def turned_arrays_of_one_value_stay_turned(xp):
    x = xp.zeros((900, 30)).T
    joined = xp.column_stack([x, x])
    joined += 2
    line = joined.reshape(-1, order="F")
    joined[joined > 0] *= -1
    return line, (x + 1).flags.f_contiguous, (x[2:] * 2).flags.f_contiguous


@case
def what_is_made_of_a_copy_lies_as_the_copy(xp):
    x = xp.asarray(np.arange(30.0).reshape(5, 6).T)
    copies = xp.ascontiguousarray(x), xp.copy(x, "F"), x.copy(), x.copy("C")
    return [(xp.sqrt(one) + 1).flags.c_contiguous for one in copies], copies


@case
def a_stretched_part_is_not_written(xp):
    x = xp.broadcast_to(xp.array([1, 2j]).real, (2, 2))
    x[...] = x
    return x


@case
def nothing_makes_no_warning(xp):
    x = xp.zeros(0, "f2") * 3
    x //= x
    return x, 1 / xp.zeros((0, 3)), xp.log(xp.zeros(0))


@case
def a_wrapped_line_keeps_its_gaps(xp):
    x = xp.asarray(np.arange(20.0)[::2])
    x += 1
    line = x.ravel()
    line[0] = 9
    return x, line


@case
def what_is_pending_is_locked_and_gets_another_shape(xp):
    x, y = xp.ones((20, 60, 60)) * 2, xp.ones((30, 2400)) * 2
    for part in (x, y):
        part += part
        part[1] = 0
    x.setflags(write=False)
    y.shape = (72_000,)
    y[:300] += 1
    return x, y, x.flags.writeable


@case
def nothing_is_repeated_as_zeros(xp):
    return xp.resize(xp.zeros((0, 3)), (2, 7))


@pytest.mark.parametrize("options", OPTIONS, ids=["small", "all"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_it_gives_what_numpy_gives(program, options):
    with la.config(**options):
        assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("exponent", [2, 0.5, -1, 3, 1.5, np.float64(3)])
def test_powers_of_elements_are_those_of_numpys_scalars(dtype, exponent):
    values = (np.random.default_rng(3).random(300) * 10).astype(dtype)
    x = la.asarray(values)
    for theirs, ours in zip(values, x, strict=True):
        for function in (operator.pow, operator.ipow):
            result = function(ours, exponent).compute()
            assert result.tobytes() == function(theirs, exponent).tobytes()
        base = abs(float(exponent))  # NumPy's own scalars ask for the ufunc
        assert (base**ours).compute().tobytes() == (base**theirs).tobytes()


def test_threads_take_views_of_one_wrapped_array():
    def work(row):
        barrier.wait()
        rows[row] = x[row]

    for _ in range(150):
        x, rows = la.asarray(np.zeros((4, 5))), {}
        barrier = threading.Barrier(4)
        workers = [threading.Thread(target=work, args=(row,)) for row in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for row in range(4):
            rows[row][...] = row
        assert x.tolist() == [[row] * 5 for row in range(4)]


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.int8, np.bool_])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "lt", "eq", "pow"])
@pytest.mark.parametrize("key", [1, slice(0, 2)])
def test_scalars_of_numpys_meet_known_values_from_the_left(kind, name, key):
    function = getattr(operator, name)
    for dtype in ("f8", "f4", "i8"):
        held = np.asarray([1, 2, 3], dtype)
        x = la.asarray(held) * la.ones((), dtype)
        wanted = np.asarray(function(kind(1), held[key]))
        found = function(kind(1), x[key])
        assert isinstance(found, la.Array)
        assert found.dtype == wanted.dtype
        assert np.asarray(found).tobytes() == wanted.tobytes()
        assert float(np.sum(np.asarray(x))) == 6


@case
def rows_are_given_as_they_are_when_their_turn_comes(xp):
    x = xp.asarray(np.arange(12.0).reshape(4, 3)) * 1
    seen = []
    for k, row in enumerate(x):
        seen.append(row * 1)
        if k == 1:
            x[2] = -1
            row += 10
        if k == 2:
            x.shape = (3, 4)
    return [*seen, x]


@case
def rows_are_views(xp):
    x = xp.asarray(np.arange(12.0).reshape(4, 3)) * 1
    for row in x:
        row[1:] = row[:-1] + 1
    return x


@case
def a_cross_product_of_parts_of_what_is_there(xp):
    whole = xp.broadcast_arrays(xp.linspace(1, 12, 12), -1)[0]
    return xp.cross(whole[:3], whole[2:5])


@case
def truth_is_folded_from_a_value_on(xp):
    x = xp.asarray(np.arange(6.0).reshape(2, 3))[:, ::-1] * xp.ones(3)
    return (
        xp.logical_or.reduce(x * 0, axis=0, initial=True),
        xp.logical_and.reduce(x > -1, axis=None, initial=False),
        xp.logical_and.reduce(x, where=x > 0, initial=False),
    )


@case
def numbers_to_choose_from_are_weak(xp):
    return xp.choose([0, 1, 0], [xp.ones(3, "f2") * 1, 1])


@case
def a_result_that_does_not_fit_leaves_the_other_place_alone(xp):
    x = xp.arange(3.0) + 0.5
    with pytest.raises(TypeError):
        xp.modf(x, x, xp.zeros(3, "i4"))
    with pytest.raises(ValueError, match="broadcast"):
        xp.divmod(x, 2, out=(x, xp.zeros(2)))
    return x


@case
def a_matrix_product_is_not_stretched_into_out(xp):
    return xp.matmul(xp.ones((1, 4)), xp.ones(4), out=xp.zeros(4))


@case
def a_matrix_does_not_become_a_product_of_other_sides(xp):
    x = xp.ones((1, 3))
    x @= xp.ones((3, 1))
    return x


@case
def products_of_matrices_are_stretched_along_a_stack(xp):
    out = xp.zeros((3, 1, 2))
    xp.matmul(xp.ones((1, 4)), xp.ones((4, 2)), out=out)
    return out, xp.matvec(xp.ones((2, 3)), xp.ones(3), out=xp.zeros((4, 2)))


@case
def sums_where_a_mask_is_wider_are_refused(xp):
    return xp.sum(xp.ones((3, 1)) * 1, where=xp.asarray([True, False, True]))


@case
def largest_elements_where_a_mask_is_wider_are_refused(xp):
    mask = xp.asarray([[True, False, True]])
    return xp.max(xp.ones(3), where=mask, initial=0)


@case
def running_sums_are_not_stretched_into_out(xp):
    return xp.cumsum(xp.ones(3), out=xp.zeros((2, 3)))


@case
def values_that_indices_do_not_take_are_refused(xp):
    x = xp.zeros((3, 1))
    xp.add.at(x, [0, 1, 2], xp.arange(3))
    return x


@case
def integers_that_are_locked_have_no_nan(xp):
    x = xp.asarray([1, 2])
    x.flags.writeable = False
    return xp.nan_to_num(x, copy=False)


@case
def new_arrays_of_gaps_have_none(xp):
    x = xp.asarray(np.arange(24).reshape(2, 12)[:, ::2])
    turned = xp.asarray(np.arange(24.0).reshape(2, 12).T)
    made = x.round(1), turned == None, xp.asarray(x * 1, order="F") + 1  # noqa: E711
    for one in made:
        one.ravel()[0] = 7
    return made


@pytest.mark.parametrize("options", OPTIONS, ids=["small", "all"])
def test_numpys_arrays_take_results(options):
    with la.config(**options):
        x, out = la.arange(4.0) - 1.5, np.zeros(4)
        assert la.add(x, 1, out=out, where=x > 0) is out
        assert out.tolist() == [0, 0, 1.5, 2.5]
        assert la.round(x * 1.1, out=out) is out
        assert out.tolist() == [-2, -1, 1, 2]
