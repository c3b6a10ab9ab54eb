"""The set evaluation against every sign-in there is, on small random tenants; and at size."""

from __future__ import annotations

import itertools
import random
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collectors.entra.conditional_access import (
    LEGACY_BLOCKED,
    MFA,
    PHISHING_RESISTANT,
    Directory,
    Judgement,
    Person,
    judge,
)
from scanner.collectors.entra.conditional_access.cells import meet

PEOPLE = (Person("a"), Person("b"), Person("c"))
GROUPS = {"g": frozenset({"a", "b"}), "h": frozenset({"b", "c"})}
PR = {"id": "pr", "requirementsSatisfied": "mfa", "allowedCombinations": ["fido2"]}
WEAK = {"id": "weak", "requirementsSatisfied": "none", "allowedCombinations": ["password"]}


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True)


@st.composite
def policies(draw: Any) -> dict[str, Any]:
    conditions: dict[str, Any] = {
        "users": {
            "includeUsers": draw(st.sampled_from([["All"], ["a"], ["b", "c"], ["None"]])),
            "excludeUsers": draw(some("a", "c")),
            "includeGroups": draw(some("g", "h")),
            "excludeGroups": draw(some("g", "h")),
        },
        "applications": {
            "includeApplications": draw(st.sampled_from([["All"], ["Office365"], ["app-one"]])),
            "excludeApplications": draw(some("Office365", "app-one")),
        },
        "clientAppTypes": draw(
            st.sampled_from([["all"], ["browser"], ["exchangeActiveSync", "other"]])
        ),
    }
    if draw(st.booleans()):
        conditions["locations"] = {
            "includeLocations": ["All"],
            "excludeLocations": draw(some("office", "AllTrusted")),
        }
    if draw(st.booleans()):
        conditions["signInRiskLevels"] = draw(some("none", "low", "high"))
    if draw(st.booleans()):
        rule = draw(
            st.sampled_from(
                [
                    "device.isCompliant -eq True",
                    'device.trustType -ne "ServerAD"',
                    'device.model -eq "X" and device.isCompliant -ne True',
                ]
            )
        )
        mode = draw(st.sampled_from(["include", "exclude"]))
        conditions["devices"] = {"deviceFilter": {"mode": mode, "rule": rule}}
    controls = draw(
        st.lists(
            st.sampled_from(["mfa", "compliantDevice", "domainJoinedDevice"]),
            max_size=2,
            unique=True,
        )
    )
    grant: dict[str, Any] = {
        "operator": draw(st.sampled_from(["AND", "OR"])),
        "builtInControls": ["block"] if draw(st.integers(0, 9)) == 0 else controls,
    }
    if "mfa" not in controls and draw(st.booleans()):
        grant["authenticationStrength"] = draw(st.sampled_from([PR, WEAK]))
    return {"state": "enabled", "conditions": conditions, "grantControls": grant}  # fmt: skip


OFFICE = [{"id": "office", "displayName": "Office", "isTrusted": True}]


def tenant(found: list[dict[str, Any]], **options: Any) -> Judgement:
    named = [{"id": f"p{n}", "displayName": f"policy {n}", **p} for n, p in enumerate(found)]
    groups = options.pop("groups", GROUPS)
    settings_ = {"locations": OFFICE, "strengths": {}, **options}
    return judge(Directory(PEOPLE, groups, {}, {}), named, **settings_)


def by_brute_force(judged: Judgement, n: int, requirement: Any) -> tuple[bool, bool]:
    """(covered in every sign-in, covered in every sign-in that surely exists)."""
    space = judged.space
    answers = []
    for certain in (False, True):
        target = space.target(requirement, certain=certain)
        boxes = [
            box
            for applied in judged.applied
            if (applied.must if not certain else applied.may) >> n & 1
            for box in applied.policy.refused(requirement, space, certain=not certain)
        ]
        cells = itertools.product(
            *([1 << i for i in range(mask.bit_length()) if mask >> i & 1] for mask in target)
        )
        answers.append(all(any(meet(cell, box) for box in boxes) for cell in cells))
    return answers[0], answers[1]


@settings(max_examples=40, deadline=None)
@given(st.lists(policies(), max_size=3))
def test_cover_equals_every_cell(found: list[dict[str, Any]]) -> None:
    judged = tenant(found)
    for n, person in enumerate(PEOPLE):
        answer = judged.verdict(person.id, MFA).answer
        whole, sure = by_brute_force(judged, n, MFA)
        if whole:
            assert answer == "yes"
        elif sure:
            assert answer == "unknown"
        else:
            assert answer in ("no", "partial")


RANK = {"no": 0, "partial": 1, "unknown": 2, "yes": 3}


@settings(max_examples=60, deadline=None)
@given(st.lists(policies(), max_size=4), policies())
def test_another_policy_never_lowers_a_verdict(
    found: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    before, after = tenant(found), tenant([*found, more])
    for person in PEOPLE:
        for requirement in (MFA, LEGACY_BLOCKED, PHISHING_RESISTANT):
            if before.verdict(person.id, requirement).answer == "yes":
                assert after.verdict(person.id, requirement).answer == "yes"


@settings(max_examples=60, deadline=None)
@given(st.lists(policies(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_order_and_case_do_not_matter(found: list[dict[str, Any]], chance: Any) -> None:
    named = [{"id": f"p{n}", "displayName": f"policy {n}", **p} for n, p in enumerate(found)]
    shuffled = list(named)
    chance.shuffle(shuffled)
    upper = [{**p, "id": p["id"].upper()} for p in shuffled]
    for policy in upper:
        policy["conditions"] = {
            **policy["conditions"],
            "users": {
                k: [v if v in ("All", "None") else v.upper() for v in vs]
                for k, vs in policy["conditions"]["users"].items()
            },
        }
    directory = Directory(PEOPLE, GROUPS, {}, {})
    one = judge(directory, named, locations=OFFICE, strengths={})
    other = judge(directory, upper, locations=OFFICE, strengths={})
    for person in PEOPLE:
        assert one.verdict(person.id).answer == other.verdict(person.id).answer
        assert one.verdict(person.id).open == other.verdict(person.id).open


@settings(max_examples=60, deadline=None)
@given(st.lists(policies(), max_size=4))
def test_an_unreadable_group_only_makes_verdicts_unknown(found: list[dict[str, Any]]) -> None:
    whole = tenant(found)
    partly = tenant(found, groups={"g": None, "h": GROUPS["h"]})
    for person in PEOPLE:
        before = whole.verdict(person.id).answer
        after = partly.verdict(person.id).answer
        assert after == "unknown" or (after == "yes") == (before == "yes")


@settings(max_examples=40, deadline=None)
@given(st.lists(policies(), min_size=1, max_size=3), st.integers(0, 2))
def test_a_policy_cut_in_two_is_the_same_policy(found: list[dict[str, Any]], at: int) -> None:
    policy = found[at % len(found)]
    conditions = policy["conditions"]
    if conditions["clientAppTypes"] != ["all"]:
        return
    halves = [
        {**policy, "conditions": {**conditions, "clientAppTypes": half}}
        for half in (["browser", "other"], ["mobileAppsAndDesktopClients", "exchangeActiveSync"])
    ]
    rest = [p for p in found if p is not policy]
    for person in PEOPLE:
        assert (
            tenant(found).verdict(person.id).answer
            == tenant([*rest, *halves]).verdict(person.id).answer
        )


def large(users: int, groups: int, count: int) -> tuple[Directory, list[dict[str, Any]]]:
    chance = random.Random(7)
    people = [Person(f"user-{n:05d}") for n in range(users)]
    members: dict[str, frozenset[str] | None] = {
        f"group-{n:04d}": frozenset(
            f"user-{chance.randrange(users):05d}" for _ in range(chance.choice([5, 20, 200]))
        )
        for n in range(groups)
    }
    names = sorted(members)
    found = []
    for n in range(count):
        apps: dict[str, Any] = {"includeApplications": ["All"]}
        if n % 3 == 0:
            apps = {"includeApplications": [f"app-{n % 7}"]}
        if n % 5 == 0:
            apps["excludeApplications"] = [f"app-{n % 11}"]
        conditions: dict[str, Any] = {
            "users": {
                "includeGroups": chance.sample(names, 20),
                "excludeGroups": chance.sample(names, 5),
            },
            "applications": apps,
            "clientAppTypes": ["all"] if n % 2 else ["browser", "mobileAppsAndDesktopClients"],
        }
        if n % 4 == 0:
            conditions["locations"] = {
                "includeLocations": ["All"],
                "excludeLocations": ["AllTrusted"],
            }
        grant = {"operator": "OR", "builtInControls": ["mfa"] if n % 6 else ["block"]}
        if n % 7 == 0:
            grant["builtInControls"] = ["mfa", "compliantDevice"]
        found.append(
            {
                "id": f"p{n:03d}",
                "displayName": f"policy {n}",
                "state": "enabled",
                "conditions": conditions,
                "grantControls": grant,
            }
        )
    return Directory(people, members, {}, {}), found


def test_a_large_tenant_is_judged_in_time() -> None:
    """50,000 accounts, 200 policies and 5,000 groups, three requirements, within 10 seconds of
    processor time."""
    directory, found = large(50_000, 5000, 200)
    started = time.process_time()
    judged = judge(directory, found, locations=OFFICE, strengths={})
    answers = {
        judged.verdict(person.id, requirement).answer
        for requirement in (MFA, LEGACY_BLOCKED, PHISHING_RESISTANT)
        for person in directory.people
    }
    assert time.process_time() - started < 10
    assert answers == {"yes", "partial", "no", "unknown"}
