"""Rules over snapshots: what is judged, where, and what an unread thing does to a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import FakeCloud
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collect import collect
from scanner.collectors.base import Refused, Scope, Target
from scanner.documents import loads
from scanner.evaluate.run import evaluate
from scanner.evaluate.settle import settled
from scanner.evaluate.wants import wants
from scanner.facts import UNSET
from scanner.findings import Finding
from scanner.rules.model import Rule
from scanner.rules.read import read_rule
from scanner.snapshot.read import open_snapshot

HEAD = """\
id: stores-encrypted
title: Every store is encrypted
practice: SC.L2-3.13.16
informs: ["3.13.16[a]"]
strength: observed
refutes: never
severity: high
fact: storage.store
message: "{name} is not encrypted"
why: It stands here for the test alone.
limits: It says nothing of a real system.
fix: {aws: Nothing.}
tests:
  pass: [{category: bucket, encrypted: true}]
  fail: [{category: bucket, encrypted: false}]
  unknown: [{category: bucket}]
"""
EVERY = HEAD + "require: |\n  encrypted\n"
BUCKETS = EVERY + 'when: |\n  category == "bucket"\n'


def rule(text: str) -> Rule:
    return read_rule(loads(text, "rule.yaml"), thorough=False)


def judge(folders: Path | list[Path], *rules: Rule, **options: Any) -> list[Finding]:
    given_ = folders if isinstance(folders, list) else [folders]
    lines = evaluate(
        open_snapshot(*given_),
        rules,
        params=options.get("params", {}),
        declared=options.get("declared", {}),
        controls=lambda _: ("A.8.24",),
        as_of="2026-11-24",
        elsewhere=options.get("elsewhere"),
    )
    return [msgspec.json.decode(line, type=Finding) for line in lines]


def verdicts(findings: list[Finding]) -> dict[str | None, str]:
    return {finding.subject: finding.verdict for finding in findings}


def test_each_subject_has_a_finding_with_its_evidence(cloud, snap):
    found = judge(snap(cloud), rule(BUCKETS))
    assert verdicts(found) == {"bucket/a": "pass", "bucket/b": "fail", None: "not-applicable"}
    failed = found[1]
    assert failed.message == "b is not encrypted"
    assert failed.evidence == {"category": "bucket", "encrypted": False}
    assert failed.iso == ("A.8.24",)
    assert found[2].count == 2, "the two disks do not concern the rule"


def test_beside_a_verdict_it_is_not_said_that_nothing_concerns_the_rule(cloud, snap):
    """Two disks are no buckets; of the buckets one is judged, none is, or none could be listed."""
    said = "were looked at in fake:1 that this rule does not concern"
    rest = judge(snap(cloud), rule(BUCKETS))[-1]
    assert rest.message == f"2 {said}"
    cloud.refuse["ListBuckets"] = Refused("denied", "ListBuckets")
    rest_of_the_blind = judge(snap(cloud, name="blind"), rule(BUCKETS))[-1]
    assert rest_of_the_blind.message == f"2 {said}"
    [alone] = judge(snap(FakeCloud(buckets={}), name="none"), rule(BUCKETS))
    assert alone.message == "Nothing in fake:1 that this rule concerns (2 looked at)"
    assert alone.fingerprint == rest.fingerprint


def test_a_refused_field_is_unknown_with_the_permission(cloud, snap):
    cloud.refuse["GetEncryption:bucket/b"] = Refused("denied", "GetEncryption")
    found = judge(snap(cloud), rule(BUCKETS))
    [unknown] = [f for f in found if f.verdict == "unknown"]
    assert (unknown.subject, unknown.reason) == ("bucket/b", "denied")
    assert unknown.gap.permission == "ReadEncryption"
    assert unknown.unread == ("encrypted",)
    assert "ReadEncryption" in unknown.message


def test_a_refused_listing_is_unknown_and_never_not_applicable(cloud, snap):
    cloud.refuse["ListBuckets"] = Refused("denied", "ListBuckets")
    [unknown, rest] = judge(snap(cloud), rule(BUCKETS))
    assert (unknown.verdict, unknown.subject, unknown.gap.permission) == ("unknown", None, "List")
    assert (rest.verdict, rest.count) == ("not-applicable", 2)


def test_a_refused_listing_that_does_not_concern_a_rule_changes_nothing(cloud, snap):
    before = judge(snap(cloud, name="one"), rule(BUCKETS))
    cloud.refuse["ListDisks"] = Refused("denied", "ListDisks")
    after = judge(snap(cloud, name="two"), rule(BUCKETS))
    assert [f for f in verdicts(before).items() if f[0]] == [
        f for f in verdicts(after).items() if f[0]
    ]
    assert "unknown" not in verdicts(after).values()


def test_regions_that_refuse_are_one_finding_that_names_them(cloud, snap):
    cloud.refuse["ListDisks"] = Refused("throttled", "ListDisks")
    found = judge(snap(cloud), rule(EVERY))
    [unknown] = [f for f in found if f.verdict == "unknown"]
    assert "(east, west)" in unknown.message
    assert unknown.region is None


def test_an_empty_account_is_not_applicable_with_proof(snap):
    empty = FakeCloud(buckets={})
    only = wants([rule(BUCKETS)])
    [finding] = judge(snap(empty, wants=only), rule(BUCKETS))
    assert (finding.verdict, finding.count) == ("not-applicable", 0)
    assert "none exists" in finding.message


def test_a_partial_collection_judged_by_all_rules_guesses_nothing(cloud, snap):
    partial = snap(cloud, wants=wants([rule(BUCKETS)]))
    found = judge(partial, rule(EVERY))
    assert {f.reason for f in found if f.verdict == "unknown"} == {"not-collected"}
    assert verdicts(found)["bucket/b"] == "fail"


def test_a_rule_that_no_source_serves_says_so_once(cloud, snap):
    other = rule(BUCKETS.replace("  encrypted\n", "  access_logged\n", 1))
    [finding] = judge(snap(cloud), other)
    assert (finding.verdict, finding.reason, finding.target) == ("unknown", "no-source", None)


def test_a_target_that_cannot_be_opened_is_unknown(cloud, snap):
    cloud.refuse["Open"] = Refused("credentials", "Open", "none found")
    [finding] = judge(snap(cloud), rule(BUCKETS))
    assert (finding.verdict, finding.reason) == ("unknown", "credentials")
    assert finding.scope == "unresolved:t1"


def test_two_targets_on_one_account_count_once(cloud, tmp_path):
    targets = [Target(id=name, provider="fake", options={}) for name in ("t1", "t2")]
    collect(targets, {"fake": cloud.collector()}, None, tmp_path / "s")
    found = judge(tmp_path / "s", rule(BUCKETS))
    assert [f.subject for f in found] == ["bucket/a", "bucket/b", None]


def test_what_one_target_may_not_list_another_on_the_same_account_answers(snap):
    blind = FakeCloud(refuse={"ListBuckets": Refused("denied", "ListBuckets")})
    found = judge(
        [snap(blind, name="one", target="a"), snap(FakeCloud(), name="two", target="b")],
        rule(BUCKETS),
    )
    assert "unknown" not in verdicts(found).values()


SOME = BUCKETS + "expect: some\nper: account\n"


@pytest.mark.parametrize(
    ("buckets", "refuse", "verdict"),
    [
        ({"a": True, "b": False}, {}, "pass"),
        ({"a": False}, {}, "fail"),
        ({}, {}, "fail"),
        ({"a": False, "b": False}, {"GetEncryption:bucket/b": "denied"}, "unknown"),
        ({"a": True}, {"GetEncryption:bucket/b": "denied"}, "pass"),
        ({"a": True}, {"ListBuckets": "denied"}, "unknown"),
    ],
)
def test_a_set_is_judged_as_an_interval(snap, buckets, refuse, verdict):
    cloud = FakeCloud(buckets=buckets)
    for key, reason in refuse.items():
        cloud.refuse[key] = Refused(reason, key.partition(":")[0])
    [finding] = judge(snap(cloud), rule(SOME))
    assert finding.verdict == verdict
    assert finding.scope == "fake:1"


def test_a_set_per_region_has_a_verdict_in_each(cloud, snap):
    text = EVERY + 'when: |\n  category == "disk"\nexpect: some\nper: region\n'
    cloud.refuse["ListDisks:west"] = Refused("denied", "ListDisks")
    found = judge(snap(cloud), rule(text))
    assert {f.region: f.verdict for f in found} == {"east": "pass", "west": "unknown"}


def test_a_set_over_the_organisation_joins_accounts(snap):
    cloud = FakeCloud(scopes=(Scope("fake:1", "", ("e",)), Scope("fake:2", "", ("e",))))
    [finding] = judge(snap(cloud), rule(SOME.replace("per: account", "per: organization")))
    assert (finding.scope, finding.verdict) == ("organization", "pass")
    assert finding.evidence["satisfied"] == 2


WAITS = BUCKETS.replace("  encrypted\n", "  entry_found\n", 1) + (
    "with:\n  entry: {declaration: stores, on: name}\n"
)


def test_what_waits_for_a_declaration_is_one_finding(cloud, snap):
    found = judge(snap(cloud), rule(WAITS))
    [waiting] = [f for f in found if f.verdict == "unknown"]
    assert (waiting.reason, waiting.count) == ("not-declared", 2)
    assert waiting.gap.detail == "declarations: stores"


def test_a_declaration_decides(cloud, snap):
    found = judge(snap(cloud), rule(WAITS), declared={"stores": {"a": {"id": "a"}}})
    assert verdicts(found) == {"bucket/a": "pass", "bucket/b": "fail", None: "not-applicable"}


def test_findings_come_in_order_and_the_same_bytes(cloud, snap):
    rules = [rule(BUCKETS), rule(SOME.replace("id: stores-", "id: another-"))]
    folder = snap(cloud)
    first, second = judge(folder, *rules), judge(folder, *reversed(rules))
    assert first == second
    assert [f.rule for f in first] == sorted(f.rule for f in first)


def test_a_fingerprint_stays_when_target_region_and_wording_change(snap):
    one = judge(snap(FakeCloud(), name="one", target="x"), rule(BUCKETS))
    renamed = BUCKETS.replace(
        "id: stores-encrypted", "id: renamed\ndeprecated_ids: [stores-encrypted]"
    )
    other = judge(
        snap(FakeCloud(), name="two", target="y"),
        rule(renamed.replace("is not encrypted", "lies open").replace("high", "low")),
    )
    assert [f.fingerprint for f in one] == [f.fingerprint for f in other]


OPERATIONS = [
    "Open",
    "ListBuckets",
    "ListDisks",
    "ListDisks:west",
    "GetEncryption",
    "GetEncryption:bucket/a",
    "GetEncryption:bucket/b",
]
REASONS = ["denied", "throttled", "truncated", "broken", "unlicensed", "timeout"]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(OPERATIONS), st.sampled_from(REASONS), max_size=4),
    st.dictionaries(st.sampled_from("abc"), st.booleans(), max_size=3),
)
def test_no_refused_read_ever_makes_a_pass_or_a_fail(tmp_path_factory, refusals, buckets):
    rules = [rule(EVERY), rule(SOME.replace("id: stores-", "id: some-"))]

    def run(cloud: FakeCloud) -> list[Finding]:
        folder = tmp_path_factory.mktemp("s")
        collect([Target("t", "fake", {})], {"fake": cloud.collector()}, None, folder)
        return judge(folder, *rules)

    whole = {(f.rule, f.subject): f.verdict for f in run(FakeCloud(buckets=dict(buckets)))}
    refused = {key: Refused(why, key.partition(":")[0]) for key, why in refusals.items()}  # type: ignore[arg-type]
    for finding in run(FakeCloud(buckets=dict(buckets), refuse=refused)):
        if finding.verdict in ("pass", "fail"):
            assert whole[finding.rule, finding.subject] == finding.verdict


def test_a_lookup_in_a_scope_that_was_collected_in_part_finds_nothing_out(cloud, snap):
    partial = snap(cloud, wants=wants([rule(BUCKETS)]))
    looking = BUCKETS.replace("  encrypted\n", "  other_found\n", 1) + (
        "with:\n  other: {fact: storage.store, on: name, same_scope: true}\n"
    )
    assert set(verdicts(judge(partial, rule(looking))).values()) == {"unknown"}
    whole = verdicts(judge(snap(cloud, name="whole"), rule(looking)))
    assert whole["bucket/a"] == "fail", "every listing answered: it is certainly not there"


def test_a_set_over_the_organisation_is_open_while_a_target_was_not_scanned(snap):
    none_there = snap(FakeCloud(buckets={"a": False}))
    organisation = rule(SOME.replace("per: account", "per: organization"))
    [finding] = judge(none_there, organisation)
    assert finding.verdict == "fail"
    [finding] = judge(none_there, organisation, elsewhere={"corp": "entra"})
    assert (finding.verdict, finding.reason) == ("unknown", "not-collected")
    assert "corp" in finding.message


def test_a_part_of_a_target_is_not_judged_as_the_whole(tmp_path):
    folders = []
    for number in (1, 2):
        cloud = FakeCloud(scopes=(Scope(f"fake:{number}", "", ("east",)),))
        target = Target(id="org", provider="fake", options={}, part=(number, 2))
        folders.append(tmp_path / str(number))
        collect([target], {"fake": cloud.collector()}, None, folders[-1])
    [unknown] = [f for f in judge(folders[0], rule(BUCKETS)) if f.verdict == "unknown"]
    assert (unknown.scope, unknown.target, unknown.reason) == (
        "unresolved:org",
        "org",
        "not-collected",
    )
    assert "unknown" not in {f.verdict for f in judge(folders, rule(BUCKETS))}


@pytest.mark.parametrize("per", ["account", "region", "target", "organization"])
def test_a_set_decides_nothing_where_its_provider_only_informs(cloud, snap, per):
    text = SOME.replace("per: account", f"per: {per}").replace("informs:", "decides:")
    decides = {f.decides for f in judge(snap(cloud), rule(text))}
    assert decides == {("3.13.16[a]",)}
    informs = {f.decides for f in judge(snap(cloud), rule(text + "informs_only: [fake]\n"))}
    assert informs == {()}


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_reading_that_settles_nothing_is_unknown_and_says_why(snap, encrypted):
    aged = "params:\n  most: {default: 30, about: x}\nsettled: |\n  name == 'a' && most < 9\n"
    cloud = FakeCloud(buckets={"a": encrypted})
    found = judge(snap(cloud), rule(BUCKETS + aged), params={"stores-encrypted": {"most": 30}})
    [unknown] = [f for f in found if f.subject]
    assert (unknown.verdict, unknown.reason) == ("unknown", "unsettled")
    assert unknown.gap.detail == "most: 30, name"


def test_of_what_is_only_affirmed_a_no_is_as_though_nothing_was_stated():
    stated = "params:\n  listed: {declared: true, type: bool, affirm: true, about: x}\n"
    asked = rule(HEAD + stated + "require: |\n  listed && encrypted\n")
    assert settled(asked, {"listed": True}) == {"listed": True}
    assert settled(asked, {"listed": False}) == settled(asked, {}) == {"listed": UNSET}
