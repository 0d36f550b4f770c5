"""Points, distances, rays, curves."""

from __future__ import annotations

from tests.corpus.registry import SUMS, program


def cloud(n, rng):
    return (rng.standard_normal((n, 3)),)


@program(cloud, sizes=(5, 30), large=800, rtol=1e-7, reason=SUMS)
def distance_matrix(np, p):
    """By differences and by the product of the matrix with itself."""
    direct = np.sqrt(((p[:, None] - p[None]) ** 2).sum(-1))
    g = p @ p.T
    s = np.diag(g)
    square = np.maximum(s[:, None] + s[None, :] - 2 * g, 0)
    np.fill_diagonal(direct, np.inf)
    return direct, square + 1, direct.argmin(axis=1)


@program(cloud, sizes=(5, 30), large=100_000, rtol=1e-10, reason=SUMS)
def rotations(np, p):
    """About an axis by Rodrigues' formula, and by Euler's angles."""
    axis = np.array([1.0, 2.0, 2.0]) / 3
    cross = np.array(
        [[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]]
    )
    t = 0.7
    r = np.eye(3) + np.sin(t) * cross + (1 - np.cos(t)) * cross @ cross
    c, s = np.cos(0.3), np.sin(0.3)
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return p @ r.T, p @ about_z @ r, np.linalg.det(r), np.cross(p, axis)


@program(lambda n, rng: (n,), sizes=(6, 16), large=300, rtol=1e-9, reason=SUMS)
def ray_marcher(np, n):
    """A sphere over a plane, shaded."""
    y, x = np.mgrid[1 : -1 : n * 1j, -1 : 1 : n * 1j]
    direction = np.stack([x, y, np.full_like(x, 1.5)], axis=-1)
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    position = np.zeros_like(direction)
    centre = np.array([0.0, 0.0, 4.0])
    hit = np.zeros(x.shape, dtype=bool)
    for _ in range(24):
        sphere = np.linalg.norm(position - centre, axis=-1) - 1
        plane = position[..., 1] + 1
        distance = np.minimum(sphere, plane)
        hit |= distance < 1e-3
        position += np.where(hit, 0, np.clip(distance, 0, 1))[..., None] * direction
    normal = (position - centre) / np.linalg.norm(position - centre, axis=-1)[..., None]
    light = np.clip((normal * np.array([0.5, 0.7, -0.5])).sum(axis=-1), 0, None)
    return np.where(hit, 0.1 + 0.9 * light, 0.05), hit.mean()


@program(lambda n, rng: (rng.standard_normal((n, 3)), rng.standard_normal((n, 3))), sizes=(5, 30),
         large=100_000, rtol=1e-9, reason=SUMS)  # fmt: skip
def ray_sphere_intersections(np, origin, direction):
    """The smaller positive root, and nan where there is none."""
    d = direction / np.sqrt((direction**2).sum(axis=1))[:, None]
    b = np.einsum("ij,ij->i", origin, d)
    c = np.einsum("ij,ij->i", origin, origin) - 1
    disc = b * b - c
    with np.errstate(invalid="ignore"):
        t = -b - np.sqrt(disc)
    t[~(t > 0)] = np.nan
    found = np.isfinite(t)
    return found, t, (origin + t[:, None] * d)[found]


@program(
    lambda n, rng: (rng.random((n, 2)),),
    sizes=(5, 30),
    large=300_000,
    rtol=1e-10,
    reason=SUMS,
)
def polygon(np, p):
    """Its area, centre, length, and which points are inside."""
    x, y = p.T
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    cross = x * ny - nx * y
    area = cross.sum() / 2
    length = np.hypot(nx - x, ny - y).sum()
    box = np.array([p.min(axis=0), p.max(axis=0)])
    inside = np.all((p > box[0]) & (p < box[1]), axis=1)
    return np.abs(area) + 1, length, box, inside


@program(
    lambda n, rng: (rng.random((n, 2)), rng.random(5)), sizes=(5, 25), large=100_000
)
def points_in_a_polygon(np, p, radius):
    """Crossing numbers, an edge at a time."""
    t = np.linspace(0, 2 * np.pi, 6)[:-1]
    vx, vy = 0.5 + 0.4 * radius * np.cos(t), 0.5 + 0.4 * radius * np.sin(t)
    inside = np.zeros(len(p), dtype=bool)
    j = len(vx) - 1
    for i in range(len(vx)):
        crosses = (vy[i] > p[:, 1]) != (vy[j] > p[:, 1])
        at = (vx[j] - vx[i]) * (p[:, 1] - vy[i]) / (vy[j] - vy[i]) + vx[i]
        inside ^= crosses & (p[:, 0] < at)
        j = i
    return inside


@program(
    lambda n, rng: (rng.random((4, 2)), n),
    sizes=(6, 40),
    large=200_000,
    rtol=1e-12,
    reason=SUMS,
)
def bezier(np, control, n):
    """De Casteljau's scheme for all parameters, and the length."""
    t = np.linspace(0, 1, n)[:, None, None]
    points = np.broadcast_to(control, (n, 4, 2))
    while points.shape[1] > 1:
        points = (1 - t) * points[:, :-1] + t * points[:, 1:]
    curve = points[:, 0]
    return curve, np.sqrt((np.diff(curve, axis=0) ** 2).sum(axis=1)).sum()


@program(lambda n, rng: (rng.random(n) * 180 - 90, rng.random(n) * 360 - 180), sizes=(4, 25),
         large=500)  # fmt: skip
def great_circles(np, latitude, longitude):
    """Haversine distances of all pairs."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    h = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    d = 2 * 6371 * np.arcsin(np.sqrt(np.minimum(h, 1)))
    upper = d[np.triu_indices(len(lat), 1)]
    return d, upper.max(), np.unravel_index(np.argmax(d), d.shape)


@program(lambda n, rng: (n,), sizes=(5, 20), large=400)
def surfaces(np, n):
    """Fields from coordinates: fromfunction, indices, meshgrid, broadcasting."""
    saddle = np.fromfunction(lambda i, j: i * i - j * j, (n, n))
    i, j = np.indices((n, n))
    checker = (i + j) % 2
    r = np.sqrt((i - n / 2) ** 2 + (j - n / 2) ** 2)
    ripple = np.sinc(r / 4)
    x, y = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 2, n), indexing="ij")
    return (
        saddle,
        checker,
        ripple,
        x * y,
        np.where(r < n / 3, ripple, 0),
        np.arange(n) * np.eye(n),
    )
