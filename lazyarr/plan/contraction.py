"""How an einsum goes: its terms, how long their labels are, and what is multiplied when."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lazyarr.ir.node import Shape

_DOTS = 0x3B1  # the code of a label that no text has: the last axis of an ellipsis


class Contraction(NamedTuple):
    """An einsum that is written out.

    Attributes
    ----------
    terms : tuple of str
        A label for each axis of each operand, those of an ellipsis as well.
    output : str
        The labels of the result.
    sides : mapping
        How long the axes of each label are.
    steps : tuple of tuple of int
        Places of the terms that are multiplied together: they are taken out of the list,
        and what they make comes last.
    """

    terms: tuple[str, ...]
    output: str
    sides: Mapping[str, int]
    steps: tuple[tuple[int, ...], ...]

    def size(self, labels: Iterable[str]) -> int:
        """Return the number of elements with such axes."""
        return prod(self.sides[label] for label in labels)

    @property
    def multiplications(self) -> int:
        """How many there are in all steps, or additions where nothing is multiplied."""
        terms, total = [set(term) for term in self.terms], 0
        for step in self.steps:
            taken = set().union(*[terms.pop(k) for k in sorted(step, reverse=True)])
            total += self.size(taken)
            terms.append(taken & set(self.output).union(*terms))
        return total


@lru_cache(maxsize=256)
def contraction_of(text: str, shapes: tuple[Shape, ...], optimize: Any) -> Contraction:
    """Return how operands of such shapes are summed.

    Examples
    --------
    >>> one = contraction_of("ij,jk,kl", ((2, 9), (9, 9), (9, 2)), "optimal")
    >>> one.output, one.steps, one.multiplications
    ('il', ((0, 1), (0, 1)), 198)
    """
    inputs, arrow, output = text.partition("->")
    given = inputs.split(",")
    terms = tuple(map(_written, given, map(len, shapes)))
    sides: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, side in zip(term, shape, strict=True):
            if sides.get(label, 1) == 1:  # an axis of one is stretched
                sides[label] = side
    if arrow:
        rank = sum(ord(label) >= _DOTS for label in sides)
        output = _written(output, len(output.replace("...", "")) + rank)
    else:
        often = "".join(terms).count
        spare = sorted((c for c in sides if ord(c) >= _DOTS), reverse=True)
        letters = (c for c in sides if ord(c) < _DOTS and often(c) == 1)
        output = "".join([*spare, *sorted(letters)])
    steps = [tuple(range(len(terms)))]
    if optimize is not False and len(terms) > 1:
        listed = isinstance(optimize, tuple) and optimize[0] == "einsum_path"
        path: Any = list(optimize) if listed else optimize
        operands = [np.broadcast_to(0.0, shape) for shape in shapes]
        steps = np.einsum_path(text, *operands, optimize=path)[0][1:]
    return Contraction(terms, output, sides, tuple(map(tuple, steps)))


def _written(term: str, rank: int) -> str:
    """Return a term with labels for the axes of its ellipsis, counted from the last."""
    before, dots, after = term.partition("...")
    spare = rank - len(before) - len(after) if dots else 0
    return before + "".join(chr(_DOTS + k) for k in reversed(range(spare))) + after
