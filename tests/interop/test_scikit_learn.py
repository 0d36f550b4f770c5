"""scikit-learn's array API dispatch works on lazy arrays."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from tests.interop.report import report
from tests.interop.sklearn_calls import ARRAYS, NUMBERS

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("array_api_compat", reason="array-api-compat is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def found():
    return report("tests.interop.sklearn_calls")


@pytest.mark.parametrize("call", ARRAYS)
def test_dispatch_gives_a_lazy_array_of_the_same_values(found, call):
    assert found[call] == {"kind": "Array", "dtype": True, "close": True}


@pytest.mark.parametrize("call", NUMBERS)
def test_dispatch_gives_the_same_number(found, call):
    kind = found[call].get("kind")
    assert found[call] == {"kind": kind, "dtype": True, "close": True}
    assert kind in ("float", "float64")


def test_without_dispatch_lazy_arrays_are_read():
    cluster = pytest.importorskip("sklearn.cluster")
    points = np.random.default_rng(0).random((40, 4))
    wanted = cluster.KMeans(2, random_state=0, n_init=1).fit(points)
    found = cluster.KMeans(2, random_state=0, n_init=1).fit(la.asarray(points))
    np.testing.assert_array_equal(found.labels_, wanted.labels_)
