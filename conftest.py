"""What holds for every test and doctest: the op table is left as it was found."""

import os

# Decisions and texts are those of a machine that nobody measured.
os.environ.setdefault("LAZYARR_PROFILE", "none")
os.environ.setdefault("LAZYARR_LEARN", "0")
# Where two workers share two processors, threads of OpenBLAS wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from lazyarr.ops import row


@pytest.fixture(autouse=True)
def ops_of_users_are_forgotten():
    """Take ops that a test registers out of the table again."""
    names, functions = set(row.complete()), set(row._by_function)
    yield
    for name in set(row._ops) - names:
        del row._ops[name]
    for function in set(row._by_function) - functions:
        del row._by_function[function]
