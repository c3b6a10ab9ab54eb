"""Signals that no shipped rule uses, each with the reason.

Facts: mappings/not-collected.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from scanner.errors import Defect
from scanner.frameworks.reading import catalogue


class _Left(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    provider: str
    objectives: tuple[str, ...]
    reason: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    signals: tuple[_Left, ...]


@cache
def not_collected() -> Mapping[str, Mapping[str, str]]:
    """Objective -> provider -> why no rule uses what this provider could show of it.

    Raises Defect where the file is not of its shape, or names a pair twice.
    """
    found: dict[str, dict[str, str]] = {}
    for left in catalogue("not-collected.yaml", _File).signals:
        for objective in left.objectives:
            by_provider = found.setdefault(objective, {})
            if left.provider in by_provider:
                raise Defect(f"not-collected.yaml: {objective} of {left.provider} stands twice")
            by_provider[left.provider] = left.reason
    return found
