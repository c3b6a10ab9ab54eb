"""Counting rules: how many members satisfy, as an interval while some are unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scanner.findings import Verdict

_EXAMPLES = 5


@dataclass
class Count:
    """Members of one set. `more` means that there may be members that nobody saw."""

    satisfied: int = 0
    unknown: int = 0
    failed: int = 0
    more: bool = False
    examples: list[str] = field(default_factory=list)
    """Names of the first few that satisfy."""

    def add(self, verdict: Verdict, name: str) -> None:
        """Count one member; one that the rule does not concern is none."""
        if verdict == "pass":
            self.satisfied += 1
            if len(self.examples) < _EXAMPLES:
                self.examples.append(name)
        elif verdict == "unknown":
            self.unknown += 1
        elif verdict == "fail":
            self.failed += 1

    def verdict(self, least: int, most: int | None) -> Verdict:
        """Whether the number of satisfying members lies within [least, most].

        The number lies in [satisfied, satisfied + unknown], without upper end where members may
        be unseen. Only what holds for every number of that interval is said.
        """
        low = self.satisfied
        high = None if self.more else self.satisfied + self.unknown
        if (high is not None and high < least) or (most is not None and low > most):
            return "fail"
        if low >= least and (most is None or (high is not None and high <= most)):
            return "pass"
        return "unknown"

    def evidence(self) -> dict[str, Any]:
        """The counts, for a finding."""
        found: dict[str, Any] = {
            "satisfied": self.satisfied,
            "not_satisfied": self.failed,
            "unknown": self.unknown,
        }
        if self.examples:
            found["examples"] = list(self.examples)
        return found
