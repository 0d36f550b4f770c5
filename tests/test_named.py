"""`NamedTuple`, beside that of `typing`."""

from __future__ import annotations

import copy
import inspect
import pickle
import typing

import pytest

from lazyarr.named import NamedTuple


class Theirs(typing.NamedTuple):
    """Says something."""

    first: int
    second: str = "two"
    third: tuple[int, ...] = ()

    def twice(self) -> int:
        return 2 * self.first


class Ours(NamedTuple):
    """Says something."""

    first: int
    second: str = "two"
    third: tuple[int, ...] = ()

    def twice(self) -> int:
        return 2 * self.first


class Fields(NamedTuple):
    shape: tuple[int, ...]
    axes: tuple[int, ...]


class View(Fields):
    tag: int


MADE = (
    lambda kind: kind(1),
    lambda kind: kind(1, "a"),
    lambda kind: kind(1, third=(3,)),
    lambda kind: kind(third=(3,), second="b", first=0),
    lambda kind: kind(1)._replace(second="c"),
    lambda kind: kind._make([1, 2, 3]),
    lambda kind: copy.copy(kind(1, "a")),
    lambda kind: copy.deepcopy(kind(1, "a")),
    lambda kind: pickle.loads(pickle.dumps(kind(1, "a"))),
)
REFUSED = (
    lambda kind: kind(),
    lambda kind: kind(1, 2, 3, 4),
    lambda kind: kind(1, first=2),
    lambda kind: kind(1, fourth=2),
    lambda kind: kind(1)._replace(fourth=2),
    lambda kind: setattr(kind(1), "first", 2),
    lambda kind: setattr(kind(1), "fourth", 2),
)


@pytest.mark.parametrize("make", MADE)
def test_tuples_are_those_of_typing(make):
    ours, theirs = make(Ours), make(Theirs)
    assert type(ours) is Ours
    assert ours == theirs
    assert hash(ours) == hash(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert ours.twice() == theirs.twice()
    assert (ours.first, ours.second, ours.third) == tuple(theirs)


@pytest.mark.parametrize("make", REFUSED)
def test_what_typing_refuses_is_refused(make):
    with pytest.raises((TypeError, ValueError, AttributeError)) as theirs:
        make(Theirs)
    with pytest.raises(theirs.type):
        make(Ours)


def test_the_class_has_what_that_of_typing_has():
    assert Ours._fields == Theirs._fields
    assert Ours.__doc__ == Theirs.__doc__
    assert Ours.__match_args__ == Theirs.__match_args__
    Ours(1)
    ours, theirs = inspect.signature(Ours.__new__), inspect.signature(Theirs.__new__)
    assert list(ours.parameters) == list(theirs.parameters)
    match Ours(1, "a"):
        case Ours(first, second):
            assert (first, second) == (1, "a")


def test_a_class_derived_from_one_may_have_more():
    view = View((1,), (2,))
    view.tag = 3
    assert type(view) is View
    assert type(Fields((1,), (2,))) is Fields
    assert view == ((1,), (2,))
    assert view._replace(shape=(4,)) == View((4,), (2,))


@pytest.mark.parametrize("kind", [NamedTuple, typing.NamedTuple])
def test_a_class_derived_from_one_keeps_what_makes_its_own(kind):
    class Pair(kind):
        first: int
        second: int = 2

    class Five(Pair):
        def __new__(cls, first):
            return super().__new__(cls, first, 5)

    assert [Five(1), Five(3), Pair(1)] == [(1, 5), (3, 5), (1, 2)]
    assert type(Five(1)) is Five
