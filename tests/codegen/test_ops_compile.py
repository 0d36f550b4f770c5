"""Every op's CUDA expression, for every dtype, compiled for GPUs old and new."""

import importlib
import importlib.util

import pytest

from lazyarr import ops
from lazyarr.codegen.preamble import ctype, expression, sections
from tests.ops.edges import DTYPES, cases

ARCHITECTURES = ("sm_70", "sm_80", "sm_90", "sm_100")


def kernel_text(number, op, loop, out):
    names = tuple(f"r{k}" for k in range(len(loop)))
    given = "".join(f"const {ctype(d)}* p{k}, " for k, d in enumerate(loop))
    loads = "".join(f"const {ctype(d)} r{k} = p{k}[i]; " for k, d in enumerate(loop))
    return (
        f'extern "C" __global__ void run{number}({given}{ctype(out)}* q) {{\n'
        f"  const int i = threadIdx.x; {loads}\n"
        f"  const {ctype(out)} r = {expression(op, loop, out, names)}; q[i] = r;\n}}\n"
    )


def program():
    """Return the text of one kernel for every op and loop, and for every cast."""
    texts = []
    for op, loop in cases(ops.OPS):
        outs = DTYPES if op.name == "astype" else [op.resolve(loop)[-1]]
        texts += [(op, loop, out) for out in outs]
    body = "".join(kernel_text(k, *text) for k, text in enumerate(texts))
    return sections(body) + body, len(texts)


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


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_expression_compiles(compiler, architecture):
    text, count = program()
    options = compiler.ProgramOptions(arch=architecture, std="c++17", fma=False)
    made = compiler.Program(text, "c++", options).compile("cubin")
    assert made.code.count(b".text.run") >= count
