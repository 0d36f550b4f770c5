"""Draws from a Philox bit generator that are made when, and where, a plan runs.

NumPy's bit generator keeps the place in the stream: a draw notes it and moves it on by
what NumPy itself would have taken, so that lazy draws, NumPy's own and the generator's
``state`` may be mixed at will.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import bounds
from lazyarr.api.handle import OPS
from lazyarr.ir import flat, infer
from lazyarr.ops.draws import DRAWS
from lazyarr.watched import marks

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Shape, Where

_CALLS = 16  # that are made again to come to a place
_WORD = np.dtype(np.uint64)
_HALF = np.dtype(np.uint32)
# Places of the smallest draws, 64 to a word, are counted in 64 bits.
_FURTHEST = 1 << 57
_FAR = "NumPy's bit generator stands beyond the places that kernels count in 64 bits"


@cache
def source(name: str) -> tuple[np.dtype[Any], int]:
    """Return the dtype of a kind of draw, and how many come from a word."""
    op = DRAWS[name]
    dtype: np.dtype[Any] = op.resolve((np.dtype(np.int64), _WORD, _WORD, _WORD))[-1]
    if dtype.kind == "f":
        return dtype, 8 // dtype.itemsize
    return dtype, 64 if dtype.kind == "b" else 8 // dtype.itemsize


class Place:
    """A place in a stream: where it was, and the calls that drew since then.

    It was in a state, which takes as long to read as hundreds of numbers to draw, or
    where it begins after a sequence of seeds.
    """

    __slots__ = ("calls", "start")

    def __init__(self, start: Any) -> None:
        self.start = start
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def bits(self) -> np.random.Philox:
        """Return a bit generator that stands where these calls were made."""
        if hasattr(self.start, "generate_state"):  # as all sequences of seeds
            return np.random.Philox(self.start)
        made = np.random.Philox(0)
        made.state = self.start
        return made


class Stream:
    """The stream of one bit generator.

    Parameters
    ----------
    bits : numpy.random.Philox
    """

    def __init__(self, bits: np.random.Philox) -> None:
        self.bits = bits
        self._generator = np.random.Generator(bits)
        self._keys: tuple[bytes, Node, Node] | None = None
        self._place: Place | None = None
        self.is_followed = True
        """Whether calls that draw are told to this, all but those of the bits' own."""

    def begin(self) -> None:
        """Stand where a bit generator begins that nobody has drawn from."""
        self._place = Place(self.bits.seed_seq)

    def place(self) -> Place:
        """Return where the stream stands, which is forgotten if nothing follows."""
        place, self._place = self._place, None
        if place is None or len(place.calls) >= _CALLS:
            return Place(self.bits.state)
        return place

    def follow(self, place: Place, name: str, args: Any, options: Any) -> None:
        """Stand behind a call that drew at a place."""
        place.calls.append((name, args, options))
        self._place = place if self.is_followed else None

    def forget(self) -> None:
        """Let the state be read where the stream stands next."""
        self._place = None

    def now(self, name: str, shape: Shape) -> Any:
        """Return the next draws of a kind, if they are a small array; else None."""
        self._place = None
        most = bounds.small_bytes() if marks else bounds.USUAL
        if not shape or not 0 < 8 * prod(shape) <= most:
            return None
        return self._by_numpy(name, source(name)[0], shape)

    def draw(self, name: str, shape: Shape, where: Where) -> Node:
        """Return the next draws of a kind, and move the bit generator past them."""
        self._place = None
        size = prod(shape)
        dtype, per = source(name)
        if not size:
            return infer.leaf(np.empty(shape, dtype), where)
        with self.bits.lock:
            state: Any = self.bits.state
            word = _word_of(state)
            if word < 0 or word + size > _FURTHEST:
                made = self._by_numpy(name, dtype, shape)
                return flat.noted(infer.leaf(made, where), _FAR)
            if per == 1:
                self._go(state, word + size)
                return self._node(name, word, shape, state, where)
            return self._parts(name, shape, state, where)

    def _by_numpy(self, name: str, dtype: np.dtype[Any], shape: Shape) -> Any:
        """Return the draws themselves, as NumPy makes them."""
        if dtype.kind == "f":
            return self._generator.random(shape, dtype=dtype)
        if name == "uint64":
            return np.asarray(self.bits.random_raw(prod(shape))).reshape(shape)
        most = 1 if dtype.kind == "b" else np.iinfo(dtype).max
        return self._generator.integers(0, most, shape, dtype, endpoint=True)

    # --- draws of less than a word ----------------------------------------------

    def _parts(self, name: str, shape: Shape, state: Any, where: Where) -> Node:
        """Return draws that cut halves of words, as NumPy cuts them.

        NumPy keeps the other half of a word for the next such draw, and forgets what
        is left of a half.
        """
        size, (_, per) = prod(shape), source(name)
        word, in_half = _word_of(state), per // 2
        kept = state["has_uint32"]
        first = word * per - in_half * kept
        follows = _follows(state)
        other = state["uinteger"]
        node = self._node(name, first, shape, state, where)
        if kept and not follows:
            node = _patched(node, name, other, in_half, where)
        halves = -(-size // in_half) - kept
        self._go_by_halves(state, word, halves, other)
        return node

    def _go_by_halves(self, state: Any, word: int, halves: int, other: int) -> None:
        words = -(-halves // 2)
        if words:
            self._go(state, word + words - 1, kept=0, other=other)
            other = int(self.bits.random_raw()) >> 32
            state = self.bits.state
        state["has_uint32"] = halves % 2
        state["uinteger"] = other
        self.bits.state = state

    # --- places -----------------------------------------------------------------

    def _go(
        self, state: Any, word: int, kept: int | None = None, other: int = 0
    ) -> None:
        """Make a word the next one; by default, keep the half that waits."""
        block, lane = divmod(word, 4)
        if not lane and block:  # NumPy makes a block when a word of it is wanted
            block, lane = block - 1, 4
        state["state"]["counter"][0] = block
        state["buffer_pos"] = 4
        if kept is not None:
            state["has_uint32"], state["uinteger"] = kept, other
        self.bits.state = state
        if lane:
            self.bits.random_raw(lane, False)

    def _node(
        self, name: str, first: int, shape: Shape, state: Any, where: Where
    ) -> Node:
        key = state["state"]["key"]
        held = self._keys
        if held is None or held[0] != key.tobytes():
            halves = [infer.element(half, _WORD) for half in key]
            held = self._keys = (key.tobytes(), *halves)
        args = (infer.places(shape, where), infer.element(first, _WORD), *held[1:])
        return infer.map_node(DRAWS[name], args, where)


def _word_of(state: Any) -> int:
    """Return the place of the next word; -1 where it cannot be counted in 64 bits."""
    counter = state["state"]["counter"]
    if counter[1:].any():
        return -1
    place: int = 4 * int(counter[0]) + state["buffer_pos"] - 4
    return place


def _follows(state: Any) -> bool:
    """Whether the half that waits is that of the word before the next one."""
    last = int(state["buffer"][state["buffer_pos"] - 1])
    return _word_of(state) > 0 and last >> 32 == state["uinteger"]


def _patched(node: Node, name: str, half: int, count: int, where: Where) -> Node:
    """Return draws of which the first `count` are parts of a half that waited."""
    index = infer.places(node.shape, where)
    place = infer.astype(index, _HALF, where)
    width = infer.scalar(32 // count, _HALF)
    shifts = infer.map_node(OPS["multiply"], (place, width), where)
    waiting = infer.element(half, _HALF)
    parts = infer.map_node(OPS["bitwise_right_shift"], (waiting, shifts), where)
    if name == "float":
        high = infer.map_node(OPS["bitwise_right_shift"], (parts, 8), where)
        scale = infer.scalar(2.0**-24, node.dtype)
        value = infer.astype(high, node.dtype, where)
        parts = infer.map_node(OPS["multiply"], (value, scale), where)
    elif name == "bool":
        parts = infer.map_node(OPS["bitwise_and"], (parts, 1), where)
    early = infer.map_node(OPS["less"], (index, count), where)
    value = infer.astype(parts, node.dtype, where)
    return infer.map_node(OPS["where"], (early, value, node), where)
