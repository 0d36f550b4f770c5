"""Systems in time: ordinary differential equations, bodies, maps, filters."""

from __future__ import annotations

from tests.corpus.registry import MATRICES, SUMS, program


def bodies(n, rng):
    return rng.standard_normal((n, 3)), rng.standard_normal((n, 3)) * 0.1, rng.random(n)


@program(bodies, sizes=(3, 8), large=300, rtol=1e-9, reason=SUMS)
def n_body(np, position, velocity, mass, dt=0.01, steps=8):
    """Leapfrog with all pairs by broadcasting."""
    for _ in range(steps):
        offset = position[None, :, :] - position[:, None, :]
        square = (offset**2).sum(axis=-1) + 0.01
        inverse = square**-1.5
        force = (offset * inverse[..., None] * mass[None, :, None]).sum(axis=1)
        velocity += force * dt
        position += velocity * dt
    kinetic = 0.5 * np.sum(mass * np.sum(velocity**2, axis=1))
    return position, velocity, kinetic


@program(bodies, sizes=(2, 5), large=12, rtol=1e-9, reason=SUMS, loops=True)
def n_body_by_pairs(np, position, velocity, mass, dt=0.01, steps=5):
    """Two loops over bodies, one row at a time."""
    n = len(mass)
    for _ in range(steps):
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = position[j] - position[i]
                    r2 = d.dot(d) + 0.01
                    velocity[i] += dt * mass[j] * d / (r2 * np.sqrt(r2))
        position += dt * velocity
    return position


@program(lambda n, rng: (n,), sizes=(10, 50), large=2000, rtol=1e-10, reason=SUMS)
def lorenz_by_runge_kutta(np, n):
    """A tiny state, many steps: what a user's ODE loop looks like."""

    def f(s):
        x, y, z = s
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    path = np.empty((n, 3))
    path[0] = [1.0, 1.0, 1.0]
    h = 0.01
    for k in range(n - 1):
        s = path[k]
        k1 = f(s)
        k2 = f(s + h / 2 * k1)
        k3 = f(s + h / 2 * k2)
        k4 = f(s + h * k3)
        path[k + 1] = s + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return path


@program(lambda n, rng: (rng.random((3, n)) + 0.5,), sizes=(4, 30), large=300_000)
def many_lorenz_systems(np, state, steps=10):
    """The same, for many starting points at once."""
    h = 0.005
    for _ in range(steps):
        x, y, z = state
        change = np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
        state = state + h * change
    return state


@program(lambda n, rng: (rng.random(n) * 4,), sizes=(8, 40), large=500_000)
def logistic_map(np, r, steps=40):
    """Iterates of x -> r x (1 - x); the last few are kept."""
    x = 0.5 * np.ones_like(r)
    kept = []
    for k in range(steps):
        x = r * x * (1 - x)
        if k >= steps - 4:
            kept.append(x)
    return np.array(kept), np.vstack(kept).max(axis=0)


@program(
    lambda n, rng: (rng.random(n) + 1, rng.random(n) + 1), sizes=(3, 20), large=200_000
)
def lotka_volterra(np, prey, hunters, dt=0.02, steps=25):
    """In-place updates that use the old and the new state."""
    start = prey.copy()
    for _ in range(steps):
        births = prey * (1.1 - 0.4 * hunters)
        hunters += dt * hunters * (0.1 * prey - 0.4)
        prey += dt * births
    return prey, hunters, np.maximum(prey, start)


@program(lambda n, rng: (rng.random(n) * 2 * 3.14159, rng.random(n)), sizes=(5, 20), large=800,
         rtol=1e-10, reason=SUMS)  # fmt: skip
def kuramoto(np, theta, omega, steps=10):
    """Coupled oscillators and how much they agree."""
    order = []
    for _ in range(steps):
        coupling = np.sin(theta[None, :] - theta[:, None]).mean(axis=1)
        theta += 0.05 * (omega + 1.5 * coupling)
        theta %= 2 * np.pi
        order.append(abs(np.exp(1j * theta).mean()))
    return theta, np.array(order)


@program(lambda n, rng: (rng.standard_normal(n),), sizes=(10, 40), large=400, rtol=1e-9,
         reason=MATRICES)  # fmt: skip
def kalman_filter(np, readings):
    """Position and speed from noisy readings: small matrices in a loop."""
    f = np.array([[1.0, 1.0], [0.0, 1.0]])
    h = np.array([[1.0, 0.0]])
    q = 0.01 * np.eye(2)
    r = np.array([[0.5]])
    x, p = np.zeros(2), np.eye(2)
    states = np.zeros((len(readings), 2))
    for k, reading in enumerate(readings):
        x = f @ x
        p = f @ p @ f.T + q
        s = h @ p @ h.T + r
        gain = p @ h.T @ np.linalg.inv(s)
        x = x + gain @ (np.array([reading]) - h @ x)
        p = (np.eye(2) - gain @ h) @ p
        states[k] = x
    return states, p


@program(
    lambda n, rng: (rng.random((n, 2)),),
    sizes=(4, 12),
    large=400,
    rtol=1e-9,
    reason=SUMS,
)
def boids(np, position, steps=5):
    """Flocking: distances, masks, means of neighbours."""
    velocity = position[::-1] - 0.5
    for _ in range(steps):
        offset = position[:, None] - position[None]
        distance = np.linalg.norm(offset, axis=-1)
        near = (distance < 0.4) & (distance > 0)
        count = np.maximum(near.sum(axis=1), 1)[:, None]
        centre = (near[..., None] * position[None]).sum(axis=1) / count
        heading = near.astype(float) @ velocity / count
        velocity = 0.9 * velocity + 0.05 * (centre - position) + 0.05 * heading
        speed = np.linalg.norm(velocity, axis=1, keepdims=True)
        velocity = np.where(
            speed > 0.5, velocity / np.where(speed == 0, 1, speed) * 0.5, velocity
        )
        position = (position + 0.1 * velocity) % 1.0
    return position, velocity


@program(lambda n, rng: (rng.random((n, n)) - 0.5,), sizes=(4, 12), large=200, rtol=1e-10,
         reason=MATRICES)  # fmt: skip
def matrix_exponential(np, a):
    """Scaling, a Taylor series, and squaring."""
    squarings = max(
        0, int(np.ceil(np.log2(max(np.abs(a).sum(axis=1).max(), 1e-9)))) + 1
    )
    scaled = a / 2**squarings
    result = np.eye(a.shape[0])
    term = np.eye(a.shape[0])
    for k in range(1, 12):
        term = term @ scaled / k
        result += term
    for _ in range(squarings):
        result = result @ result
    return result


@program(lambda n, rng: (rng.random(n), rng.random(n)), sizes=(6, 30), large=300_000)
def projectiles(np, speed, angle, steps=30):
    """Flight with drag; those on the ground stay there."""
    vx, vy = 20 * speed * np.cos(angle), 20 * speed * np.sin(angle)
    x, y = np.zeros_like(vx), np.zeros_like(vx)
    flying = np.ones(speed.shape, dtype=bool)
    for _ in range(steps):
        drag = 0.01 * np.hypot(vx, vy)
        vx[flying] -= (drag * vx * 0.05)[flying]
        vy[flying] -= ((9.81 + drag * vy) * 0.05)[flying]
        x[flying] += 0.05 * vx[flying]
        y[flying] += 0.05 * vy[flying]
        flying &= y > 0
    return x, np.maximum(y, 0), flying
