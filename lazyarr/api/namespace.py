"""Which of our functions answers for NumPy's function of the same name."""

from __future__ import annotations

from lazyarr.api import (
    alike,
    broadcasting,
    creation,
    datatypes,
    elementwise,
    fft,
    indexing,
    interop,
    joining,
    linalg,
    manipulation,
    moments,
    patterns,
    places,
    products,
    ranges,
    scans,
    searching,
    selection,
    sets,
    sorting,
    statistical,
    ufuncs,
)

# Same name, same call. What differs in signature is adapted where it is defined.
for _module in (
    alike,
    broadcasting,
    creation,
    datatypes,
    elementwise,
    indexing,
    joining,
    manipulation,
    moments,
    patterns,
    places,
    products,
    ranges,
    scans,
    searching,
    selection,
    sets,
    sorting,
    statistical,
):
    for _name, _function in vars(_module).items():
        if (
            callable(_function)
            and getattr(_function, "__module__", "") == _module.__name__
        ):
            interop.FUNCTIONS.setdefault(_name, _function)

for _home, _module in (("linalg", linalg), ("fft", fft)):
    for _name in _module.__all__:
        interop.FUNCTIONS[f"{_home}.{_name}"] = getattr(_module, _name)

ufuncs.equip({**vars(elementwise), "pow": selection.pow})
