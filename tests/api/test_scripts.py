"""Statements of a script itself, below which there is no other frame.

What is computed at once looks at the caller's frames for the user's line. A test's own
function is called by others; a script's first lines are not.
"""

import subprocess
import sys

HEAD = """
import numpy as np
import lazyarr as la
x, e = la.arange(4.0) + 1, (la.arange(4.0) + 1)[2]
i, small = la.arange(4) + 1, (la.arange(3.0) + 1)
large = la.asarray(np.ones(100_000))
part, other = large[2:5], large[7:10]
drawn = la.random.default_rng(1)
"""
POWERS = "2**x; x**2; x**0.5; x**x; part**2; 2**part; part**other; e**2; 2**e; e**x; x**e; large**2; 2**large"
OPERATORS = (
    "x+1; 1+x; x+e; e+x; 1+e; e+e; part+1; 1+part; part+small; small+part; part+e; e+part; -x; -e; -part; -large; "
    "~i; ~i[1]; abs(e); large+e; e+large; x@x; part@other; part@small; small@part; x>1; e<x; part==1; divmod(x, 2)"
)
NUMPYS = (
    "np.float64(2)**x; np.float64(2)+e; np.ones(4)+x; np.ones(3)*part; np.sin(x); np.sin(e); np.sin(part); np.sin(large); "
    "np.hypot(e, x); np.sum(x); np.sum(large); np.add.reduce(x); np.add.outer(x, e)"
)
FUNCTIONS = (
    "la.sin(x); la.sin(e); la.sin(part); la.sin(large); la.sin(0.5); la.add(e, x); la.add(1, 2); x.sum(); part.sum(); "
    "large.sum(); la.sum([1, 2]); la.max([x, x]); la.zeros(3); la.zeros(100_000); la.array([1, 2.0]); la.array(part); "
    "la.arange(5); la.eye(3); la.where(x > 1, x, 0); la.clip(part, 0, 1); la.median(large); la.sort(x); la.pad(x, 1); "
    "la.dot(large, large); la.nanmean(x); la.ldexp(x, 2); la.modf(x); drawn.random(3); drawn.normal(x, 1.0); "
    "drawn.random(100_000); x[1:]; x[e > 0]; large[large > 5]; x.reshape(2, 2); part.astype(int); e.real"
)
WRITES = (
    "x += 1; x += e; x *= x; x **= 2; i |= 1; part += 1; part **= 2; large += 1; x[0] = 1; x[0] = e; large[0] = 1; "
    "large[:3] = other; x[x > 2] = 0"
)


def test_every_kind_of_statement_runs_at_the_top_of_a_script():
    statements = "; ".join([POWERS, OPERATORS, NUMPYS, FUNCTIONS, WRITES]).split("; ")
    script = "\n".join([HEAD, *statements, "print(float(x[0]), float(large[1]))"])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout == "0.0 2.0\n"
    assert len(statements) > 100
