"""NumPy's bit generators and `SeedSequence`, which take lazy arrays as seeds, too."""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

import numpy as np

from lazyarr.api.interop import evaluated


class _Seeded(ABCMeta):
    """What calls a class that stands for one of NumPy's; objects are of NumPy's.

    Those of a class that a program derives from it are of its own.
    """

    def __call__(cls, *args: Any, **options: Any) -> Any:
        kind: Any = super() if _numpys(cls) is None else _numpys(cls)
        return kind.__call__(*evaluated(args), **evaluated(options))

    def __instancecheck__(cls, instance: object) -> bool:
        numpys = _numpys(cls)
        if numpys is None:
            return super().__instancecheck__(instance)
        return issubclass(type(instance), numpys)


def _numpys(cls: type) -> Any:
    """Return the class of NumPy's that one stands for; None for a program's own."""
    (base, *_) = cls.__bases__
    return base if type(base) is type else None


class MT19937(np.random.MT19937, metaclass=_Seeded):
    """NumPy's bit generator, the Mersenne Twister."""


class PCG64(np.random.PCG64, metaclass=_Seeded):
    """NumPy's bit generator PCG-64."""


class PCG64DXSM(np.random.PCG64DXSM, metaclass=_Seeded):
    """NumPy's bit generator PCG-64 DXSM."""


class Philox(np.random.Philox, metaclass=_Seeded):
    """NumPy's bit generator Philox4x64-10, over which draws are lazy."""


class SFC64(np.random.SFC64, metaclass=_Seeded):
    """NumPy's bit generator SFC64."""


class SeedSequence(np.random.SeedSequence, metaclass=_Seeded):
    """NumPy's `SeedSequence`: seeds of independent streams.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.random.SeedSequence([la.arange(5)[2], 3]).generate_state(1)
    array([2108521801], dtype=uint32)
    """


for _public in (MT19937, PCG64, PCG64DXSM, SFC64, Philox, SeedSequence):
    _public.__module__ = "lazyarr.random"
