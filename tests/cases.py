"""Many cases of one test: all are tried, and those that fail are named together."""

from __future__ import annotations

import itertools
import traceback

import pytest

SHOWN = 20


def every(check, *names):
    """Call ``check`` with each combination of names; fail with a list of what failed.

    Thousands of cases that live and die together take pytest longer than Python.
    """
    failed = []
    for case in itertools.product(*names):
        try:
            check(*case)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told below
            place = traceback.extract_tb(error.__traceback__)[-1]
            told = f"{type(error).__name__} at {place.filename}:{place.lineno}: {error}"
            failed.append((f"[{', '.join(map(str, case))}] {told}", error))
    if failed:
        texts = [text for text, _ in failed[:SHOWN]]
        if len(failed) > SHOWN:
            texts.append(f"… and {len(failed) - SHOWN} more")
        heading = f"{len(failed)} cases fail; the first is shown above"
        raise AssertionError("\n".join([heading, *texts])) from failed[0][1]
