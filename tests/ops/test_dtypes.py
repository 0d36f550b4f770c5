import itertools
import pickle

import numpy as np
import pytest

from lazyarr import ops
from lazyarr.errors import DTypeError
from tests.ops.edges import DTYPES, maps
from tests.ops.expected_table import EXPECTED, result_name

ROWS = [op for op in maps(ops.OPS) if op.name != "astype"]
UFUNCS = [
    op for op in ROWS if isinstance(ops.OPS[op.name].function or op.numpy, np.ufunc)
]
WEAK = {int: 1, float: 1.0, complex: 1j}


def names(rows):
    return [op.name for op in rows]


def operands_of(op, dtype):
    given = (dtype,) * op.nin
    return (np.dtype(bool), *given[1:]) if op.name == "where" else given


def resolved(op, operands):
    """Return the dtype of the result, or None where the op refuses the operands."""
    try:
        return op.resolve(operands)[-1]
    except TypeError:
        return None


def computed(op, operands):
    """Return the dtype that NumPy gives, by computing on ones."""
    values = [np.ones(2, o) if isinstance(o, np.dtype) else WEAK[o] for o in operands]
    function = op.function if op.function is not None else op.numpy
    try:
        return function(*values).dtype
    except TypeError:
        return None


def test_the_second_table_has_every_row():
    assert sorted(EXPECTED) == sorted(names(ROWS))


@pytest.mark.parametrize("op", ROWS, ids=names(ROWS))
def test_row_agrees_with_the_second_table(op):
    expected = EXPECTED[op.name]
    assert op.nin == expected.operands
    for dtype in DTYPES:
        got = resolved(op, operands_of(op, dtype))
        if dtype.kind not in expected.kinds:
            assert got is None, dtype
        else:
            assert got is not None, dtype
            assert got.name == result_name(dtype, expected.result), dtype


@pytest.mark.parametrize("op", ROWS, ids=names(ROWS))
def test_one_dtype_gives_what_numpy_gives(op):
    for dtype in DTYPES:
        operands = operands_of(op, dtype)
        with np.errstate(all="ignore"):
            assert resolved(op, operands) == computed(op, operands), dtype


@pytest.mark.parametrize("op", [op for op in ROWS if op.nin == 2])
def test_mixed_dtypes_give_what_numpy_gives(op):
    for operands in itertools.product((*DTYPES, *WEAK), repeat=2):
        if not any(isinstance(o, np.dtype) for o in operands):
            continue
        with np.errstate(all="ignore"):
            assert resolved(op, operands) == computed(op, operands), operands


@pytest.mark.parametrize("name", ["where", "clip"])
def test_three_mixed_dtypes_give_what_numpy_gives(name):
    op = ops.OPS[name]
    first = (np.dtype(bool),) if name == "where" else DTYPES
    for operands in itertools.product(first, (*DTYPES, *WEAK), (*DTYPES, *WEAK)):
        with np.errstate(all="ignore"):
            assert resolved(op, operands) == computed(op, operands), operands


@pytest.mark.parametrize("op", ROWS, ids=names(ROWS))
def test_loop_dtypes_are_a_loop_of_numpys(op):
    """Operands cast to the loop's dtypes give the result's dtype without a cast."""
    for dtype in DTYPES:
        operands = operands_of(op, dtype)
        if resolved(op, operands) is None:
            continue
        loop = op.resolve(operands)
        assert len(loop) == op.nin + 1
        assert op.resolve(loop[:-1]) == loop
        ones = [np.ones(3, d) for d in loop[:-1]]
        out = np.empty(3, loop[-1])
        with np.errstate(all="ignore"):
            want = op.numpy(*ones)
            assert op.numpy(*ones, out) is out
        assert want.dtype == out.dtype
        assert out.tobytes() == want.tobytes()


@pytest.mark.parametrize("op", [op for op in ROWS if op.nin == 2])
def test_numbers_beside_an_array_of_their_loop_are_as_arrays_of_its_dtype(op):
    for dtype, weak in itertools.product(DTYPES, WEAK):
        for operands in ((dtype, weak), (weak, dtype)):
            if resolved(op, operands) is None:
                continue
            loop = op.resolve(operands)
            if loop[:-1] == (dtype, dtype):
                assert op.resolve((dtype, dtype)) == loop


@pytest.mark.parametrize("op", [op for op in ROWS if op.name != "where"])
def test_scalars_are_given_as_numpy_gives_them(op):
    for dtype in DTYPES:
        operands = operands_of(op, dtype)
        if resolved(op, operands) is not None:
            loop = op.resolve(operands)
            values = [np.ones((), d) for d in loop[:-1]]
            with np.errstate(all="ignore"):
                assert type(op.numpy(*values)) is loop[-1].type


@pytest.mark.parametrize("dtype", ["O", "S3", "U3", "M8[s]", "m8[s]", "V4"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(DTypeError, match=r"\[add\] dtype .* is not numeric"):
        ops.ADD.resolve((np.dtype(dtype), np.dtype("f8")))
    with pytest.raises(TypeError):
        ops.COPY.resolve((np.dtype(dtype),))


def test_other_byte_orders_become_native():
    swapped = np.dtype("f4").newbyteorder("S")
    for op in (ops.NEGATIVE, ops.COPY, ops.REAL, ops.ROUND):
        assert op.resolve((swapped,)) == (np.dtype("f4"), np.dtype("f4"))
    assert ops.CLIP.resolve((swapped,) * 3) == (np.dtype("f4"),) * 4


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_astype_goes_from_any_dtype_to_any_other():
    for source, target in itertools.product(DTYPES, repeat=2):
        assert ops.ASTYPE.resolve((source, target)) == (source, target)
        x, out = np.ones(3, source), np.empty(3, target)
        assert ops.ASTYPE.numpy(x, out) is out
        assert ops.ASTYPE.numpy(x, dtype=target).tobytes() == out.tobytes()


def test_a_row_resolves_once(monkeypatch):
    asked = (np.dtype("f4"), float)
    first = ops.HYPOT.resolve(asked)
    monkeypatch.setattr(ops.row, "_resolve", None)
    assert ops.HYPOT.resolve(asked) is first


def test_rows_are_found_by_name_and_function():
    assert ops.OPS["add"] is ops.ADD
    for op in UFUNCS:
        assert getattr(ops, op.name.upper()) is op
        assert ops.BY_FUNCTION[op.function or op.numpy] is op
    assert ops.BY_FUNCTION[np.where] is ops.WHERE


def test_rows_are_pickled_by_name():
    for op in ops.complete().values():
        assert pickle.loads(pickle.dumps(op)) is op


def test_names_are_used_once():
    with pytest.raises(ValueError, match="already an op named 'add'"):
        ops.map_op("add", np.hypot)
    spoken = [n for op in ops.complete().values() for n in (op.name, *op.alias)]
    assert len(spoken) == len(set(spoken))


def test_every_row_says_what_comes_out():
    for op in ops.complete().values():
        if op.kind is not ops.Kind.LIBRARY:
            assert op.summary.endswith("."), op


def test_every_numpy_function_of_an_alias_is_the_rows():
    for op in UFUNCS:
        for alias in op.alias:
            assert ops.BY_FUNCTION[getattr(np, alias)] is op
