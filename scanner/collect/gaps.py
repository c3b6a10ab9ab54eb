"""Turns refusals into gaps: one a read, however many facts it leaves incomplete."""

from __future__ import annotations

import threading
from typing import Any

from scanner.collectors.base import Job, Refused
from scanner.facts.ledger import Gap, gap_id

_EXAMPLES = 5
_BY_SUBJECT = ("not-supported", "stale")


class _Counted:
    def __init__(self, refused: Refused, permission: str | None) -> None:
        self.refused, self.permission = refused, permission
        self.fields: set[str] = set()
        self.subjects: set[str] = set()
        self.count = 0


class JobGaps:
    """The gaps of one job. Safe between threads."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._fields: dict[str, _Counted] = {}

    def _permission(self, refused: Refused) -> str | None:
        if refused.reason != "denied":
            return refused.permission
        if refused.permission is not None:
            return refused.permission
        declared = dict(self._job.source.needs(self._job.source.serves))
        return declared.get(refused.operation, refused.operation)

    def _id(self, refused: Refused, reach: str) -> str:
        job = self._job
        operation = f"{reach}:{refused.operation}"
        # what a system cannot tell differs from subject to subject: a cause is told only of its own
        own = refused.detail if refused.reason in _BY_SUBJECT else ""
        return gap_id(
            job.target, job.scope.id, job.region, job.source.id, operation, refused.reason, own
        )

    def fields(self, refused: Refused, fields: tuple[str, ...], subject: str) -> str:
        """Note that a fact lacks fields; returns the gap's id for its `unread`."""
        key = self._id(refused, "fields")
        with self._lock:
            entry = self._fields.get(key)
            if entry is None:
                entry = self._fields[key] = _Counted(refused, self._permission(refused))
            entry.fields.update(fields)
            entry.count += 1
            entry.subjects.add(subject)
            if len(entry.subjects) > _EXAMPLES:
                entry.subjects.remove(max(entry.subjects))
        return key

    def listing(self, refused: Refused) -> Gap:
        """The gap of the whole listing."""
        return Gap(
            id=self._id(refused, "listing"),
            permission=self._permission(refused),
            detail=refused.detail,
            reach="listing",
            **self._place(refused),
        )

    def collected(self) -> tuple[Gap, ...]:
        """The field gaps so far, by id."""
        with self._lock:
            return tuple(
                Gap(
                    id=key,
                    permission=entry.permission,
                    detail=entry.refused.detail,
                    reach="fields",
                    fields=tuple(sorted(entry.fields)),
                    subjects=entry.count,
                    examples=tuple(sorted(entry.subjects)),
                    **self._place(entry.refused),
                )
                for key, entry in sorted(self._fields.items())
            )

    def _place(self, refused: Refused) -> dict[str, Any]:
        job = self._job
        return {
            "target": job.target,
            "scope": job.scope.id,
            "region": job.region,
            "source": job.source.id,
            "kind": job.source.kind,
            "operation": refused.operation,
            "reason": refused.reason,
        }
