"""Functions that write into an array, for small ones: NumPy's, in the memory itself."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from lazyarr.api.assigned import is_narrowed
from lazyarr.api.bounds import small_bytes
from lazyarr.api.handle import SMALL, SMALLS
from lazyarr.api.known import REFUSALS, plain
from lazyarr.errors import at_users_line
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.known import Function


def writing(theirs: Callable[..., Any]) -> Callable[[Function], Function]:
    """Let a function be NumPy's `theirs`, which writes into its first argument.

    Where that is a small array and what is written is known.
    """

    def decorate(ours: Function) -> Function:
        @functools.wraps(ours)
        def function(*args: Any, **options: Any) -> Any:
            kind = type(args[0]) if args else None
            if kind not in SMALLS or (marks and not small_bytes()):
                return ours(*args, **options)
            x = args[0]
            try:
                values = [plain(y) for y in args[1:]]
                named = {key: plain(y) for key, y in options.items()}
                if any(is_narrowed(x._value, value) for value in values):
                    return ours(*args, **options)  # which warns at the user's line
                if kind is SMALL[1]:
                    x._own()
                with at_users_line():
                    theirs(x._value, *values, **named)
            except FloatingPointError:
                raise  # what has been written stays, as in NumPy: no second try
            except REFUSALS:
                return ours(*args, **options)
            x._how = None
            return None

        return function  # type: ignore[return-value]

    return decorate
