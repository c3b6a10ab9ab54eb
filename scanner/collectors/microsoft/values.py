"""Values in an answer of Graph or Resource Manager: by their type, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(item: dict[str, Any], key: str) -> str | None:
    """A string property; None where it is null, absent or something else."""
    value = item.get(key)
    return value if isinstance(value, str) else None


def items(value: Any) -> list[dict[str, Any]]:
    """The objects of a list property; none for null."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(value: Any) -> list[str]:
    """The strings of a list property, or of flags in one comma-joined string."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(part) for part in value if isinstance(part, str)] if isinstance(value, list) else []


def part(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object property; an empty one where it is null, absent or something else."""
    value = whole.get(key)
    return value if isinstance(value, Mapping) else {}
