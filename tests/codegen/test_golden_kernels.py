"""The text of kernels: unchanged unless looked at, and compiled for old and new GPUs."""

from __future__ import annotations

import importlib
import importlib.util
import re

import numpy as np
import pytest

import lazyarr as la
from lazyarr.codegen import lowering
from lazyarr.codegen.preamble import sections
from tests.codegen.programs import PROGRAMS, launches

SIDE = 1024
X, Y = (np.broadcast_to(np.float64(k), (SIDE, SIDE)) for k in (1, 2))
ARCHITECTURES = ("sm_70", "sm_80", "sm_90", "sm_100")
# Texts have two branches, for those before sm_80 and from then on. One of each is compiled
# as for a run, the others with less care for the kernels' speed: in a third of the time.
AS_FOR_A_RUN = ("sm_70", "sm_90")


def lazy(name, dtype="f8"):
    # Only shapes and dtypes matter: the arrays are never read.
    x, y = (np.zeros((SIDE, SIDE), dtype) for _ in range(2))
    return PROGRAMS[name](la, la.asarray(x), la.asarray(y))


@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_text(golden, name):
    parts = []
    for launch in launches(lazy(name)):
        grid = (
            f"// {launch.grid} blocks of {launch.block[0]} x {launch.block[1]} threads"
        )
        parts.append(f"{grid}\n{lowering.body(launch.structure)}")
    golden(f"cuda/{name}.cu", "\n".join(parts))


def test_kernels_name_no_shape_and_no_scalar():
    for name in PROGRAMS:
        for launch in launches(lazy(name)):
            assert str(SIDE) not in lowering.body(launch.structure)


@pytest.mark.parametrize("rows", [100, 1028])
def test_what_lies_around_a_loop_is_within_reach_of_its_indices(rows):
    x = la.asarray(np.broadcast_to(np.float32(1), (rows, 2_100_000)))
    (launch,) = launches(x[4:-4, :-4] - x[8:, :-4] - x[:-8, :-4])
    assert not launch.structure.wide
    assert (launch.structure.kind == "stencil") is (rows == 100)


@pytest.fixture(scope="module")
def compiler():
    for name in ("cuda.core", "nvidia.cuda_nvrtc"):
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            pytest.skip(f"{name} is not installed: pip install 'lazyarr[test]'")
    return importlib.import_module("cuda.core")


def together(dtypes):
    """Return every kernel of every program as one text, and how many there are."""
    bodies = {}
    for dtype in dtypes:
        for name in PROGRAMS:
            for launch in launches(lazy(name, dtype)):
                bodies[launch.structure] = launch
    return joined(bodies.values())


def joined(launches):
    """Return kernels as one text, and how many there are."""
    parts = []
    for k, launch in enumerate(launches):
        text = lowering.body(launch.structure)
        text = re.sub(rf"\b{launch.name}\(", f"kernel{k}(", text)
        text = text.replace("lz_shared", f"lz_shared{k}")
        parts.append(f"namespace n{k} {{\n{text}}}\n")
    whole = "".join(parts)
    return sections(whole) + whole, len(parts)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_program_compiles(compiler, architecture):
    text, count = together(["f8"])
    compile_all(compiler, architecture, text, count)


def test_every_program_compiles_with_wide_indices(compiler):
    # Arrays that need them are too large for a test; the text is the same but for them.
    x = la.asarray(np.zeros((SIDE, SIDE)))
    apart = (x[:, ::3] + 1, la.sum(x[:, ::3], axis=1), la.max(x[::2, ::-3], axis=0))
    found = [launch for name in PROGRAMS for launch in launches(lazy(name))]
    found += [launch for result in apart for launch in launches(result)]
    wide = {launch.structure._replace(wide=True): launch for launch in found}
    text, count = joined(one._replace(structure=s) for s, one in wide.items())
    assert "long long n0" in text
    compile_all(compiler, "sm_80", text, count)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_program_compiles_for_other_dtypes(compiler, architecture):
    text, count = together(["f4", "f2", "i4"])
    compile_all(compiler, architecture, text, count)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c16"])
def test_squares_of_many_turned_operands_fit_a_block(compiler, dtype):
    lead, *others = (la.asarray(np.zeros((SIDE, SIDE), dtype)) for _ in range(16))
    total = lead
    for k, one in enumerate(others):
        total = total + one.T * k
    (launch,) = launches(total)
    assert launch.structure.kind == "tile"
    compile_all(compiler, "sm_90", *joined([launch]))


def compile_all(compiler, architecture, text, count, names=b".text.kernel"):
    care = None if architecture in AS_FOR_A_RUN else "mid"
    options = compiler.ProgramOptions(
        arch=architecture, std="c++17", fma=False, ofast_compile=care
    )
    made = compiler.Program(text, "c++", options).compile("cubin")
    assert made.code.count(names) >= count
