"""The source article's joint programme: phases, durations and costs, all of them estimates.

Facts: mappings/program.yaml. Whoever shows a figure shows `label` beside it.
"""

from __future__ import annotations

from functools import cache

import msgspec

from scanner.frameworks.reading import catalogue

Span = tuple[int, int]
"""From and to."""


class Phase(msgspec.Struct, frozen=True):
    phase: int
    name: str
    months: Span
    """First and last month of the programme."""
    work: tuple[str, ...]
    result: str


class Cost(msgspec.Struct, frozen=True):
    """US dollars, and how long the work takes."""

    item: str
    phase: int
    low: int
    high: int
    months: Span | None = None
    weeks: Span | None = None


class Range(msgspec.Struct, frozen=True):
    months: Span
    low: int
    high: int


class Comparison(msgspec.Struct, frozen=True):
    level_2_from_nothing: Range
    level_2_after_iso_months: Span
    claimed_saving_percent: Span
    saving_percent_by_its_own_totals: Span


class Program(msgspec.Struct, frozen=True):
    label: str
    phases: tuple[Phase, ...]
    costs_usd: tuple[Cost, ...]
    total_usd: Range
    comparison: Comparison
    evidence_that_carries_over: tuple[str, ...]


@cache
def program() -> Program:
    """The programme, read once."""
    return catalogue("program.yaml", Program)
