"""Public names that load when they are first used: ``import lazyarr`` stays small.

Every public name of NumPy that lazyarr's own modules do not define is found here, on
its first use, in one of four ways: in a module of `HOMES`; as a function that NumPy
writes in Python, run on lazy arrays (`COMPOSED`); as NumPy's own object, if it is a
class, a module or a constant; or as a function that evaluates its arguments.
"""

from __future__ import annotations

import functools
import importlib
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import submodules

if TYPE_CHECKING:
    from collections.abc import Callable

# Modules of lazyarr that are attributes of it.
MODULES = {
    "fft": "lazyarr.fft",
    "linalg": "lazyarr.linalg",
    "polynomial": "lazyarr.api.polynomials",
    "profiles": "lazyarr.profiles",
    "random": "lazyarr.random",
    "testing": "lazyarr.testing",
}

# Modules, of `lazyarr.api` unless they say more, and the names that are found in them.
_HOMES = {
    "ranges": "arange linspace",
    "joining": "concat concatenate diff hstack repeat roll stack tile unstack vstack",
    "explain": "compute explain is_lazy persist",
    "datatypes": "can_cast finfo iinfo isdtype result_type",
    "closeness": "allclose array_equal isclose",
    "broadcasting": "broadcast_arrays broadcast_shapes broadcast_to",
    "alike": "empty_like full_like ones_like zeros_like",
    "lazyarr.errors": "PerformanceWarning",
    "lazyarr.runtime.ledger": "Transfers transfers",
    "bins": "bincount histogram histogram_bin_edges",
    "choosing": "choose compress piecewise",
    "classes": "asmatrix bmat broadcast ndarray nditer nested_iters ufunc vectorize",
    "conversions": "asanyarray ascontiguousarray asfortranarray isfortran isscalar "
    "may_share_memory require shares_memory",
    "devices": "devices",
    "further": "i0 divmod frexp inner ldexp matvec modf spacing vdot vecmat",
    "formulas": "nan_to_num ptp sinc",
    "grids": "c_ mgrid ogrid r_",
    "inspection": "__array_namespace_info__",
    "kernels": "elementwise",
    "nan_reductions": "nanmax nanmean nanmin nanstd nanvar",
    "patterns": "eye identity meshgrid tril triu",
    "polynomials": "poly1d",
    "products": "dot einsum matmul outer tensordot trace vecdot einsum_path",
    "searching": "argwhere flatnonzero nonzero searchsorted",
    "sets": "isin unique unique_all unique_counts unique_inverse unique_values",
    "sorting": "argsort sort",
    "splitting": "array_split dsplit hsplit split vsplit",
    "stages": "argpartition convolve correlate interp lexsort median nanargmax "
    "nanargmin nanmedian nanpercentile nanquantile partition percentile "
    "quantile",
    "writing": "apply_along_axis copyto place put put_along_axis putmask",
}
HOMES = {name: home for home, names in _HOMES.items() for name in names.split()}

# Functions that NumPy writes in Python, in terms of functions that lazyarr has.
_COMPOSED = """
append apply_over_axes array_equiv asarray_chkfinite atleast_1d atleast_2d
atleast_3d average bartlett blackman block column_stack common_type corrcoef
cov cross delete diag diag_indices diag_indices_from diagflat digitize
dstack ediff1d extract fill_diagonal fix fliplr flipud fromfunction
geomspace gradient hamming hanning histogram2d histogramdd indices insert
intersect1d iscomplex iscomplexobj isneginf isposinf isreal isrealobj ix_
kaiser kron logspace mask_indices nancumprod nancumsum nanprod nansum ndim
pad poly polyadd polyder polydiv polyfit polyint polymul polysub polyval
real_if_close resize rollaxis roots rot90 row_stack select
setdiff1d setxor1d shape size sort_complex trapezoid tri
tril_indices_from trim_zeros triu_indices_from union1d unwrap
vander
"""
COMPOSED = frozenset(_COMPOSED.split())
# Home of what stands for NumPy's own, which makes much of little, or warns.
_LIMITED = {"average": "missing", "corrcoef": "missing", "cov": "missing"}
_LIMITED |= {"diag": "theirs", "vander": "theirs"}
_GROWING = ("diagflat", "kron")

# Those that write into an argument.
_WRITERS = ("fill_diagonal",)
# Of those that evaluate their arguments: what does no more than compute.
_PURE = frozenset(("packbits", "ravel_multi_index", "unpackbits", "unravel_index"))

# What a program for arrays has no use for, and what belongs to NumPy alone.
NOT_OFFERED = {
    "core": "a module that NumPy keeps to itself",
    "f2py": "a tool that has nothing to do with arrays",
    "get_include": "NumPy's C headers are NumPy's",
    "info": "it describes NumPy's own objects",
    "show_config": "it describes NumPy's build",
    "show_runtime": "it describes NumPy's build",
    "test": "NumPy's own test suite",
}


def find(name: str) -> Any:
    """Return the public object of this name.

    Raises
    ------
    AttributeError
        There is none; for what NumPy has and lazyarr has not, the message says why.
    """
    if name in MODULES:
        return importlib.import_module(MODULES[name])
    if name in HOMES:
        home = HOMES[name] if "." in HOMES[name] else f"lazyarr.api.{HOMES[name]}"
        return getattr(importlib.import_module(home), name)
    hidden = name.startswith("_") and name != "_NoValue"  # a default of many packages
    if hidden or name in NOT_OFFERED or not hasattr(np, name):
        why = NOT_OFFERED.get(name)
        msg = f"module 'lazyarr' has no attribute {name!r}"
        raise AttributeError(f"{msg}: {why}" if why else msg)
    theirs = getattr(np, name)
    if name in COMPOSED:
        composed = importlib.import_module("lazyarr.api.composed")
        templates = importlib.import_module("lazyarr.api.templates")
        made = templates.templated(composed.on_lazy_arrays(theirs))
        if name in _WRITERS:
            return _writing(theirs)(made)
        known = composed.on_known_arrays(theirs)
        known = _theirs(name) if name in _LIMITED else known
        known = composed.making_little(known) if name in _GROWING else known
        return _quick(known)(made)
    if isinstance(theirs, (type, types.ModuleType)) or not callable(theirs):
        return theirs
    made = importlib.import_module("lazyarr.api.evaluating").evaluating(theirs)
    if isinstance(theirs, np.ufunc):
        importlib.import_module("lazyarr.api.ufuncs").lend(made)
    if name in _PURE:
        made = _quick(theirs)(made)
    return made


def _quick(theirs: Callable[..., Any]) -> Any:
    return importlib.import_module("lazyarr.api.quick").quick(theirs)


def _theirs(name: str) -> Callable[..., Any]:
    made: Callable[..., Any] = getattr(
        importlib.import_module(f"lazyarr.api.{_LIMITED[name]}"), name
    )
    return made


def _writing(theirs: Callable[..., Any]) -> Any:
    return importlib.import_module("lazyarr.api.quick").writing(theirs)


@functools.cache
def function(name: str) -> Callable[..., Any] | None:
    """Return our function of the name of one of NumPy's, else None.

    Those of NumPy's modules have names as "linalg.inv".
    """
    module, _, short = name.rpartition(".")
    if module not in ("", "fft", "linalg"):
        return None
    space = importlib.import_module(MODULES.get(module, "lazyarr"))
    own = space.__all__ if module else space._OWN
    there = short in own or (not module and short in {*HOMES, *COMPOSED})
    found: Callable[..., Any] | None = getattr(space, short) if there else None
    return found


def names() -> list[str]:
    """Return all names that can be found here."""
    theirs = {name for name in dir(np) if not name.startswith("_")}
    return sorted((theirs | {*MODULES, *HOMES}) - set(NOT_OFFERED))


submodules.offer()
