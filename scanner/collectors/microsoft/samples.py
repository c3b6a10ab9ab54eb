"""The latest records of a log, to see what a record holds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from scanner.collectors.base import Refused

SAMPLE = 50
"""Records that are looked at."""


def sample(operation: str, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of the records, from as many pages as they take. Raises Refused for none."""
    found = list(islice(records, SAMPLE))
    if not found:
        raise Refused("not-supported", operation, "there are no records to look at")
    return found
