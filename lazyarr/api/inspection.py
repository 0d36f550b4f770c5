"""What the namespace can do, in the words of the array API standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.devices import check_device, devices

if TYPE_CHECKING:
    from lazyarr.ops.row import DType

_NAMES = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_NAMES["integral"] = _NAMES["signed integer"] + _NAMES["unsigned integer"]
_NAMES["numeric"] = (
    _NAMES["integral"] + _NAMES["real floating"] + _NAMES["complex floating"]
)
_DIMENSIONS = 64  # NumPy's own limit


class Info:
    """Answers about the namespace; see `__array_namespace_info__`."""

    __slots__ = ()

    def capabilities(self) -> dict[str, Any]:
        """Return what is supported: masks, sizes that depend on values, dimensions."""
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": _DIMENSIONS,
        }

    def default_device(self) -> None:
        """Return None: the device is chosen for each computation."""

    def devices(self) -> tuple[str, ...]:
        """Return the devices that can be used now."""
        return tuple(devices())

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """Return the dtypes of what is made without naming one."""
        check_device(device, "default_dtypes")
        return {
            "real floating": np.dtype(np.float64),
            "complex floating": np.dtype(np.complex128),
            "integral": np.dtype(np.int64),
            "indexing": np.dtype(np.int64),
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """Return the standard's dtypes by name, all of them or those of some kinds."""
        check_device(device, "dtypes")
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if kind is None:
            kinds = ("bool", "numeric")
        unknown = [k for k in kinds if k not in _NAMES]
        if unknown:
            msg = f"unsupported kind: {unknown[0]!r}"
            raise ValueError(msg)
        return {name: np.dtype(name) for k in kinds for name in _NAMES[k]}


def __array_namespace_info__() -> Info:  # noqa: N807 - the standard's name
    """Return what the namespace can do, to be asked by its methods.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.__array_namespace_info__().capabilities()["data-dependent shapes"]
    True
    """
    return Info()
