"""Whether two values are the same, bit for bit: what has entered a graph, and is met again."""

import numpy as np
import pytest

from lazyarr.api import history

LAYOUTS = [
    np.ascontiguousarray,
    np.asfortranarray,
    lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
]


@pytest.mark.parametrize("lay", LAYOUTS)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?", "c16"])
@pytest.mark.parametrize("shape", [(), (3,), (41, 53), (90, 91)])
def test_one_bit_tells_two_values_apart(shape, dtype, lay):
    value = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    x, y = lay(value) if shape else value, value.copy()
    assert history.are_same(x, y)
    assert history.are_same(y, x)
    for place in (0, y.nbytes // 2, y.nbytes - 1):
        other = y.copy()
        other.reshape(-1).view(np.uint8)[place] ^= 1
        assert not history.are_same(x, other)


def test_signs_of_zeros_differ_and_nans_are_the_same():
    zeros, nans = np.zeros(3000), np.full(3000, np.nan)
    assert not history.are_same(zeros, -zeros)
    assert history.are_same(nans, nans.copy())
    assert history.are_same(zeros[:0], zeros[:0].copy())
