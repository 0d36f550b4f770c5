"""NumPy's classes, as far as a program sees a difference."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazyarr.api.creation import empty
from lazyarr.api.evaluating import evaluating
from lazyarr.api.handle import Handle


class _ArrayType(type):
    """What ``isinstance(x, ndarray)`` asks."""

    def __instancecheck__(cls, instance: object) -> bool:
        if isinstance(instance, Handle):
            # A base without axes stands for one of NumPy's scalars.
            return instance._base is not None or bool(instance._node.shape)
        return isinstance(instance, np.ndarray)

    def __call__(cls, shape: Any, dtype: Any = float, **options: Any) -> Any:
        if options:
            return evaluating(np.ndarray)(shape, dtype, **options)
        return empty(shape, dtype=dtype)


class ndarray(metaclass=_ArrayType):  # noqa: N801 - NumPy's name
    """What a program asks for NumPy's arrays; lazy ones, and NumPy's own, are both.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> isinstance(la.ones(3), la.ndarray), isinstance(np.ones(3), la.ndarray)
    (True, True)
    >>> isinstance(la.ones(3).sum(), la.ndarray)
    False
    """


class vectorize(np.vectorize):  # noqa: N801 - NumPy's name
    """NumPy's ``vectorize``: calls of a Python function, one for each element.

    Arguments are evaluated when it is called.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.vectorize(lambda a, b: max(a, b))(la.asarray([1, 5]), 3).compute()
    array([3, 5])
    """

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Return an array of the function's results."""
        return evaluating(super().__call__)(*args, **options)
