"""Which boxes of sign-ins count for which account, and the same the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.collectors.entra.conditional_access.cells import Box, contains


@dataclass(frozen=True)
class Cover:
    """Distinct boxes, and for each account the mask of those that count for it."""

    boxes: list[Box]
    rows: list[int]

    def of(self, n: int) -> list[Box]:
        row = self.rows[n]
        return [box for b, box in enumerate(self.boxes) if row >> b & 1]


def cover_of(by_box: Mapping[Box, int], size: int) -> Cover:
    """Boxes with the accounts that they count for; none counts beside one that holds it."""
    boxes = sorted(by_box, key=lambda b: (-sum(m.bit_count() for m in b), b))
    columns: list[int] = []
    for n, box in enumerate(boxes):
        who = by_box[box]
        for wider, others in zip(boxes[:n], columns, strict=True):
            if who and others & who and contains(wider, box):
                who &= ~others
        columns.append(who)
    kept = [(box, who) for box, who in zip(boxes, columns, strict=True) if who]
    return Cover([box for box, _ in kept], transposed([who for _, who in kept], size))


def transposed(columns: list[int], size: int) -> list[int]:
    """For each of `size` accounts, which columns have its bit, as a mask with column 0 lowest."""
    if not columns:
        return [0] * size
    if size == 0:
        return []
    texts = [format(column, f"0{size}b")[-size:] for column in reversed(columns)]
    rows = [int("".join(row), 2) for row in zip(*texts, strict=True)]
    rows.reverse()
    return rows
