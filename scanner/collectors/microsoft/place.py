"""The place that a source is called with: it sends the operations that were declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from scanner.collectors.base import Job, Refused
from scanner.collectors.microsoft import batch as batches
from scanner.collectors.microsoft.client import Client
from scanner.collectors.microsoft.operations import fill, is_arm, split
from scanner.collectors.microsoft.times import days_since, days_until
from scanner.errors import Defect

if TYPE_CHECKING:
    from scanner.collectors.microsoft.session import MicrosoftSession


T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """What a source reads with: operations that it declared, and nothing else."""

    session: MicrosoftSession
    job: Job

    def here(self, operation: str) -> dict[str, Any]:
        return self.job.here(operation)

    def wants(self, *fields: str) -> bool:
        """Whether any of these fields is asked for."""
        return not self.job.wanted.isdisjoint(fields)

    def once(self, key: Any, make: Callable[[], T]) -> T:
        return self.session.once(key, make)

    def days_since(self, text: object) -> int | None:
        """Whole days from that time until now; None where it is no time."""
        return days_since(text, self.job.now())

    def days_until(self, text: object) -> int | None:
        """Whole days from now until that time; None where it is no time."""
        return days_until(text, self.job.now())

    def permission(self, operation: str) -> str:
        """The permission that the operation was declared with. Raises Defect if it was not."""
        declared = dict(self.job.source.needs(self.job.source.serves))
        if operation not in declared:
            raise Defect(f"{self.job.source.id} does not declare {operation}")
        return declared[operation]

    def get(self, operation: str, *ids: str, query: Mapping[str, str] | None = None) -> Any:
        """One resource's body. Raises Refused."""
        client, path, permission = self._to(operation, ids)
        body = client.get(operation, path, query, permission=permission)
        if not isinstance(body, dict):
            raise Refused("broken", operation, "the answer is no object")
        return body

    def pages(
        self,
        operation: str,
        *ids: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every item of a listing. Raises Refused."""
        client, path, permission = self._to(operation, ids)
        return client.pages(operation, path, query, permission=permission, headers=headers)

    def post(
        self, operation: str, *ids: str, body: Any, query: Mapping[str, str] | None = None
    ) -> Any:
        """The answer to a read-only POST. Raises Refused."""
        client, path, permission = self._to(operation, ids)
        return client.post(operation, path, body, permission=permission, query=query)

    def batch(
        self, operation: str, ids: Iterable[tuple[str, ...]], query: Mapping[str, str] | None = None
    ) -> dict[tuple[str, ...], dict[str, Any] | Refused]:
        """The operation for many ids at once: each one's body or its refusal.

        A body that is a page brings the items of the pages that follow it.
        """
        client, _, permission = self._to(operation, (), check_ids=False)
        todo, done = list(dict.fromkeys(ids)), {}
        for start in range(0, len(todo), batches.MOST):
            chunk = todo[start : start + batches.MOST]
            done.update(batches.batch(client, operation, chunk, query, permission))
        return done

    def _to(
        self, operation: str, ids: tuple[str, ...], check_ids: bool = True
    ) -> tuple[Client, str, str]:
        permission = self.permission(operation)
        method, path = split(operation)
        if method not in ("GET", "POST"):
            raise Defect(f"{operation} does not read")
        arm = is_arm(path)
        if not arm and not path.startswith("/beta/"):
            path = f"/v1.0{path}"
        filled = fill(path, ids) if check_ids else path
        return self.session.client("arm" if arm else "graph"), filled, permission
