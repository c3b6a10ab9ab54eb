"""Lookups: a key means the fact of the asking scope, or of the only scope that has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from scanner.evaluate.lookups import Lookups
from scanner.facts.storage import Store


@dataclass
class Facts:
    """A snapshot of stores, each (scope, subject, encrypted), and of what was listed where."""

    stores: tuple[tuple[str, str, bool], ...]
    listed: frozenset[str] = field(default_factory=frozenset)

    def facts(self, kind: str) -> Any:
        for scope, subject, encrypted in self.stores:
            yield Store(
                subject=subject,
                name=subject,
                provider="fake",
                target="t",
                scope=scope,
                region=None,
                source="fake.buckets",
                operation="List",
                observed_at="2026-11-24T00:00:00Z",
                encrypted=encrypted,
            )

    def complete(self, kind: str, scope: str) -> bool:
        return scope in self.listed


def look(facts: Facts, scope: str, *, same_scope: bool) -> dict[str, Any]:
    found = Lookups(facts, facts, {})
    found.want("storage.store", frozenset({"encrypted"}))
    found.load()
    return found.fact("storage.store", "b", scope, "it", same_scope=same_scope)


BOTH = Facts((("x", "b", True), ("y", "b", False)), frozenset({"x", "y", "z"}))


@pytest.mark.parametrize("same_scope", [True, False])
@pytest.mark.parametrize(("scope", "encrypted"), [("x", True), ("y", False)])
def test_a_name_that_two_scopes_have_means_the_one_of_the_asking_scope(
    scope, encrypted, same_scope
):
    found = {"it_found": True, "it_encrypted": encrypted}
    assert look(BOTH, scope, same_scope=same_scope) == found


def test_a_name_that_two_other_scopes_have_tells_nothing():
    assert look(BOTH, "z", same_scope=False) == {}


def test_a_name_that_one_other_scope_has_means_that_one():
    facts = Facts((("x", "b", True),))
    assert look(facts, "z", same_scope=False) == {"it_found": True, "it_encrypted": True}


def test_what_can_only_lie_in_the_asking_scope_is_not_found_in_another():
    assert look(BOTH, "z", same_scope=True) == {"it_found": False}
    assert look(Facts(BOTH.stores), "z", same_scope=True) == {}
