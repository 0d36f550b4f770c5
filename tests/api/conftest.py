"""Programs as parameters are named by the line they stand in."""

from __future__ import annotations

from types import FunctionType


def pytest_make_parametrize_id(val: object) -> str | None:
    if isinstance(val, FunctionType):
        return f"line-{val.__code__.co_firstlineno}"
    return None
