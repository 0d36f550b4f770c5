"""What kernels read again while a cache or a register still has it."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.codegen import lowering
from tests.codegen.programs import launches

TURNED = "gridDim.x - 1 - blockIdx.x"


def kernels(make, dtype="f8", shape=(400, 300)):
    """Return kind and text of every kernel; the arrays are never read."""
    x = np.lib.stride_tricks.as_strided(np.zeros(1, dtype), shape, (0, 0))
    y = np.zeros(shape[1], dtype)
    made = launches(make(la.asarray(np.array(x)), la.asarray(y)))
    return [(k.structure.kind, lowering.body(k.structure)) for k in made]


@pytest.mark.parametrize("axis", [None, 0])
def test_a_map_goes_back_over_what_a_fold_has_read(axis):
    def standardise(x, y):
        return (x - la.mean(x, axis=axis)) / la.std(x, axis=axis)

    (_, fold), (kind, text) = kernels(standardise)
    assert kind == "map"
    assert TURNED in text
    assert TURNED not in fold


def test_other_maps_go_forwards():
    def apart(x, y):  # what it reads is not what was folded
        return la.exp(la.arange(1000.0) + la.sum(x)), x * y

    texts = [text for kind, text in kernels(apart) if kind != "inner"]
    assert texts
    assert all(TURNED not in text for text in texts)


def test_a_row_that_all_rows_share_is_loaded_once():
    ((kind, text),) = kernels(lambda x, y: x * y + 1)
    assert kind == "map"
    assert "lz_pack<double, 2> a0[4];" in text
    assert "lz_pack<double, 2> a1[1];" in text


@pytest.mark.parametrize(("columns", "deep"), [(10_000, 4), (8_000, 8)])
def test_column_folds_take_the_blocks_that_fill_the_device(columns, deep):
    x = la.asarray(np.zeros((1000, columns)))
    (launch,) = launches((la.mean(x, axis=0), la.var(x, axis=0)))
    assert launch.block == (256 // deep, deep)
    assert launch.grid <= 132 * launch.structure.blocks
