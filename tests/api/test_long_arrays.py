"""What masks select of long arrays, their orders, and what loops write into them.

Each case runs with NumPy, with arrays that are known and with arrays that are not: what
it returns, or the kind of error that it raises, is NumPy's.
"""

import numpy as np
import pytest


def long(xp, dtype=float):
    return (xp.arange(100_000) % 17).astype(dtype)


def mask(xp):
    return long(xp) > 9


def integer_rows(xp):
    """Write rows of integers in a loop, what does not fit among them."""
    w = xp.zeros((300, 1000), dtype=int)
    for k in range(3):
        w[k:-3] = w[k + 1 : -2] + 1
        w[1] += w[2]
        w[5] = w[6] * 2
        with pytest.raises(TypeError):
            w[7] += 0.5
        w[8] = 0.5
        w[9] = True
    return w


def rows_of_all_kinds(xp):
    """Write parts of an array in a loop: whole, rows, columns, pieces of both."""
    w = xp.ones((3000, 1000))
    for k in range(4):
        w[1:-1] = 0.5 * (w[:-2] + w[2:])
        w[k] *= 2
        w[:, k] = 1 - w[:, k + 1]
        w[k, 3:9] = w[k, 4:10]
        w[5] = w[6] % 3
        w[7] //= w[8] + 3
    return w


CASES = {
    "state attribute": lambda xp: xp.random.RandomState(1)._wrong,
    "state names": lambda xp: "standard_normal" in dir(xp.random.RandomState(1)),
    "sel text": lambda xp: str(long(xp)[mask(xp)]),
    "sel repr type": lambda xp: len(long(xp)[mask(xp)]),
    "sel power": lambda xp: long(xp)[mask(xp)] ** 2.5,
    "sel power array": lambda xp: long(xp)[mask(xp)] ** long(xp)[mask(xp)],
    "sel negative": lambda xp: -long(xp)[mask(xp)],
    "sel max int": lambda xp: long(xp, int)[mask(xp)].max(),
    "sel min bool": lambda xp: (long(xp) > 3)[mask(xp)].min(),
    "sel max bool": lambda xp: (long(xp) > 3)[mask(xp)].max(),
    "sel any bool": lambda xp: (long(xp) > 3)[mask(xp)].any(),
    "sel max single": lambda xp: long(xp, np.float32)[mask(xp)].max(),
    "sel max complex": lambda xp: long(xp, complex)[mask(xp)].max(),
    "sel sum int": lambda xp: long(xp, np.int8)[mask(xp)].sum(),
    "sel mean int": lambda xp: long(xp, int)[mask(xp)].mean(),
    "sel mean dtype": lambda xp: long(xp)[mask(xp)].mean(dtype=np.float32),
    "sel var int": lambda xp: long(xp, int)[mask(xp)].var(),
    "sel std": lambda xp: long(xp)[mask(xp)].std(ddof=1),
    "sel var dtype": lambda xp: long(xp)[mask(xp)].var(dtype=np.float32),
    "sel sum keepdims": lambda xp: long(xp)[mask(xp)].sum(keepdims=True),
    "sel sum axis": lambda xp: long(xp).reshape(100, 1000)[mask(xp)[:100]].sum(axis=0),
    "sel sum axis last": lambda xp: (
        long(xp).reshape(100, 1000)[mask(xp)[:100]].sum(axis=-1)
    ),
    "sel prod": lambda xp: (
        long(xp).reshape(100, 1000)[mask(xp).reshape(100, 1000)].prod()
    ),
    "sel plus array": lambda xp: (
        long(xp)[mask(xp)] + np.ones(int(np.count_nonzero(np.arange(100_000) % 17 > 9)))
    ),
    "sel plus row": lambda xp: (
        long(xp).reshape(100, 1000)[mask(xp)[:100]] + long(xp)[:1000]
    ),
    "sel sqrt": lambda xp: xp.sqrt(long(xp)[mask(xp)]),
    "sel log of zero left out": lambda xp: xp.log(long(xp)[long(xp) > 0]),
    "sel where": lambda xp: xp.where(long(xp)[mask(xp)] > 12, 1, 0),
    "sel of sel": lambda xp: (lambda s: s[s > 12])(long(xp)[mask(xp)]),
    "sel item": lambda xp: long(xp)[mask(xp)][3],
    "sel iadd": lambda xp: (lambda s: s.__iadd__(1))(long(xp)[mask(xp)]),
    "sel astype": lambda xp: long(xp)[mask(xp)].astype(np.int32),
    "sel clip": lambda xp: long(xp)[mask(xp)].clip(10, 12),
    "sel isnan": lambda xp: xp.isnan(long(xp)[mask(xp)]),
    "sel hypot numpy": lambda xp: np.hypot(long(xp)[mask(xp)], 2),
    "assign sel": lambda xp: (lambda w: (w.__setitem__(w > 9, w[w > 9] * 2), w)[1])(
        long(xp)
    ),
    "assign sel int div": lambda xp: (
        lambda w: (w.__setitem__(w > 9, w[w > 9] // 2), w)[1]
    )(long(xp, int)),
    "assign sel wrong": lambda xp: (lambda w: (w.__setitem__(w > 9, [1.0, 2.0]), w)[1])(
        long(xp)
    ),
    "assign rows": lambda xp: (lambda w: (w.__setitem__(w[:, 0] > 9, w[0]), w)[1])(
        long(xp).reshape(100, 1000)
    ),
    "mod assign": lambda xp: (lambda w: (w[w > 9].__iadd__(1), w)[1])(long(xp)),
    "loop parts int op float": integer_rows,
    "loop parts big": rows_of_all_kinds,
    "piecewise": lambda xp: xp.piecewise(
        long(xp), [mask(xp)], [lambda t: t * 2, lambda t: -t]
    ),
    "place": lambda xp: (lambda w: (xp.place(w, w > 9, [1, 2, 3]), w)[1])(long(xp)),
    "putmask": lambda xp: (lambda w: (xp.putmask(w, w > 9, [1, 2, 3]), w)[1])(long(xp)),
    "extract": lambda xp: xp.extract(mask(xp), long(xp)),
    "nanargmax large": lambda xp: xp.nanargmax(long(xp)),
    "order of ties": lambda xp: xp.argsort(long(xp), kind="stable"),
    "order of what is in order": lambda xp: xp.argsort(
        xp.arange(70_000), kind="stable"
    ),
    "order of many": lambda xp: xp.argsort(long(xp) * 1.7 % 1.3, kind="stable"),
    "order of nan": lambda xp: xp.argsort(
        xp.where(mask(xp), np.nan, long(xp)), kind="stable"
    ),
    "order of some nan": lambda xp: xp.argsort(
        xp.where(xp.arange(100_000) % 4999 == 7, np.nan, long(xp)), kind="stable"
    ),
    "order of bytes": lambda xp: xp.argsort(long(xp, np.int8), kind="stable"),
}


@pytest.mark.parametrize("small", [True, False], ids=["known", "planned"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_long_array_does_what_numpys_does(case, small, does_what_numpys_does):
    does_what_numpys_does(case, small)
