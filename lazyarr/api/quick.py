"""Functions that are NumPy's own where their operands are known and small: `quick`.

What a program calls most, a function or a method of small arrays with numbers beside
them, comes first: each argument is looked at once, by its type. Whatever else there is
goes to `known.call`, and then the general way. `writing` is for functions that write into
their first argument.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import direct, known, recipes
from lazyarr.api.assigned import is_narrowed
from lazyarr.api.bounds import small_bytes
from lazyarr.api.foreign import of_numpy
from lazyarr.api.handle import ELEMENT, FINAL, SMALL, SMALLS, WEAK
from lazyarr.api.known import ARRAYS, PLAIN, REFUSALS, Unknown, check_parts, plain, run
from lazyarr.api.made import SCALARS, made_at, wrapped
from lazyarr.api.nested import held, is_holder
from lazyarr.api.subclasses import Theirs, is_said, meant
from lazyarr.errors import at_users_line
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.known import Function

_WHOLE = frozenset((bool, int))
_VARARGS = 4  # of a code object's flags
_frame = sys._getframe
again, key = recipes.again, recipes.key
whose = ARRAYS.get
_sequences = (list, tuple)


def quick(
    theirs: Callable[..., Any], *, chained: bool = False
) -> Callable[[Function], Function]:
    """Let a function be NumPy's `theirs` where its operands are known and small.

    `theirs` takes the same arguments; ``out=`` goes the general way. What a `chained`
    function makes of an array that is not small is remembered: see `recipes`.
    """

    def decorate(ours: Function) -> Function:
        names, most = parameters(ours)
        held = recipes.table() if chained else None
        lazily = _plainly(ours) if held is None else _remembered(ours, held)
        aside = _aside(ours, theirs, most)
        apart, own = hasattr(ours, "__wrapped__"), direct.of_arrays(theirs)

        @functools.wraps(ours)
        def function(*args: Any, **options: Any) -> Any:
            try:
                x: Any = args[0] if args else None
                kind, small = type(x), SMALL[0]
                if marks or (kind is not small and _is_apart(kind, x)):
                    way = lazily if _is_lazy(kind, x, args, apart) else aside
                    return way(args, options, _frame(1))
                given = _by_place(args, options, names) if options else args
                number = len(given) if kind is small and len(given) <= most else 0
                try:
                    if number == 1:
                        value, count = run(own, x._value), x._calls
                    elif number == 2 and (
                        type(y := given[1]) is small or type(y) in PLAIN
                    ):
                        other = type(y) is small
                        value = run(own, x._value, y._value if other else y)
                        count = x._calls + (y._calls if other else 0)
                    elif (
                        number == 3
                        and (type(y := given[1]) is small or type(y) in PLAIN)
                        and (type(z := given[2]) is small or type(z) in PLAIN)
                    ):
                        first, second = type(y) is small, type(z) is small
                        b, c = y._value if first else y, z._value if second else z
                        value, count = run(own, x._value, b, c), x._calls
                        count += (first and y._calls) + (second and z._calls)
                    else:
                        value, count = several(own, args, options, given, most)
                except REFUSALS as error:
                    refusal = type(error)
                else:
                    same, at = kind in SMALLS and value is x._value, _frame(1)
                    made = x if same else made_at(value, ours, args, options, count, at)
                    return ours(*args, **options) if made is None else made
                return _otherwise(ours, aside, args, options, refusal)
            except TypeError as error:
                return for_numpy(ours, theirs, error, args, options)

        ours.at_once = made = _compiled(function, ours, own, names, held)  # type: ignore[attr-defined] # for `history`
        return made  # type: ignore[no-any-return]

    return decorate


def _compiled(
    function: Any, ours: Any, own: Any, names: tuple[str, ...], held: Any
) -> Any:
    """Return a function with its usual case compiled; a dtype goes the general way.

    With no names it takes as many operands as there are.
    """
    others = tuple(["" if name == "dtype" else name for name in names])
    of_few = getattr(own, "of_few", None)
    return compiled.method(
        "function_product" if of_few else "function_of_several",
        function,
        op=ours,
        function=of_few or own,
        other=others or None,
        usual=held,
    )


def for_numpy(ours: Any, theirs: Any, error: Any, args: Any, options: Any) -> Any:
    """Return what NumPy gives of operands that are none of ours, as an error says."""
    if type(error) is Theirs:
        return meant(theirs, ours.__name__, args, options)
    return of_numpy(ours, error, args, options)


def _as_arrays(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments of which the first is no list and no number of Python's any more.

    For functions that ask it for what arrays have.
    """
    x = args[0] if args else None
    if type(x) in WEAK:
        return (np.asarray(x), *args[1:])
    if isinstance(x, known.SEQUENCES):
        made = wrapped(np.array(known.plain(x)))
        if made is not None:
            return (made, *args[1:])
    return args


def _remembered(ours: Any, held: recipes.Recipes) -> Any:
    """Return a function that remembers what it makes of an array that is not known."""

    def function(args: Any, options: Any, frame: Any) -> Any:
        x = args[0]
        if type(x) is not FINAL[0]:
            return _as_said(ours, args, options)
        node = x._node if x._base is None else x._current()
        facts = key(node, args, options)
        steps = held.get(facts)
        if steps is not None:
            return again(steps, node, frame)
        made = _as_said(ours, args, options)
        recipes.remember(held, facts, node, made)
        return made

    return function


def _plainly(ours: Any) -> Any:
    return lambda args, options, frame: _as_said(ours, args, options)


def _as_said(ours: Any, args: Any, options: Any) -> Any:
    """Return what a function gives the general way.

    Raises
    ------
    Theirs
        An argument says what it means.
    """
    alone = len(args) == 1 and not options and type(args[0]) is FINAL[0]
    if not alone and is_said(args, options):
        raise Theirs
    return ours(*args, **options)


def _is_apart(kind: type, x: Any) -> bool:
    """Whether a first argument is no known array, nor comes ahead of one or holds it."""
    if kind is list or kind is tuple:
        return bool(x) and type(x[0]) is FINAL[0]
    return kind not in SMALLS and kind is not str


def _is_lazy(kind: type, x: Any, args: Any, apart: bool) -> bool:
    """Whether arguments begin with an array that is not known, and none is known."""
    if kind is FINAL[0]:
        return apart or len(args) == 1 or known.is_none(args)
    if kind not in _sequences or not x or type(x[0]) is not FINAL[0]:
        return False
    return known.is_none(x if len(args) == 1 else args)


def parameters(ours: Any) -> tuple[tuple[str, ...], int]:
    """Return the parameters that may go by place, and how many arguments may.

    Those before ``out``, if it is one of them.
    """
    code = getattr(inspect.unwrap(ours), "__code__", None)  # none of what is C
    code = ours.__code__ if code is None else code
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
    if code.co_flags & _VARARGS and "outs" not in code.co_varnames:
        return (), sys.maxsize
    names = names[: names.index("out")] if "out" in names else names
    return names, len(names)


def _aside(ours: Any, theirs: Any, most: int) -> Any:
    """Return the function as it is called with arguments that are not the usual ones."""
    apart = hasattr(ours, "__wrapped__")  # it looks itself for what it made before

    def function(args: Any, options: dict[str, Any], frame: Any) -> Any:
        if apart and FINAL[0] in map(type, args):
            return _as_said(ours, args, options)
        if any(map(is_holder, map(type, args))):
            return ours.at_once(*held(args), **options)
        try:
            try:
                made = known.called(ours, theirs, args, options, most)
            except AttributeError:  # of what is no array, perhaps
                args = _as_arrays(args)
                made = known.called(ours, theirs, args, options, most)
        except Theirs:
            return meant(theirs, ours.__name__, args, options)
        except REFUSALS as error:
            made, refusal = None, type(error)
        else:
            refusal = Unknown
        return refused(ours, args, options, refusal) if made is None else made

    return function


def _otherwise(ours: Any, aside: Any, args: Any, options: Any, refusal: Any) -> Any:
    """Return what a call gives that was not the usual one, or that NumPy refused."""
    if refusal is None or refusal is AttributeError:  # of what is no array, perhaps
        return aside(args, options, None)
    return refused(ours, args, options, refusal)


def refused(
    ours: Any,
    args: tuple[Any, ...],
    options: dict[str, Any],
    refusal: type[Exception],
) -> Any:
    """Return what a function gives the general way, after NumPy refused the call.

    An error of values or of arithmetic is told now, as NumPy's would be. What is raised
    from here on has nothing to do with that refusal, which has been left.

    Raises
    ------
    Theirs
        An argument says what it means.
    """
    made = _as_said(ours, args, options)
    if issubclass(refusal, (ValueError, FloatingPointError)):
        for one in made if isinstance(made, tuple) else (made,):
            if type(one) is FINAL[0]:
                one._read()
    return made


def _by_place(args: Any, options: Any, names: tuple[str, ...]) -> Any:
    """Return arguments by their places, which NumPy takes sooner; none of others."""
    number = len(args)
    if len(options) == 1 and number < len(names):  # as usual
        value = options.get(names[number], options)
        return () if value is options else (*args, value)
    for name in options:
        if number >= len(names) or names[number] != name or name == "dtype":
            return ()  # a dtype is looked at by its name
        number += 1
    return *args, *options.values()


def several(theirs: Any, args: Any, options: Any, given: Any, most: int) -> Any:
    """Return what NumPy's function gives, and of how many calls that tells.

    `given` are the arguments by place, if they can be.

    Raises
    ------
    AttributeError
        An argument is neither a small array, nor a number or the like, nor a sequence
        of these.
    """
    joined = (
        given
        and type(given[0]) in _sequences
        and (len(given) == 1 or (len(given) == 2 and type(given[1]) in PLAIN))
    )
    items = given[0] if joined else given or args
    found = of_sequence(items) if len(given or args) <= most else None
    if found is None:
        raise AttributeError
    values, count, users = found
    if joined:
        value = run(theirs, values, *given[1:])
    elif given:
        value = run(theirs, *values)
    else:
        named, more, others = _named(values, options)
        value = run(theirs, *values, **named)
        count, users = count + more, users or others
    if users and known.is_of_users(value, args, options):
        return several(
            theirs, args, options, given, most
        )  # of what is ours from now on
    return value, count


def _named(values: Any, options: Any) -> tuple[dict[str, Any], int, bool]:
    """Return arguments that go by name as NumPy's, as `of_sequence`.

    Raises
    ------
    AttributeError
        One is neither a small array, nor a number or the like.
    """
    named, count, users = options, 0, False
    for key, x in options.items():
        kind = type(x)
        if key == "out" and x is not None:
            raise AttributeError
        if kind in PLAIN or (kind is tuple and PLAIN.issuperset(map(type, x))):
            continue
        if kind not in ARRAYS:
            raise AttributeError
        named = {**named, key: x._value}
        count += x._calls
        users = users or ARRAYS[kind]
    if "dtype" in named:
        check_parts(values, named["dtype"])
    return named, count, users


def of_sequence(given: Any) -> Any:
    """Return a sequence with NumPy's arrays, of how many calls that tells, and of whom.

    The last is whether it holds a wrapped array of the user's.
    """
    small, element = SMALL[0], ELEMENT[0]
    values, count, users = [], 0, False
    for x in given:
        kind = type(x)
        if kind is small or kind is element:
            values.append(x._value)
            count += x._calls
        elif kind in PLAIN:
            values.append(x)
        elif kind in ARRAYS:
            values.append(x._value)
            count += x._calls
            users = users or ARRAYS[kind]
        elif kind is tuple or kind is list:
            found = of_sequence(x)
            if found is None:
                return None
            values.append(found[0])
            count += found[1]
            users = users or found[2]
        else:
            return None
    return (values if type(given) is list else tuple(values)), count, users


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
                named = {key: plain(y) for key, y in options.items()} if options else {}
                given = [*values, *named.values()] if named else values
                if kind is SMALL[1]:
                    x._own()
                if _is_exact(x._value, given):
                    theirs(x._value, *values, **named)
                elif any(is_narrowed(x._value, value) for value in values):
                    return ours(*args, **options)  # which warns at the user's line
                else:
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


def _is_exact(held: np.ndarray, values: Any) -> bool:
    """Whether a write of values casts none that NumPy could warn of."""
    dtype = held.dtype
    for x in values:
        kind = type(x)
        if kind is np.ndarray or kind in SCALARS:
            whole = x.dtype.kind in "biu" and dtype.char != "e"
            exact = whole or x.dtype is dtype
        elif kind is float:
            exact = dtype.char in "dD"
        elif kind is int:
            exact = dtype.char in "dD" or dtype.kind in "iu"
        elif kind is list or kind is tuple:
            kinds = set(map(type, x))
            exact = kinds <= _WHOLE and dtype.char in "dDlq"
            if kinds == {np.ndarray} and len({y.dtype for y in x}) == 1:
                exact = _is_exact(held, x)
        else:
            exact = kind is bool or kind is str or x is None
        if not exact:
            return False
    return True
