"""Functions of whole arrays for the fake CuPy: NumPy's, with what CuPy has not left out."""

from __future__ import annotations

import operator
from types import SimpleNamespace

import numpy as np

from tests.codegen.fake_cupy import FakeArray, now

OPERATORS = [
    "add",
    "sub",
    "mul",
    "mod",
    "truediv",
    "floordiv",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
    "or",
    "and",
    "invert",
    "neg",
]
FUNCTIONS = [
    *("add", "arange", "argsort", "bincount", "clip", "concatenate", "cumprod"),
    *("cumsum", "diff", "flatnonzero", "full", "minimum", "nonzero", "ones"),
    *("searchsorted", "stack", "take_along_axis", "unique"),
]


def host(value):
    """Return an argument with what is on the device as NumPy's arrays, once it is there."""
    if isinstance(value, FakeArray):
        now().synchronize()
        return value.there
    if isinstance(value, (list, tuple)):
        return type(value)(map(host, value))
    return value


def device(value):
    """Return a result with NumPy's arrays and numbers on the device."""
    if isinstance(value, (list, tuple)):
        return tuple(map(device, value))
    return FakeArray.of(value)


def computing(function):
    """Return a function of arrays on the device."""

    def call(*args, **options):
        return device(function(*map(host, args), **options))

    return call


def packbits(a, axis=None, bitorder="big"):
    if axis is not None:
        raise NotImplementedError
    return computing(np.packbits)(a, bitorder=bitorder)


def unpackbits(a, axis=None, bitorder="big"):
    if axis is not None:
        raise NotImplementedError
    return computing(np.unpackbits)(a, bitorder=bitorder)


def take(a, indices, axis=None, out=None):
    """Take elements; places beyond bounds are brought within, as CuPy brings them."""
    return computing(np.take)(a, indices, axis, mode="wrap")


def copyto(target, source, where):
    target[host(where)] = host(source)[host(where)]


def lstsq(a, b, rcond=None):
    """Solve equations; what is not finite gives what is not finite, without a word."""
    if not np.isfinite(host(a)).all():
        empty = np.full(a.shape[1], np.nan, a.dtype)
        return device((empty, np.empty(0), np.int32(0), empty))
    return computing(np.linalg.lstsq)(a, b, rcond)


def as_strided(x, shape, strides):
    return x._part(np.lib.stride_tricks.as_strided(x.there, shape, strides))


def view(self, dtype):
    made = self.there.view(dtype)
    return FakeArray(made.shape, made.dtype, self.data, made.strides)


def part(self, key):
    keys = key if type(key) is tuple else (key,)
    if any(isinstance(one, FakeArray) for one in keys):
        return device(host(self)[host(key)])
    number = len(keys) == self.ndim and all(type(one) is int for one in keys)
    return self._part(self.there[(*keys, ...) if number else key])


def equip(monkeypatch, module):
    """Give a fake CuPy and its arrays what the functions without a lazy form use."""
    for name in OPERATORS:
        method = f"__{name}__"
        own = computing(getattr(operator, method))
        monkeypatch.setattr(FakeArray, method, own, raising=False)
    own = computing(lambda x, y: y + x)
    monkeypatch.setattr(FakeArray, "__radd__", own, raising=False)
    for name in ("any", "min", "max", "nonzero", "sum"):
        own = computing(operator.methodcaller(name))
        monkeypatch.setattr(FakeArray, name, own, raising=False)
    for name in FUNCTIONS:
        setattr(module, name, computing(getattr(np, name)))
    monkeypatch.setattr(FakeArray, "item", lambda x: host(x).item(), raising=False)
    monkeypatch.setattr(FakeArray, "__getitem__", part)
    put = FakeArray.__setitem__
    own = lambda x, key, value: put(x, host(key), value)  # noqa: E731
    monkeypatch.setattr(FakeArray, "__setitem__", own)
    own = lambda x: int(host(x))  # noqa: E731
    monkeypatch.setattr(FakeArray, "__int__", own, raising=False)
    for function in (copyto, packbits, take, unpackbits):
        setattr(module, function.__name__, function)
    module.linalg = SimpleNamespace(lstsq=lstsq)
    module.lib = SimpleNamespace(stride_tricks=SimpleNamespace(as_strided=as_strided))
    monkeypatch.setattr(FakeArray, "view", view, raising=False)
