"""What measured runs say about predictions: a factor for each class of stages, and stage.

A run whose time is known moves the factors of the classes that it spent its time in
towards the truth: by a small part of the error, on a logarithmic scale, and never beyond
`BOUND`. Those of its stages themselves move faster and not as far, and correct what is
left when the same stage runs again. Everything here is a pure function.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

GAIN = 1 / 16
"""The part of an error that one run corrects."""
BOUND = 3.0
"""A factor lies between this and its reciprocal."""
OWN = "#"
"""Stands between a class and what tells a stage from others of the class."""
OWN_GAIN = 1 / 4
"""The part of an error that one run corrects for the stage itself."""
OWN_BOUND = 2.0
"""A stage's own factor lies between this and its reciprocal."""
OUTLIER = 4.0
"""An error counts as this much at most: something else was at work."""
MARGIN = 1.15
"""By how much the corrected model must prefer the other side to send a plan there."""


class Correction(NamedTuple):
    """What predictions of a class are multiplied with, and how many runs say so."""

    factor: float = 1.0
    runs: int = 0


NOTHING = Correction()


def learned(
    known: Mapping[str, Correction], predicted: Mapping[str, float], measured: float
) -> dict[str, Correction]:
    """Return the corrections after one more run.

    Parameters
    ----------
    known : mapping of str to Correction
        By class, and by class and stage, with `OWN` between; those that are not named
        are 1.
    predicted : mapping of str to float
        Seconds that the profile itself, without corrections, predicts for the run: by
        class, or by class and stage.
    measured : float
        Seconds that it took.

    Examples
    --------
    >>> after = learned({}, {"map": 1.0}, 2.0)
    >>> after["map"].runs, 1.0 < after["map"].factor < 2.0
    (1, True)
    """
    result = dict(known)
    corrected = {k: s * _factor(known, k) for k, s in predicted.items()}
    total = sum(corrected.values())
    if not (0.0 < total < float("inf") and 0.0 < measured < float("inf")):
        return result
    error = _within(log(measured / total), log(OUTLIER))
    for key, spent in corrected.items():
        group, own, _ = key.partition(OWN)
        share = error * spent / total
        _move(result, group, GAIN * share, BOUND)
        if own:
            _move(result, key, OWN_GAIN * share, OWN_BOUND)
    return result


def _factor(known: Mapping[str, Correction], key: str) -> float:
    group, own, _ = key.partition(OWN)
    factor = known.get(group, NOTHING).factor
    return factor * known.get(key, NOTHING).factor if own else factor


def _move(known: dict[str, Correction], key: str, step: float, bound: float) -> None:
    """Move a factor, and make it the last in order: what was not met for long is first."""
    factor, runs = known.pop(key, NOTHING)
    moved = _within(log(factor) + step, log(bound))
    known[key] = Correction(exp(moved), runs + 1)


def _within(value: float, most: float) -> float:
    return min(max(value, -most), most)


def chosen(first: bool, here: float, there: float) -> bool:
    """Return whether a plan goes `there`: what the bare model says, or its opposite.

    Parameters
    ----------
    first : bool
        Whether the model without corrections sends it there.
    here, there : float
        Seconds of both sides by the corrected model.
    """
    if first:
        return there <= here * MARGIN
    return there * MARGIN < here
