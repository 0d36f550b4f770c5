"""matplotlib draws lazy arrays."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")

X = np.arange(12.0).reshape(3, 4)
V = np.array([3.0, 1.0, 2.0])
CALLS = {
    "plot": lambda ax, x, v: ax.plot(v),
    "plot_both": lambda ax, x, v: ax.plot(v, v**2, "o-"),
    "scatter": lambda ax, x, v: ax.scatter(v, v, c=v, s=v),
    "imshow": lambda ax, x, v: ax.imshow(x, vmin=x.min(), vmax=x.max()),
    "pcolormesh": lambda ax, x, v: ax.pcolormesh(x),
    "contourf": lambda ax, x, v: ax.contourf(x),
    "bar": lambda ax, x, v: ax.bar(v, v * 2),
    "hist": lambda ax, x, v: ax.hist(v, bins=2),
    "boxplot": lambda ax, x, v: ax.boxplot(x),
    "errorbar": lambda ax, x, v: ax.errorbar(v, v, yerr=v / 2),
    "fill_between": lambda ax, x, v: ax.fill_between(v, v, v * 2),
    "quiver": lambda ax, x, v: ax.quiver(x, x),
    "axhline": lambda ax, x, v: ax.axhline(v.mean()),
    "limits": lambda ax, x, v: ax.set_xlim(v.min(), v.max()),
}


def picture(name, values):
    """Return the pixels of a figure."""
    matplotlib.use("agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, axes = pyplot.subplots(figsize=(2, 2), dpi=40)
    try:
        CALLS[name](axes, values(X), values(V))
        figure.canvas.draw()
        return np.array(figure.canvas.buffer_rgba())
    finally:
        pyplot.close(figure)


@pytest.mark.parametrize("name", CALLS)
def test_the_picture_is_that_of_numpys_array(name):
    np.testing.assert_array_equal(picture(name, la.asarray), picture(name, np.asarray))
