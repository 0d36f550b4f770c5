"""Signals and time series."""

from __future__ import annotations

from tests.corpus.registry import SUMS, program

TRANSFORM = "the transform's input differs in its last bits"


def signal(n, rng):
    return (rng.standard_normal(n),)


@program(signal, sizes=(12, 60), large=1_000_000, rtol=1e-9, reason=SUMS)
def moving_averages(np, x, w=5):
    """By convolution, by cumulative sums, and exponentially."""
    flat = np.convolve(x, np.ones(w) / w, mode="valid")
    total = np.cumsum(np.insert(x, 0, 0))
    fast = (total[w:] - total[:-w]) / w
    return flat + 10, fast + 10, np.isclose(flat, fast)


@program(signal, sizes=(10, 60), large=2000, loops=True)
def exponential_smoothing(np, x, alpha=0.3):
    """A recurrence over elements."""
    s = np.empty_like(x)
    s[0] = x[0]
    for k in range(1, len(x)):
        s[k] = alpha * x[k] + (1 - alpha) * s[k - 1]
    return s


@program(signal, sizes=(12, 50), large=300_000, rtol=1e-10, reason=SUMS)
def rolling_windows(np, x, w=4):
    """Statistics of every window, from a view."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w)
    return (
        windows.mean(axis=-1) + 10,
        windows.max(axis=1),
        windows.min(-1),
        windows.std(axis=1),
        np.sort(windows, axis=1)[:, w // 2],
    )


@program(lambda n, rng: (rng.random(n), rng.random(5)), sizes=(16, 50), large=200_000, rtol=1e-9,
         reason=TRANSFORM)  # fmt: skip
def convolution_by_transform(np, x, kernel):
    """Beside the direct one."""
    n = len(x) + len(kernel) - 1
    size = 1 << (n - 1).bit_length()
    product = np.fft.rfft(x, size) * np.fft.rfft(kernel, size)
    return np.fft.irfft(product, size)[:n] + 1, np.convolve(x, kernel) + 1


@program(
    lambda n, rng: (n,), sizes=(16, 64), large=500_000, rtol=1e-8, reason=TRANSFORM
)
def spectral_derivative(np, n):
    """Of a periodic function, exact up to rounding."""
    x = 2 * np.pi * np.arange(n) / n
    f = np.exp(np.sin(x))
    k = np.fft.fftfreq(n, d=1 / n)
    k[n // 2] = 0
    derivative = np.fft.ifft(1j * k * np.fft.fft(f)).real
    return derivative + 10, np.allclose(derivative, np.cos(x) * f, atol=1e-3)


@program(signal, sizes=(16, 64), large=200_000, rtol=1e-9, reason=TRANSFORM)
def spectrum(np, x):
    """A window, the power in decibels, the strongest frequencies."""
    windowed = x * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(x)) / (len(x) - 1)))
    power = np.abs(np.fft.rfft(windowed)) ** 2 / len(x)
    frequency = np.fft.rfftfreq(len(x), 0.01)
    strongest = np.argsort(power)[::-1][:3]
    return (
        frequency[strongest],
        10 * np.log10(power + 1e-3) + 100,
        np.fft.fftshift(power),
    )


@program(signal, sizes=(32, 128), large=400_000, rtol=1e-9, reason=TRANSFORM)
def short_time_transform(np, x, width=8, hop=4):
    """Frames by integer indices, one transform for all."""
    starts = np.arange(0, len(x) - width + 1, hop)
    frames = x[starts[:, None] + np.arange(width)]
    spectra = np.fft.rfft(frames * np.hanning(width), axis=1)
    return np.abs(spectra).T + 1, frames.shape


@program(
    lambda n, rng: (rng.random((n, n)),),
    sizes=(8, 15),
    large=700,
    rtol=1e-9,
    reason=TRANSFORM,
)
def low_pass_in_two_dimensions(np, image):
    """A disc in the spectrum."""
    f = np.fft.fftshift(np.fft.fft2(image))
    h, w = image.shape
    y, x = np.mgrid[:h, :w]
    keep = (x - w // 2) ** 2 + (y - h // 2) ** 2 <= (min(h, w) / 4) ** 2
    return np.real(np.fft.ifft2(np.fft.ifftshift(f * keep))) + 1, keep.sum()


@program(signal, sizes=(10, 60), large=1_000_000)
def running_extremes(np, x):
    """Accumulations of ufuncs, and what is derived from them."""
    price = 100 + np.cumsum(np.round(x * 8) / 8)
    peak = np.maximum.accumulate(price)
    drawdown = (price - peak) / peak
    low = np.minimum.accumulate(price[::-1])[::-1]
    return peak, drawdown.min(), low, np.argmin(drawdown)


@program(signal, sizes=(10, 60), large=1_000_000)
def peaks(np, x):
    """Local maxima, crossings of zero, runs."""
    is_peak = (x[1:-1] > x[:-2]) & (x[1:-1] > x[2:])
    where = np.flatnonzero(is_peak) + 1
    crossings = np.where(np.diff(np.signbit(x)))[0]
    up = np.diff(x) > 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], up.astype(int), [0]))))
    lengths = edges[1::2] - edges[::2]
    return where, x[where], crossings, lengths


@program(signal, sizes=(12, 48), large=30_000, rtol=1e-9, reason=SUMS)
def autocorrelation(np, x, lags=6):
    """By slices and by correlate."""
    z = x - x.mean()
    by_slices = np.array([np.dot(z[: len(z) - k], z[k:]) for k in range(lags)])
    full = np.correlate(z, z, mode="full")[len(z) - 1 : len(z) - 1 + lags]
    return by_slices / by_slices[0] + 2, full / full[0] + 2


@program(signal, sizes=(24, 72), large=600_000, rtol=1e-9, reason=SUMS)
def seasonal_decomposition(np, x, period=6):
    """Trend by a moving mean, season by a reshape with a mean, the rest."""
    kernel = np.ones(period + 1)
    kernel[[0, -1]] = 0.5
    trend = np.full(x.shape, np.nan)
    trend[period // 2 : -(period // 2)] = np.convolve(x, kernel / period, "valid")
    rest = x - trend
    season = np.nanmean(rest.reshape(-1, period), axis=0)
    season -= season.mean()
    return (
        season + 10,
        np.nanstd(rest - np.tile(season, len(x) // period)),
        np.isnan(trend).sum(),
    )


@program(
    lambda n, rng: (rng.random(n) * 20 - 10,),
    sizes=(8, 40),
    large=300_000,
    rtol=1e-12,
    reason=SUMS,
)
def phases(np, angle):
    """Unwrapping, wrapping back, and complex numbers."""
    wrapped = (angle + np.pi) % (2 * np.pi) - np.pi
    unwrapped = np.unwrap(np.sort(wrapped))
    z = np.exp(1j * angle)
    return unwrapped, np.angle(z), np.abs(z.sum()), z.conj() * z, z.real, z.imag


@program(signal, sizes=(16, 64), large=4096, rtol=1e-8, reason=TRANSFORM)
def fft_by_hand(np, x):
    """Cooley and Tukey's, one level of butterflies after the other."""
    n = x.shape[0]
    k = np.arange(min(n, 4))
    m = np.exp(-2j * np.pi * k[:, None] * k / len(k))
    y = np.dot(m, x.reshape((len(k), -1)))
    while y.shape[0] < n:
        even, odd = y[:, : y.shape[1] // 2], y[:, y.shape[1] // 2 :]
        factor = np.exp(-1j * np.pi * np.arange(y.shape[0]) / y.shape[0])[:, None]
        y = np.vstack([even + factor * odd, even - factor * odd])
    return np.abs(y.ravel()) + 1, np.abs(np.fft.fft(x)) + 1
