"""Microsoft's answers told to one source, without a server: what facts it makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from scanner.collectors.base import Job, Partial, Refused, Scope, Source, Target
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.session import MicrosoftSession

NOW = "2026-11-24T07:33:41Z"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"


class ToldPlace(Place):
    """Answers declared operations from a table: `operation`, or `operation id id`."""

    answers: Mapping[str, Any]

    def _answer(self, operation: str, ids: tuple[str, ...]) -> Any:
        self.permission(operation)  # a Defect where the source does not declare it
        found = self.answers.get(" ".join((operation, *ids)), self.answers.get(operation))
        if found is None:
            raise AssertionError(f"no answer is told to {operation} {ids}")
        if isinstance(found, Refused):
            raise found
        return found

    def get(self, operation: str, *ids: str, query: Any = None) -> Any:
        return self._answer(operation, ids)

    def pages(
        self, operation: str, *ids: str, query: Any = None, headers: Any = None
    ) -> Iterator[dict[str, Any]]:
        yield from self._answer(operation, ids)

    def post(self, operation: str, *ids: str, body: Any, query: Any = None) -> Any:
        return self._answer(operation, ids)

    def batch(
        self, operation: str, ids: Iterable[tuple[str, ...]], query: Any = None
    ) -> dict[tuple[str, ...], Any]:
        found: dict[tuple[str, ...], Any] = {}
        for one in ids:
            try:
                told = self._answer(operation, one)
            except Refused as refused:
                told = refused
            found[one] = {"value": told} if isinstance(told, list) else told
        return found


def place_of(source: Source, answers: Mapping[str, Any], *fields: str) -> ToldPlace:
    """A place for the source, with the fields wanted; all of them where none is named."""
    provider = source.provider
    target = Target("t", provider, {"cloud": "gcc-high", "endpoint": "http://127.0.0.1:9"})
    scope = f"azure:{SUBSCRIPTION}" if provider == "azure" else f"{provider}:tenant"
    wanted = frozenset(fields) or source.serves
    job = Job("t", Scope(scope, "Tenant"), None, source, wanted, lambda: NOW)
    place = ToldPlace(MicrosoftSession(target, lambda session: ()), job)
    object.__setattr__(place, "answers", answers)
    return place


def facts(
    source: Source, answers: Mapping[str, Any], *fields: str
) -> list[tuple[Any, dict[str, Refused]]]:
    """What the source makes of the answers: each fact, with what is not known of it."""
    place = place_of(source, answers, *fields)
    found = []
    for item in source.run(place):
        fact, refused = (item.fact, dict(item.refused)) if isinstance(item, Partial) else (item, {})
        for detail in source.details:
            if not detail.fields & place.job.wanted:
                continue
            try:
                values = dict(detail.read(place, fact))
            except Refused as error:
                values = dict.fromkeys(detail.fields, error)
            refused |= {n: v for n, v in values.items() if isinstance(v, Refused)}
            known = {n: v for n, v in values.items() if not isinstance(v, Refused)}
            fact = msgspec.structs.replace(fact, **known)
        found.append((fact, refused))
    return found


def only(
    source: Source, answers: Mapping[str, Any], *fields: str
) -> tuple[Any, dict[str, Refused]]:
    """The one fact that the source makes."""
    (found,) = facts(source, answers, *fields)
    return found
