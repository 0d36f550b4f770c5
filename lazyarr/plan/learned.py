"""What measured runs say about predictions: of a device, of classes of stages, of stages.

A prediction is multiplied with two factors: the device's pace at present, and that of the
stage itself. As long as the stage was not met, that of stages of the same operations
stands for it, or that of its class. A run whose time is known
moves them towards the truth, on a logarithmic scale and never beyond a bound. Everything
here is a pure function.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, log
from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOUND = 5.0
"""A factor lies between this and its reciprocal."""
OWN = "#"
"""Stands between a class, what tells operations from others of it, and a stage itself."""
OWN_LEAST = 1 / 16
"""A stage's factor is a mean of what its runs say; a run counts as this part at least."""
OTHERS = ((1 / 16, 2), (1 / 4, 1))
"""The same of a class and of like stages, which are means of their stages' factors; and how
many stages are taken to have said nothing new before."""
PACE = 1 / 16
"""The part of an error that is put down to the device's pace at present."""
PACE_BOUND = 2.0
"""A pace lies between this and its reciprocal."""
FADING = 1 / 100
"""The part of a pace that every run takes from it: what lasts is the stages'."""
OUTLIER = 1.5
"""An error counts as this much at most: something else was at work."""
MARGIN = 1.15
"""By how much the corrected model must prefer the other side to send a plan there."""


class Correction(NamedTuple):
    """What predictions are multiplied with, and how many runs say so."""

    factor: float = 1.0
    runs: int = 0


NOTHING = Correction()


def correction_of(known: Mapping[str, Correction], key: str) -> Correction:
    """Return what predictions of a stage are multiplied with.

    Parameters
    ----------
    known : mapping of str to Correction
        See `learned`.
    key : str
        The stage's class and, each behind `OWN`, what tells its operations from others,
        and itself.
    """
    device, *rest = levels(key)
    own = _nearest(known, rest)
    pace = known.get(device, NOTHING)
    return Correction(own.factor * pace.factor, own.runs or pace.runs)


def _nearest(known: Mapping[str, Correction], names: Sequence[str]) -> Correction:
    for name in reversed(names):
        # One look at each: another thread may take one away, to put it last.
        found = known.get(name)
        if found is not None:
            return found
    return NOTHING


@lru_cache(maxsize=4096)  # asked for after every run
def levels(key: str) -> tuple[str, ...]:
    """Return what a stage's device, its class, like stages and itself are known as.

    Examples
    --------
    >>> levels("cpu/map#1f#2a")
    ('cpu', 'cpu/map', 'cpu/map#1f', 'cpu/map#1f#2a')
    """
    parts = key.split(OWN)
    names = [OWN.join(parts[: k + 1]) for k in range(len(parts))]
    return key.partition("/")[0], *names


def learned(
    known: Mapping[str, Correction], predicted: Mapping[str, float], measured: float
) -> dict[str, Correction]:
    """Return what one more run makes of the corrections that it has to do with.

    Parameters
    ----------
    known : mapping of str to Correction
        By device, class, like stages and stage (see `levels`); those that are not named
        are 1.
    predicted : mapping of str to float
        Seconds that the profile itself, without corrections, predicts for the run, by
        stage; all are of one device.
    measured : float
        Seconds that it took.

    Examples
    --------
    >>> after = learned({}, {"cpu/map#1": 1.0}, 1.5)
    >>> sorted(after), round(correction_of(after, "cpu/map#1").factor, 2)
    (['cpu', 'cpu/map', 'cpu/map#1'], 1.5)
    """
    result = {
        name: known[name] for key in predicted for name in levels(key) if name in known
    }
    corrected = {k: s * correction_of(known, k).factor for k, s in predicted.items()}
    total = sum(corrected.values())
    if not (0.0 < total < float("inf") and 0.0 < measured < float("inf")):
        return {}
    error = log(min(max(measured / total, 1 / OUTLIER), OUTLIER))
    device = levels(next(iter(predicted)))[0]
    factor, runs = known.get(device, NOTHING)
    pace = _moved(factor ** (1 - FADING), PACE * error, PACE_BOUND)
    result[device] = Correction(pace, runs + 1)
    most = max(corrected.values())
    for key, spent in corrected.items():
        # What is left, for what takes longest; as much less as others take less.
        _tell(result, key, (1 - PACE) * error * spent / most)
    return result


def _tell(known: dict[str, Correction], key: str, error: float) -> None:
    """Move a stage, and with it the means that it is part of."""
    _, *groups, _ = names = levels(key)
    before = _nearest(known, names[1:])
    new = key not in known
    runs = 0 if new else before.runs
    after = _moved(before.factor, error * max(OWN_LEAST, 2 / (runs + 2)), BOUND)
    for name, (least, doubt) in zip(groups, OTHERS, strict=False):
        factor, stages = known.get(name, Correction(before.factor))
        part = max(least, 1 / (stages + new + doubt))
        step = part * log(after / (factor if new else before.factor))
        known[name] = Correction(_moved(factor, step, BOUND), stages + new)
    known[key] = Correction(after, runs + 1)


def _moved(factor: float, step: float, bound: float) -> float:
    return min(max(factor * exp(step), 1 / bound), bound)


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
