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
    "np.add.at({0}, [0, 0], True)": lambda x, xp: np.add.at(x, [0, 0], True),
    "{0}.sort(axis=0, kind='stable')": lambda x, xp: x.sort(axis=0, kind="stable"),
}
"""Statements that write into an array with axes; {0} is its name."""
