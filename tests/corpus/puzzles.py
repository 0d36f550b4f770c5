"""Mazes, spirals, sliding numbers, dots and bits; sounds made by hand."""

from __future__ import annotations

from tests.corpus.registry import program


@program(lambda n, rng: (rng.random((n, n)) < 0.3,), sizes=(8, 25), large=200)
def distances_in_a_maze(np, wall):
    """A wave that spreads from the corner, mask by mask."""
    wall[0, 0] = False
    far = np.full(wall.shape, -1)
    far[0, 0] = 0
    front = np.zeros_like(wall)
    front[0, 0] = True
    steps = 0
    while front.any():
        steps += 1
        spread = np.zeros_like(front)
        spread[1:] |= front[:-1]
        spread[:-1] |= front[1:]
        spread[:, 1:] |= front[:, :-1]
        spread[:, :-1] |= front[:, 1:]
        front = spread & ~wall & (far < 0)
        far[front] = steps
    return far, steps


@program(lambda n, rng: (rng.random((8 * n, 8 * n)),), sizes=(1, 4), large=200)
def ordered_dither(np, gray):
    """A Bayer matrix of blocks of itself, tiled over an image."""
    limits = np.array([[0, 2], [3, 1]])
    for _ in range(2):
        limits = np.block(
            [[4 * limits, 4 * limits + 2], [4 * limits + 3, 4 * limits + 1]]
        )
    times = [side // 8 for side in gray.shape]
    dots = gray > (np.tile(limits, times) + 0.5) / 64
    return limits, dots, np.packbits(dots, axis=1)


@program(
    lambda n, rng: (rng.integers(0, 99, (n, n)),), sizes=(3, 8), large=40, loops=True
)
def spiral(np, square):
    """Rows taken off the top of what is turned; and numbers laid along a spiral."""
    rest, taken = square, []
    while rest.size:
        taken.append(rest[0])
        rest = rest[1:].T[::-1]
    n = len(square)
    laid = np.zeros((n, n), dtype=int)
    y, x, dy, dx = 0, 0, 0, 1
    for k in range(1, n * n + 1):
        laid[y, x] = k
        if laid[(y + dy) % n, (x + dx) % n]:
            dy, dx = dx, -dy
        y, x = y + dy, x + dx
    return np.concatenate(taken), laid


@program(lambda n, rng: (rng.integers(0, 256, n).astype("u1"),), sizes=(8, 60),
         large=4_000, loops=True)  # fmt: skip
def checksum_and_gray_code(np, message):
    """A table of remainders looked up byte by byte; codes of which one bit changes."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0xEDB88320), table >> 1)
    rest = np.uint32(0xFFFFFFFF)
    for byte in message:
        rest = table[(rest ^ byte) & 0xFF] ^ (rest >> np.uint32(8))
    gray = message ^ (message >> 1)
    ones = np.unpackbits(message[:, None], axis=1).sum(axis=1)
    return rest ^ np.uint32(0xFFFFFFFF), gray, ones


@program(lambda n, rng: (rng.random(10 * n),), sizes=(8, 60), large=100_000)
def note_with_echo(np, noise):
    """An envelope of ranges, two channels changed in place, an echo, whole numbers."""
    n = len(noise) // 10
    rise, fall = np.linspace(0, 1, n, endpoint=False), np.linspace(1, 0.5, 2 * n)
    envelope = np.concatenate(
        [rise, fall, np.full(5 * n, 0.5), 0.5 * rise[::-1], rise * 0]
    )
    note = envelope * (noise - 0.5)
    both = np.stack([note, note[::-1]], axis=1)
    both *= 0.8
    both[:, 1] *= -1
    echo = np.zeros_like(note)
    echo[n:] = note[:-n] * 0.6
    sound = note + echo
    sound /= np.abs(sound).max()
    return both, np.clip(sound * 32767, -32768, 32767).astype(np.int16)
