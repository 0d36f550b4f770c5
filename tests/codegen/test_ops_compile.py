"""Every op's CUDA expression, for every dtype, compiled for GPUs old and new."""

import pytest

from lazyarr import ops
from lazyarr.codegen.preamble import ctype, expression, sections
from tests.codegen.test_golden_kernels import ARCHITECTURES, compile_all, compiler
from tests.ops.edges import DTYPES, cases

__all__ = ["compiler"]  # a fixture


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


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_expression_compiles(compiler, architecture):
    compile_all(compiler, architecture, *program(), names=b".text.run")
