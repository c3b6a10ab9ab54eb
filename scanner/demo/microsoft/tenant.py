"""What the emulator serves: a tenant as Graph and Resource Manager would answer, path by path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Payload = list[dict[str, Any]] | dict[str, Any]


@dataclass
class Tenant:
    """Resources by path. A list is a collection, a dict a single resource.

    graph: `/users`, `/groups/<id>/transitiveMembers/...`; with `/beta` in front where only beta
    has it. arm: the path in lower case, `/subscriptions/<id>/providers/...`. reports: Intune's
    report of each policy, by its id, as rows.
    """

    id: str
    graph: dict[str, Payload] = field(default_factory=dict)
    arm: dict[str, Payload] = field(default_factory=dict)
    reports: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    summaries: dict[str, Any] = field(default_factory=dict)
    """Answers to ARM's read-only POSTs, by path in lower case."""

    def changed(self, path: str, change: Callable[[Any], Any]) -> Tenant:
        """A copy with one path's payload replaced; for tests."""
        graph, arm = dict(self.graph), dict(self.arm)
        where = arm if path.lower() in arm else graph
        key = path.lower() if where is arm else path
        where[key] = change(where[key])
        return Tenant(self.id, graph, arm, self.reports, self.summaries)
