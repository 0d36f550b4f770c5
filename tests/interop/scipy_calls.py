"""SciPy's functions on lazy arrays, in a process where its array API mode is on.

    SCIPY_ARRAY_API=1 python -m tests.interop.scipy_calls

prints how their results compare with NumPy's.
"""

from __future__ import annotations

import importlib

import numpy as np
from numpy.random import default_rng

from tests.interop.report import main

CALLS = """
stats.zscore(x)
stats.zmap(x, y)
stats.skew(x)
stats.kurtosis(x)
stats.describe(x).variance
stats.gmean(x)
stats.hmean(x)
stats.moment(x, 3)
stats.variation(x)
stats.sem(x)
stats.entropy(x)
stats.rankdata(x)
stats.trim_mean(x, 0.1)
stats.pearsonr(x, y).statistic
stats.spearmanr(x, y).statistic
stats.ttest_1samp(x, 0.4).pvalue
stats.ttest_ind(x, y).statistic
stats.mannwhitneyu(x, y).statistic
stats.bartlett(x, y).statistic
stats.normaltest(x).statistic
stats.power_divergence(x).statistic
stats.differential_entropy(x)
stats.quantile(x, q)
stats.directional_stats(points).mean_direction
special.expit(x)
special.logit(x)
special.erf(x)
special.ndtri(x)
special.gammaln(x)
special.xlogy(x, y)
special.rel_entr(x, y)
special.logsumexp(x)
special.softmax(points, axis=1)
fft.fft(x)
fft.rfft(x)
fft.ifft2(points)
fft.dct(x)
fft.fftshift(x)
integrate.trapezoid(x, dx=0.1)
integrate.cumulative_trapezoid(x, dx=0.1)
integrate.tanhsinh(lambda t: t**2, low, high).integral
cluster.vq.whiten(points)
cluster.vq.vq(points, points[:3])[0]
cluster.vq.kmeans(points, points[:3])[0]
cluster.hierarchy.linkage(points)
signal.convolve(x, y)
signal.fftconvolve(x, y)
signal.detrend(x)
signal.hilbert(x)
signal.savgol_filter(x, 5, 2)
signal.lfilter(q, q[:1], x)
ndimage.gaussian_filter(points, 1)
ndimage.label(points > 0.5)[0]
ndimage.zoom(points, 2)
interpolate.PchipInterpolator(ordered, y)(q)
differentiate.derivative(lambda t: t**3, x).df
optimize.rosen(x)
spatial.transform.Rotation.from_rotvec(points).as_matrix()
constants.convert_temperature(x, "C", "K")
""".strip().splitlines()


def evaluated(call, module):
    """Return what a call gives for arrays of a module."""
    draw = default_rng(0).random
    modules = (
        "cluster constants differentiate fft integrate interpolate ndimage optimize "
        "signal spatial special stats"
    )
    names = modules.split()
    scope = {name: importlib.import_module(f"scipy.{name}") for name in names}
    x, y = draw(50), draw(50)
    arrays = {
        "x": x,
        "y": y,
        "ordered": np.sort(x),
        "points": draw((20, 3)),
        "q": np.array([0.25, 0.5]),
        "low": np.zeros(3),
        "high": np.ones(3),
    }
    scope |= {name: module.asarray(value) for name, value in arrays.items()}
    return eval(call, scope)  # noqa: S307 - of the table above


if __name__ == "__main__":
    main(CALLS, evaluated)
