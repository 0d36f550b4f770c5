"""Which of our functions answers for NumPy's function of the same name."""

from __future__ import annotations

from lazyarr.api import (
    creation,
    elementwise,
    indexing,
    interop,
    manipulation,
    products,
    selection,
    statistical,
)

# Same name, same call. What differs in signature is adapted where it is defined.
for _module in (
    creation,
    elementwise,
    indexing,
    manipulation,
    products,
    selection,
    statistical,
):
    for _name, _function in vars(_module).items():
        if (
            callable(_function)
            and getattr(_function, "__module__", "") == _module.__name__
        ):
            interop.FUNCTIONS.setdefault(_name, _function)
