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
