"""The space of sign-ins, as boxes: a product of one small set of values for each condition.

A set of values is a bit mask over the dimension's atoms. The atoms are exact for the policies at
hand: the constants that they name, and one for everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

RESOURCE, CLIENT, PLATFORM, LOCATION, DEVICE, FLOW, USER_RISK, SIGN_IN_RISK, INSIDER = range(9)
DIMENSIONS = 9

Box = tuple[int, ...]
"""One mask a dimension; a box with an empty mask is empty."""

PIECES = 4096
"""Boxes that a subtraction may leave before it gives up."""


class TooManyPieces(Exception):
    """A subtraction fell into more boxes than is reasonable: the answer is not known."""


@dataclass
class Atoms:
    """The values of one dimension, in order of their bits."""

    names: list[str] = field(default_factory=list)
    maybe: set[str] = field(default_factory=set)
    """Atoms that may not exist at all."""
    _index: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, *, maybe: bool = False) -> int:
        """The mask of an atom, made if it is new."""
        if name not in self._index:
            self._index[name] = len(self.names)
            self.names.append(name)
            if maybe:
                self.maybe.add(name)
        return 1 << self._index[name]

    def mask(self, names: Iterable[str]) -> int:
        """The mask of those of the names that are atoms."""
        found = 0
        for name in names:
            if name in self._index:
                found |= 1 << self._index[name]
        return found

    @property
    def all(self) -> int:
        return (1 << len(self.names)) - 1

    def named(self, mask: int) -> list[str]:
        """The names in a mask."""
        return [name for n, name in enumerate(self.names) if mask >> n & 1]


def meet(one: Box, other: Box) -> Box | None:
    """What both boxes hold, or None."""
    both = tuple(a & b for a, b in zip(one, other, strict=True))
    return None if 0 in both else both


def contains(outer: Box, inner: Box) -> bool:
    """Whether the outer box holds the inner one."""
    return all(b & ~a == 0 for a, b in zip(outer, inner, strict=True))


def subtract(box: Box, hole: Box) -> list[Box]:
    """The box without the hole, as disjoint boxes: at most one a dimension."""
    both = meet(box, hole)
    if both is None:
        return [box]
    pieces, rest = [], list(box)
    for n, inside in enumerate(both):
        outside = rest[n] & ~inside
        if outside:
            piece = list(rest)
            piece[n] = outside
            pieces.append(tuple(piece))
            rest[n] = inside
    return pieces


def uncovered(target: Box, boxes: Sequence[Box]) -> list[Box]:
    """What of the target no box holds. Raises TooManyPieces."""
    if 0 in target:
        return []
    rest = [target]
    for box in boxes:
        if contains(box, target):
            return []
    for box in boxes:
        rest = [piece for part in rest for piece in subtract(part, box)]
        if not rest:
            return []
        if len(rest) > PIECES:
            raise TooManyPieces
    return rest


def widest_first(boxes: Iterable[Box]) -> list[Box]:
    """Boxes without those that another one holds, by the size of what they hold."""
    unique = sorted(set(boxes), key=lambda b: (-sum(m.bit_count() for m in b), b))
    kept: list[Box] = []
    for box in unique:
        if not any(contains(other, box) for other in kept):
            kept.append(box)
    return kept
