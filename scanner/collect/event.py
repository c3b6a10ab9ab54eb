"""What a collection tells of its progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """One step of progress, for whoever shows it."""

    what: Literal["opening", "planned", "started", "finished"]
    target: str
    scope: str = ""
    region: str | None = None
    source: str = ""
    jobs: int = 0
    """How many jobs the scope has (planned)."""
    facts: int = 0
    reason: str | None = None
    """The gap's reason, where the job ended as one."""
