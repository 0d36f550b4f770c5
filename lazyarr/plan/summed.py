"""What NumPy's einsum works in, by the steps that it takes.

Two operands are multiplied as matrices, whose axes are those of all labels of a kind in
one. Where these do not follow one another in memory, it copies.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.plan.contraction import contraction_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.plan.contraction import Contraction
    from lazyarr.plan.model import Value
    from lazyarr.plan.operands import Operand

_LABELS = 12  # at most, of which an example is tried
# Until then, they were multiplied as matrices of two axes, in other orders.
_STACKED = np.lib.NumpyVersion(np.__version__) >= "2.4.0"


class _Term(NamedTuple):
    """An operand: its labels, those in the order of memory, and the bytes made for it."""

    labels: str
    order: str
    made: int
    cast: bool


def workspace(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return the bytes that an einsum works in beside operands and result."""
    text, optimize = params
    one = contraction_of(text, tuple([x.shape for x in seen]), optimize)
    turned = 0 if _in_order(one, seen, optimize) else result.nbytes
    if optimize is False or len(seen) < 2:
        return turned
    item = result.dtype.itemsize
    terms = [
        _Term(term, _order(term, x), 0, x.dtype != result.dtype)
        for term, x in zip(one.terms, seen, strict=True)
    ]
    peak = 0
    for number, step in enumerate(one.steps, 1):
        alive = sum(term.made for term in terms)
        taken = [terms.pop(k) for k in sorted(step, reverse=True)]
        kept = {*one.output, *chain.from_iterable(term.labels for term in terms)}
        left = {c for term in taken for c in term.labels if c in kept}
        found = "".join(sorted(left, key=lambda c: (one.sides[c], c)))
        found = one.output if number == len(one.steps) else found
        order, copies = _step(one, taken, found, item)
        made = one.size(found) * item
        peak = max(peak, alive + copies + made)
        terms.append(_Term(found, order, made, False))
    return max(peak - result.nbytes, turned)


def _order(term: str, x: Operand) -> str:
    return {"C": term, "F": term[::-1]}.get(x.order, "")


def _step(
    one: Contraction, taken: Sequence[_Term], found: str, item: int
) -> tuple[str, int]:
    """Return in which order the result of a step lies, and the bytes of copies for it."""
    if len(taken) != 2:
        return found, 0
    first, second = (
        [c for c in dict.fromkeys(term.labels) if one.sides[c] > 1] for term in taken
    )
    both = [c for c in first if c in second]
    summed = [c for c in both if c not in found]
    if not summed:  # multiplied element by element
        return found, 0
    stack = [c for c in both if c in found]
    left, right = (
        [c for c in labels if c not in both and c in found]
        for labels in (first, second)
    )
    copies = _copied(one, taken[0], (stack, left, summed), item)
    copies += _copied(one, taken[1], (stack, summed, right), item)
    ones = [c for c in found if one.sides[c] == 1]
    return "".join([*ones, *stack, *left, *right]), copies


def _copied(
    one: Contraction, term: _Term, groups: tuple[list[str], ...], item: int
) -> int:
    """Return the bytes of copies of a term whose labels become the axes of matrices."""
    wanted = [c for group in groups for c in group]
    whole = one.size(wanted) * item
    cast = whole if term.cast else 0
    lone = [c for c in term.labels if c not in wanted and one.sides[c] > 1]
    order = "".join(c for c in term.order if one.sides[c] > 1)
    if lone:  # summed before, into an array of its own
        order, cast = "".join(wanted), cast + whole
    fused = _STACKED and all(
        len(group) < 2 or "".join(group) in order for group in groups
    )
    return cast + (0 if fused else whole)


def _in_order(one: Contraction, seen: Sequence[Operand], optimize: Any) -> bool:
    """Whether the result lies in C order, as that of a small example does."""
    if len(one.output) < 2:
        return True
    if len(one.sides) > _LABELS:
        return False
    places = {label: k for k, label in enumerate(one.sides)}
    given: list[Any] = []
    for x, term in zip(seen, one.terms, strict=True):
        shape = [min(side, 2) for side in x.shape]
        order: Any = "F" if x.order == "F" else "C"
        given += [np.zeros(shape, order=order), [places[c] for c in term]]
    path = False if optimize is False else ["einsum_path", *one.steps]
    example = np.einsum(*given, [places[c] for c in one.output], optimize=path)
    return bool(example.flags.c_contiguous)
