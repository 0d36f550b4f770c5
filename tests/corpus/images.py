"""Filters and measurements of images."""

from __future__ import annotations

from tests.corpus.registry import SUMS, program


def gray(n, rng):
    return (rng.random((n, n + 3)),)


def eight_bits(n, rng):
    return (rng.integers(0, 256, (n, n + 3), dtype="u1"),)


def colours(n, rng):
    return (rng.integers(0, 256, (n, n + 1, 3), dtype="u1"),)


@program(gray, sizes=(7, 20), large=1200)
def box_blur(np, image):
    """Nine shifted slices."""
    out = np.zeros_like(image)
    h, w = image.shape
    padded = np.pad(image, 1, mode="edge")
    for di in range(3):
        for dj in range(3):
            out += padded[di : di + h, dj : dj + w]
    out /= 9
    return out


@program(gray, sizes=(7, 20), large=1200)
def sobel(np, image):
    """Edges: magnitude and direction."""
    p = np.pad(image, ((1, 1), (1, 1)), mode="reflect")
    gx = (p[:-2, 2:] + 2 * p[1:-1, 2:] + p[2:, 2:]) - (
        p[:-2, :-2] + 2 * p[1:-1, :-2] + p[2:, :-2]
    )
    gy = (p[2:, :-2] + 2 * p[2:, 1:-1] + p[2:, 2:]) - (
        p[:-2, :-2] + 2 * p[:-2, 1:-1] + p[:-2, 2:]
    )
    magnitude = np.sqrt(gx**2 + gy**2)
    magnitude *= 255.0 / magnitude.max()
    return magnitude.astype(np.uint8), np.degrees(np.arctan2(gy, gx))


@program(eight_bits, sizes=(6, 18), large=500)
def median_filter(np, image):
    """The middle of nine sorted neighbours."""
    h, w = image.shape
    padded = np.pad(image, 1, mode="symmetric")
    windows = np.stack(
        [padded[i : i + h, j : j + w] for i in range(3) for j in range(3)], axis=-1
    )
    windows.sort(axis=-1)
    return windows[..., 4]


@program(eight_bits, sizes=(8, 25), large=1200)
def histogram_equalisation(np, image):
    """A lookup table out of the cumulative histogram."""
    histogram = np.bincount(image.ravel(), minlength=256)
    cdf = histogram.cumsum()
    first = cdf[cdf > 0][0]
    table = np.round((cdf - first) * 255 / max(cdf[-1] - first, 1))
    return np.clip(table, 0, 255).astype(np.uint8)[image], histogram


@program(
    lambda n, rng: (rng.random((n, n)), rng.random((5, 5)) - 0.3),
    sizes=(8, 19),
    large=700,
    rtol=1e-12,
    reason=SUMS,
)
def convolution_by_windows(np, image, kernel):
    """A sliding window view and an einsum."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel[::-1, ::-1])


@program(
    lambda n, rng: (rng.random((n, n)),),
    sizes=(8, 20),
    large=900,
    rtol=1e-12,
    reason=SUMS,
)
def gaussian_blur(np, image, sigma=1.2):
    """A separable filter, with a kernel that is normalised first."""
    radius = 3
    t = np.arange(-radius, radius + 1)
    kernel = np.exp(-(t**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    padded = np.pad(image, radius, mode="constant", constant_values=0.5)
    rows = sum(w * padded[:, k : k + image.shape[1]] for k, w in enumerate(kernel))
    return sum(w * rows[k : k + image.shape[0]] for k, w in enumerate(kernel))


@program(gray, sizes=(6, 16), large=1500, rtol=1e-12, reason=SUMS)
def unsharp_mask(np, image, amount=0.6):
    """Sharpening with a threshold and clipping."""
    blurred = image.copy()
    blurred[1:-1, 1:-1] = (
        image[:-2, 1:-1] + image[2:, 1:-1] + image[1:-1, :-2] + image[1:-1, 2:]
    ) / 4
    detail = image - blurred
    sharp = np.where(np.abs(detail) > 0.05, image + amount * detail, image)
    return np.clip(sharp, 0, 1), detail.std()


@program(gray, sizes=(8, 24), large=1500)
def pooling(np, image):
    """Largest and mean of blocks, by reshape."""
    h, w = (s // 4 * 4 for s in image.shape)
    blocks = image[:h, :w].reshape(h // 4, 4, w // 4, 4)
    largest = blocks.max(axis=(1, 3))
    return largest, np.repeat(np.repeat(largest, 4, axis=0), 4, axis=1) - image[:h, :w]


@program(colours, sizes=(5, 16), large=900, rtol=1e-12, reason=SUMS)
def to_gray_and_back(np, image):
    """Weights along the last axis, a tint, integers again."""
    weights = np.array([0.299, 0.587, 0.114])
    gray = image @ weights
    tint = np.stack((gray, gray * 0.8, gray * 0.5), axis=-1)
    return np.minimum(tint.round(), 255).astype(np.uint8), image.mean(axis=(0, 1))


@program(colours, sizes=(5, 14), large=900)
def to_hue_and_value(np, image):
    """HSV, with masked assignments for the three cases."""
    rgb = image / 255.0
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    top, bottom = rgb.max(axis=-1), rgb.min(axis=-1)
    span = top - bottom
    hue = np.zeros_like(top)
    safe = np.where(span == 0, 1, span)
    is_red = (top == r) & (span > 0)
    is_green = (top == g) & (span > 0) & ~is_red
    is_blue = (span > 0) & ~is_red & ~is_green
    hue[is_red] = (((g - b) / safe) % 6)[is_red]
    hue[is_green] = ((b - r) / safe + 2)[is_green]
    hue[is_blue] = ((r - g) / safe + 4)[is_blue]
    saturation = np.divide(span, top, out=np.zeros_like(top), where=top > 0)
    return hue * 60, saturation, top


@program(gray, sizes=(6, 17), large=1200)
def erosion_and_dilation(np, image):
    """Morphology by running extremes of shifted views."""
    mask = image > 0.4
    padded = np.pad(mask, 1)
    h, w = mask.shape
    views = [padded[i : i + h, j : j + w] for i in range(3) for j in range(3)]
    eroded = np.logical_and.reduce(views)
    dilated = np.logical_or.reduce(views)
    return eroded, dilated, dilated ^ eroded


@program(gray, sizes=(7, 21), large=1500, rtol=1e-11, reason=SUMS)
def integral_image(np, image):
    """Sums over windows from one table of sums."""
    table = np.zeros((image.shape[0] + 1, image.shape[1] + 1))
    table[1:, 1:] = image.cumsum(axis=0).cumsum(axis=1)
    k = 3
    return table[k:, k:] - table[:-k, k:] - table[k:, :-k] + table[:-k, :-k]


@program(eight_bits, sizes=(8, 24), large=1000, rtol=1e-11, reason=SUMS)
def otsu_threshold(np, image):
    """The threshold that separates two classes best."""
    counts, edges = np.histogram(image, bins=256, range=(0, 256))
    # Of whole numbers: where a class is empty, its mean is none whatever the order of sums.
    omega = np.cumsum(counts) / counts.sum()
    mu = np.cumsum(counts * np.arange(256)) / counts.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mu[-1] * omega - mu) ** 2 / (omega * (1 - omega))
    # Where no pixel has a value, thresholds are equally good: take their middle.
    best = int(np.flatnonzero(between >= np.nanmax(between) * (1 - 1e-9)).mean())
    return best, image > best, edges[best]


@program(gray, sizes=(9, 30), large=1200)
def bilinear_resize(np, image):
    """Half-pixel sampling, with integer index arrays that broadcast."""
    h, w = image.shape
    y = np.linspace(0, h - 1, 2 * h)
    x = np.linspace(0, w - 1, w // 2)
    y0 = np.minimum(y.astype(int), h - 2)
    x0 = np.minimum(x.astype(int), w - 2)
    fy, fx = (y - y0)[:, None], x - x0
    a, b = image[np.ix_(y0, x0)], image[np.ix_(y0, x0 + 1)]
    c, d = image[y0[:, None] + 1, x0], image[y0[:, None] + 1, x0 + 1]
    return (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy


@program(gray, sizes=(6, 15), large=1500)
def turns_and_mirrors(np, image):
    """Rearrangements that move data only."""
    return (
        np.rot90(image),
        np.rot90(image, 2).T,
        np.fliplr(image),
        np.flipud(image)[::2],
        np.transpose(image)[::-1],
        np.concatenate([image, image[:, ::-1]], axis=1),
    )


@program(eight_bits, sizes=(8, 20), large=500)
def dithering_by_rows(np, image):
    """A threshold matrix, tiled over the picture."""
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
    h, w = image.shape
    thresholds = np.tile((bayer + 0.5) * 16, (h // 4 + 1, w // 4 + 1))[:h, :w]
    return (image > thresholds).astype(np.uint8) * 255


@program(gray, sizes=(6, 16), large=700)
def hillshade(np, terrain, azimuth=315.0, altitude=45.0):
    """Light on a surface from its slope and aspect."""
    dy, dx = np.gradient(terrain * 10)
    slope = np.pi / 2 - np.arctan(np.hypot(dx, dy))
    aspect = np.arctan2(-dx, dy)
    light = np.deg2rad(azimuth)
    shaded = np.sin(np.deg2rad(altitude)) * np.sin(slope) + np.cos(
        np.deg2rad(altitude)
    ) * np.cos(slope) * np.cos(light - np.pi / 2 - aspect)
    return (255 * (shaded + 1) / 2).astype(np.uint8)
