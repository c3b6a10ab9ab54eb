"""Every declared read in turn refused, unlicensed, throttled, empty, broken or broken off:
no value of any fact may differ from the truth; it is either the same or not read, with a gap."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import pytest
from microsoft_collectors import COLLECTORS, Read

from scanner.collectors.base import Source
from scanner.demo.microsoft import Emulator
from scanner.facts import COMMON, UNSET
from scanner.snapshot.read import Snapshot

Values = dict[tuple[str, str, str], dict[str, Any]]

_SESSION_ONLY = frozenset({"GET /subscriptions/{subscription}"})


def operations(provider: str) -> list[str]:
    found: set[str] = set()
    for source in COLLECTORS[provider].sources:
        found |= {operation for operation, _ in source.needs(source.serves)}
    return sorted(found - _SESSION_ONLY)


def pattern(operation: str) -> str:
    """The emulator's fault pattern for an operation."""
    path = operation.partition(" ")[2].removeprefix("/beta")
    path, _, query = path.partition("?")
    parts = ["*" if p.startswith("{") else p for p in path.split("/")]
    joined = "/".join(parts)
    return f"{joined}?*{query.partition('=')[2]}*" if query else joined


def values(snapshot: Snapshot) -> Values:
    found: Values = {}
    for kind in snapshot.kinds():
        for fact in snapshot.facts(kind):
            own = {
                f.name: getattr(fact, f.name)
                for f in msgspec.structs.fields(type(fact))
                if f.name not in COMMON
            }
            found[(kind, fact.source, fact.subject)] = own
    return found


_TRUTH: dict[str, Values] = {}


def truth(provider: str, read: Read, emulator: Emulator) -> Values:
    if provider not in _TRUTH:
        _TRUTH[provider] = values(read(provider))
    return _TRUTH[provider]


@cache
def sources(provider: str) -> dict[str, Source]:
    return {source.id: source for source in COLLECTORS[provider].sources}


def unread_of(snapshot: Snapshot) -> dict[tuple[str, str, str], dict[str, str]]:
    return {
        (kind, fact.source, fact.subject): fact.unread
        for kind in snapshot.kinds()
        for fact in snapshot.facts(kind)
    }


def check(provider: str, operation: str, before: Values, snapshot: Snapshot, kinds: set[str]
          ) -> None:  # fmt: skip
    after, unread = values(snapshot), unread_of(snapshot)
    refused = {line.source for line in snapshot.ledger if line.gap is not None}
    for key, own in after.items():
        known = before.get(key)
        assert known is not None, f"{key} was invented"
        for name, value in own.items():
            if value is UNSET:
                if known[name] is not UNSET:
                    assert name in unread[key], f"{key} lacks {name} without a gap"
            elif known[name] is not UNSET:
                assert value == known[name], f"{key}.{name} changed without being read"
    missing = {key[1] for key in before.keys() - after.keys()}
    assert missing <= refused, f"facts of {missing - refused} are missing without a gap"
    reasons = {
        gap.reason for gap in snapshot.gaps.values() if gap.operation == operation
    }  # the same read may be refused before, for another reason of the tenant's own
    assert reasons & kinds, f"no gap names {operation}: {reasons}"


CASES = [(provider, op) for provider in sorted(COLLECTORS) for op in operations(provider)]

# What the contractor's tenant never makes the collectors read.
_NOT_NEEDED = frozenset(
    {
        "GET /groups/{id}",
        "GET /identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        "GET /policies/authenticationStrengthPolicies",
        "GET /policies/identitySecurityDefaultsEnforcementPolicy",
        "GET /beta/deviceManagement/assignmentFilters",
        "GET /beta/deviceManagement/intents/{id}/assignments",
        "GET /beta/deviceManagement/groupPolicyConfigurations/{id}/assignments",
    }
)


@pytest.mark.parametrize(("provider", "operation"), CASES)
def test_denied(provider: str, operation: str, read: Read, emulator: Emulator) -> None:
    before = truth(provider, read, emulator)
    if operation in _NOT_NEEDED:
        pytest.skip("the emulated tenant needs no such read")
    emulator.faults.add(pattern(operation), "denied")
    snapshot = read(provider)
    check(provider, operation, before, snapshot, {"denied"})
    permissions = {
        permission
        for source in COLLECTORS[provider].sources
        for op, permission in source.needs(source.serves)
        if op == operation
    }
    named = {g.permission for g in snapshot.gaps.values()
             if g.operation == operation and g.reason == "denied"}  # fmt: skip
    assert named & permissions, f"{named} does not name {permissions}"


_LICENSED = frozenset({"privileged", "roles", "daily_use", "permanent", "expires_days"})

KINDS = {
    "unlicensed": {"unlicensed", "truncated"},
    "throttled-for-long": {"throttled"},
    "broken": {"broken"},
    "not-found": {"broken"},
    "absent": {"not-in-this-cloud"},
}


@pytest.mark.parametrize("fault", sorted(KINDS))
@pytest.mark.parametrize("provider", sorted(COLLECTORS))
def test_other_faults(provider: str, fault: str, read: Read, emulator: Emulator) -> None:
    """Each fault on every read, half of the reads at a time to stay quick."""
    before = truth(provider, read, emulator)
    wanted = [op for op in operations(provider) if op not in _NOT_NEEDED]
    step = max(1, len(wanted) // 2)
    for start in range(0, len(wanted), step):
        emulator.faults.clear()
        chosen = wanted[start : start + step]
        for operation in chosen:
            emulator.faults.add(pattern(operation), fault)
        snapshot = read(provider)
        after, unread = values(snapshot), unread_of(snapshot)
        refused = {line.source for line in snapshot.ledger if line.gap is not None}
        for key, own in after.items():
            known = before.get(key)
            assert known is not None, f"{fault} on {chosen}: {key} was invented"
            for name, value in own.items():
                if value is UNSET and known[name] is not UNSET:
                    assert name in unread[key], f"{fault} on {chosen}: {key}.{name}"
                elif value is not UNSET and known[name] is not UNSET:
                    # Without its licence nobody is eligible for a role, and no role that is held
                    # has an end, which are true answers.
                    if fault == "unlicensed" and name in _LICENSED:
                        continue
                    assert value == known[name], f"{fault} on {chosen}: {key}.{name}"
        missing = {key[1] for key in before.keys() - after.keys()}
        if fault == "unlicensed":
            missing -= {"entra.eligible-grants"}
        assert missing <= refused, f"{fault} on {chosen}: {missing - refused}"


@pytest.mark.parametrize("fault", ["cut-off", "cut-off-denied", "foreign-link"])
@pytest.mark.parametrize("provider", sorted(COLLECTORS))
def test_broken_off_after_page_two(
    provider: str, fault: str, read: Read, emulator: Emulator
) -> None:
    before = truth(provider, read, emulator)
    emulator.faults.add("*", fault)
    snapshot = read(provider)
    after, unread = values(snapshot), unread_of(snapshot)
    for key, own in after.items():
        if key[0] == "log.record":
            continue  # a sample, which needs no second page
        for name, value in own.items():
            if value is UNSET and before[key][name] is not UNSET:
                assert name in unread[key]
            elif value is not UNSET and before[key][name] is not UNSET:
                assert value == before[key][name], f"{key}.{name}"
    refused = {line.source for line in snapshot.ledger if line.gap is not None}
    missing = {key[1] for key in before.keys() - after.keys()}
    assert missing <= refused
    assert "truncated" in {gap.reason for gap in snapshot.gaps.values()}


@pytest.mark.parametrize("provider", sorted(COLLECTORS))
def test_throttling_that_passes_changes_nothing(
    provider: str, read: Read, emulator: Emulator
) -> None:
    before = truth(provider, read, emulator)
    emulator.faults.add("*", "throttled", times=4)
    assert values(read(provider)) == before


@pytest.mark.parametrize("provider", sorted(COLLECTORS))
def test_an_expired_token_is_one_refusal(provider: str, read: Read, emulator: Emulator) -> None:
    emulator.faults.add("*", "expired")
    snapshot = read(provider)
    assert not snapshot.kinds()
    assert {gap.reason for gap in snapshot.gaps.values()} == {"credentials"}
    assert len(emulator.calls) == 1


@pytest.mark.parametrize("provider", sorted(COLLECTORS))
def test_an_empty_tenant_gives_no_gap_but_no_facts_of_listings(
    provider: str, read: Read, emulator: Emulator
) -> None:
    """Empty listings are answers: the ledger tells them from reads that were never made."""
    emulator.faults.add("/users*", "empty")
    emulator.faults.add("/deviceManagement/*", "empty")
    emulator.faults.add("/subscriptions/*/providers/*", "empty")
    snapshot = read(provider)
    answered = {line.source for line in snapshot.ledger if line.gap is None}
    assert answered
