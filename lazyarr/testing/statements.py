"""Programs as data: statements that run with any array module."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

# A KeyError is a variable that an error left unbound.
_EXPECTED = (ValueError, TypeError, IndexError, OverflowError, KeyError)


class Statement(NamedTuple):
    """One line of a program.

    Attributes
    ----------
    text : str
        As a person would write it.
    target : str
        The variable that gets the result; empty for none.
    run : callable
        ``run(variables, module)`` returns the result.
    """

    text: str
    target: str
    run: Callable[[dict[str, Any], Any], Any]


class Program(NamedTuple):
    """Statements to run with any array module."""

    statements: tuple[Statement, ...]

    def run(self, module: Any) -> tuple[dict[str, Any], list[Exception | None]]:
        """Run the program.

        Parameters
        ----------
        module : module
            NumPy, lazyarr, or another one with their functions.

        Returns
        -------
        dict of str to array
            The variables in the end.
        list of Exception or None
            The error of each statement; an error binds no variable.
        """
        variables: dict[str, Any] = {}
        errors = [execute(one, variables, module) for one in self.statements]
        return variables, errors

    def __repr__(self) -> str:
        return "\n" + "\n".join(one.text for one in self.statements)


def execute(one: Statement, variables: dict[str, Any], module: Any) -> Exception | None:
    """Run a statement; return its error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = one.run(variables, module)
        except _EXPECTED as error:
            return error
    if one.target:
        variables[one.target] = result
    return None


def shown(key: tuple[Any, ...]) -> str:
    """Return a key as it is written between brackets."""
    return ", ".join(map(_shown_part, key)) or "()"


def _shown_part(part: Any) -> str:
    if part is Ellipsis:
        return "..."
    if not isinstance(part, slice):
        return repr(part)
    ends = ["" if n is None else str(n) for n in (part.start, part.stop)]
    return ":".join([*ends, *([] if part.step is None else [str(part.step)])])


def _doubled_backwards(x: Any, xp: Any) -> None:
    for k, value in enumerate(x):
        x[-1 - k] = value + value


WRITES: dict[str, Callable[[Any, Any], Any]] = {
    "for k, value in enumerate({0}): {0}[-1 - k] = value + value": _doubled_backwards,
    "xp.ravel({0})[:3] = 1": lambda x, xp: xp.ravel(x).__setitem__(slice(3), 1),
    "xp.ravel({0}, 'K')[1:] = 2": lambda x, xp: xp.ravel(x, "K").__setitem__(
        slice(1, None), 2
    ),
    "{0}.reshape(-1, order='F')[::2] = 3": lambda x, xp: x.reshape(
        -1, order="F"
    ).__setitem__(slice(None, None, 2), 3),
    "xp.ascontiguousarray({0})[:1] = 0": lambda x, xp: xp.ascontiguousarray(
        x
    ).__setitem__(slice(1), 0),
    "xp.put({0}, [0, -1], 1)": lambda x, xp: xp.put(x, [0, -1], 1),
    "xp.place({0}, {0} > 0, [1, 2])": lambda x, xp: xp.place(x, x > 0, [1, 2]),
    "xp.putmask({0}, {0} == {0}[::-1], 1)": lambda x, xp: xp.putmask(
        x, x == x[::-1], 1
    ),
    "xp.copyto({0}, {0}[::-1], where={0} == 0)": lambda x, xp: xp.copyto(
        x, x[::-1], where=x == 0
    ),
    "xp.copyto({0}.real, {0}.imag)": lambda x, xp: xp.copyto(x.real, x.imag),
    "xp.add({0}[1:], {0}[:-1], out={0}[1:])": lambda x, xp: xp.add(
        x[1:], x[:-1], out=x[1:]
    ),
    "xp.multiply({0}, 3, out={0}, where={0} == 1)": lambda x, xp: xp.multiply(
        x, 3, out=x, where=x == 1
    ),
    "xp.modf({0}, {0}, xp.zeros({0}.shape))": lambda x, xp: xp.modf(
        x, x, xp.zeros(x.shape)
    ),
    "xp.minimum({0}, 1, out={0}[::-1])": lambda x, xp: xp.minimum(x, 1, out=x[::-1]),
    "xp.maximum.accumulate({0}[::-1], out={0})": lambda x, xp: xp.maximum.accumulate(
        x[::-1], out=x
    ),
    "{0}.flat[::2] = [0, 1]": lambda x, xp: x.flat.__setitem__(
        slice(None, None, 2), [0, 1]
    ),
    "{0}.T[:1] = {0}.T[-1:]": lambda x, xp: x.T.__setitem__(slice(1), x.T[-1:]),
    "np.negative.at({0}, [0, 0])": lambda x, xp: np.negative.at(x, [0, 0]),
    "np.add.at({0}, [0, 0], True)": lambda x, xp: np.add.at(x, [0, 0], True),
    "{0}.sort(axis=0, kind='stable')": lambda x, xp: x.sort(axis=0, kind="stable"),
}
"""Statements that write into an array with axes; {0} is its name."""

READS: dict[str, Callable[[Any, Any], Any]] = {
    "xp.negative({0})": lambda x, xp: xp.negative(x),
    "xp.abs({0})": lambda x, xp: xp.abs(x),
    "xp.square({0})": lambda x, xp: xp.square(x),
    "xp.sqrt({0})": lambda x, xp: xp.sqrt(x),
    "xp.isnan({0})": lambda x, xp: xp.isnan(x),
    "xp.sign({0})": lambda x, xp: xp.sign(x),
    "xp.round({0}, 1)": lambda x, xp: xp.round(x, 1),
    "xp.take({0}, [0, -1, 0], axis=0)": lambda x, xp: xp.take(x, [0, -1, 0], axis=0),
    "xp.choose({0} == 1, [{0}, 2])": lambda x, xp: xp.choose(x == 1, [x, 2]),
    "xp.select([{0} == 1], [{0}], 3)": lambda x, xp: xp.select([x == 1], [x], 3),
    "xp.isin({0}, [1, 2])": lambda x, xp: xp.isin(x, [1, 2]),
    "xp.roll({0}, 1)": lambda x, xp: xp.roll(x, 1),
    "xp.diff({0}, axis=0)": lambda x, xp: xp.diff(x, axis=0),
    "xp.array([{0}, {0}])": lambda x, xp: xp.array([x, x]),
    "xp.broadcast_arrays({0}, 0)[0]": lambda x, xp: xp.broadcast_arrays(x, 0)[0],
    "xp.cross({0}[..., :3], {0}[..., 2:5])": lambda x, xp: xp.cross(
        x[..., :3], x[..., 2:5]
    ),
    "xp.subtract.outer({0}[:2], {0}[1:3])": lambda x, xp: xp.subtract.outer(
        x[:2], x[1:3]
    ),
    "xp.maximum.reduceat({0}, [0, 1])": lambda x, xp: xp.maximum.reduceat(x, [0, 1]),
    "xp.logical_or.reduce({0}, initial=1)": lambda x, xp: xp.logical_or.reduce(
        x, initial=1
    ),
}
