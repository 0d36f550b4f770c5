"""What arrays leave behind is there for the next ones."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytest.importorskip("resource")

PROGRAM = """
import resource
import numpy as np
{first}

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(12_800) for _ in range(30)]
    del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(min(faults() for _ in range(5)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a rule of glibc's")
def test_small_arrays_are_not_made_of_fresh_pages_again_and_again(monkeypatch):
    for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("LD_PRELOAD", raising=False)  # another allocator

    def counted(first):
        code = [sys.executable, "-c", PROGRAM.format(first=first)]
        return int(subprocess.run(code, capture_output=True, check=True).stdout)

    assert counted("import lazyarr") <= counted("") // 4
