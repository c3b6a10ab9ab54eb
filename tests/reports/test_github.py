from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sarif_samples import (
    CONFIG,
    HINT,
    LOGS,
    MFA,
    SCOPE,
    blind,
    every_kind,
    finding,
    gap,
    in_order,
    many,
    many_rules,
    scan,
)
from test_sarif import golden

from scanner.errors import InputError
from scanner.findings import Finding, Missing
from scanner.reports.github import write_github
from scanner.reports.github_files import Category, quotas
from scanner.reports.sarif_check import check_sarif
from scanner.reports.sarif_inputs import Place, Scan

HASH = "primaryLocationLineHash"


def wrote(
    folder: Path, findings: Sequence[Finding], of: Scan | None = None, **options: Any
) -> dict[str, Category]:
    options = {"targets": ["prod", "bastion"], "complete": True} | options
    made = write_github(folder, lambda: iter(findings), of or scan(), **options)
    for category in made:
        if category.path is not None:
            assert check_sarif(category.path, "github") == []
    assert {c.path for c in made if c.path} == set(folder.glob("*"))
    return {category.target: category for category in made}


def run_of(category: Category) -> Any:
    assert category.path is not None
    return json.loads(category.path.read_bytes())["runs"][0]


def hashes(category: Category) -> list[str]:
    return [r["partialFingerprints"][HASH] for r in run_of(category)["results"]]


@pytest.mark.parametrize("subjects", ["hashed", "full"])
def test_a_file_a_target(subjects: Any, tmp_path: Path) -> None:
    made = wrote(tmp_path, every_kind(), carried=(), subjects=subjects)
    assert list(made) == ["_organization", "bastion", "prod"]
    for name, category in made.items():
        assert category.path is not None
        assert run_of(category)["automationDetails"]["id"] == f"cmmc/{name}/"
        golden(f"github-{subjects}-{name.strip('_')}.sarif", category.path.read_bytes())


def test_only_unsuppressed_failures_and_unknowns(tmp_path: Path) -> None:
    made = wrote(tmp_path, every_kind(), carried=(), subjects="full")
    results = run_of(made["prod"])["results"]
    told = [(r["properties"]["name"], r["kind"], r["level"]) for r in results]
    assert told == [
        ("alice", "fail", "error"),
        ("bob", "fail", "error"),
        ("dave", "fail", "warning"),
        (SCOPE, "fail", "warning"),
        ("nc", "fail", "note"),
    ]


def test_only_rules_judged_at_the_target(tmp_path: Path) -> None:
    made = wrote(tmp_path, every_kind(), carried=())
    rules = {n: [r["id"] for r in run_of(c)["tool"]["driver"]["rules"]] for n, c in made.items()}
    assert rules["bastion"] == [LOGS.id]
    assert rules["prod"] == [*MFA.deprecated_ids, HINT.id]


def test_a_clean_target_closes_its_alerts(tmp_path: Path) -> None:
    made = wrote(tmp_path, [])
    assert run_of(made["prod"])["results"] == []
    assert run_of(made["prod"])["tool"]["driver"]["rules"]


def test_hashed_says_nothing_of_the_systems(tmp_path: Path) -> None:
    """No text of a finding that comes from the assessed systems is in the file."""
    secret = [f"SECRET{n}" for n in range(12)]
    told = {
        "name": secret[0],
        "message": f"{secret[0]} can sign in to {secret[1]} without a second factor",
        "scope": secret[2],
        "region": secret[3],
        "evidence": {"role": secret[4], "list": [secret[5]]},
        "gap": Missing(id="x", operation="iam:Get", permission=None, detail=secret[6]),
        "suppressed": None,
    }
    findings = [
        finding(subject=secret[7], **told),
        finding(LOGS, secret[8], **told | {"message": f"{secret[0]} keeps its {secret[9]}"}),
        finding(subject=secret[10], verdict="unknown", **told),
        blind(**told | {"scope": SCOPE}),
    ]
    carried = [finding(subject=secret[11], **told | {"scope": SCOPE})]
    of = scan(gaps=[gap(scope=secret[2], detail=secret[6])])
    made = wrote(tmp_path / "h", in_order(findings), of, carried=carried)
    assert made["prod"].results == 5
    for category in made.values():
        assert category.path is not None
        assert "SECRET" not in category.path.read_text()
    made = wrote(tmp_path / "f", in_order(findings), of, carried=carried, subjects="full")
    assert made["prod"].path is not None
    assert "SECRET0" in made["prod"].path.read_text()


def test_hashed_names_the_kind_and_half_of_the_fingerprint(tmp_path: Path) -> None:
    alice = finding()
    made = wrote(tmp_path, [alice, finding(LOGS, "log/group")])
    texts = [r["message"]["text"] for r in run_of(made["prod"])["results"]]
    half = alice.fingerprint[:8]
    assert texts[0] == f"'account {half}' can sign in to 'aws' without a second factor."
    assert texts[1].startswith("Failed by 'store ")
    assert texts[1].endswith("': Logs are kept as long as the organization has decided.")


def test_a_partial_scan_is_not_uploaded(tmp_path: Path) -> None:
    wrote(tmp_path, [finding()])
    made = wrote(tmp_path, [finding()], complete=False)
    assert {c.path for c in made.values()} == {None}
    assert "part of the rules" in (made["prod"].reason or "")


def test_a_blind_target_without_a_baseline_is_not_uploaded(tmp_path: Path) -> None:
    made = wrote(tmp_path, in_order([blind(), finding(LOGS, "log/x", target="bastion")]))
    assert made["prod"].path is None
    assert "without an earlier scan" in (made["prod"].reason or "")
    assert made["bastion"].results == 1


def test_an_unread_listing_alone_is_enough(tmp_path: Path) -> None:
    made = wrote(tmp_path, [], scan(gaps=[gap(), gap(id="a", target="bastion", reach="fields")]))
    assert made["prod"].path is None
    assert made["bastion"].path is not None


def test_a_refused_listing_carries_its_failures(tmp_path: Path) -> None:
    before = "2026-11-01T00:00:00Z"
    alice = finding(observed_at=before)
    elsewhere = finding(subject="user/x", scope="aws:2", observed_at=before)
    of_logs = finding(LOGS, "log/gone", observed_at=before)
    passed = finding(subject="user/ok", verdict="pass", observed_at=before)
    excused = finding(subject="user/ex", suppressed="EX", observed_at=before)
    made = wrote(tmp_path, [blind()], carried=[alice, elsewhere, of_logs, passed, excused])
    assert (made["prod"].results, made["prod"].carried) == (2, 1)
    carried = run_of(made["prod"])["results"][0]
    assert carried["partialFingerprints"][HASH] == f"{alice.fingerprint}:1"
    assert carried["level"] == "error"
    assert carried["properties"]["last_seen"] == before
    assert carried["message"]["text"] == (
        f"Failed by 'account {alice.fingerprint[:8]}' when last seen at '{before}', unreadable"
        f" since: {MFA.title}."
    )


def test_what_was_looked_at_again_is_not_carried(tmp_path: Path) -> None:
    alice = finding(observed_at="2026-11-20T00:00:00Z")
    for now in ("pass", "fail", "unknown"):
        made = wrote(tmp_path, [finding(verdict=now), blind()], carried=[alice])
        assert made["prod"].carried == 0
        assert hashes(made["prod"]).count(f"{alice.fingerprint}:1") == (now != "pass")


def test_a_place_that_was_not_looked_at_carries_its_failures(tmp_path: Path) -> None:
    seen, away = finding(subject="a", scope="aws:1"), finding(subject="b", scope="aws:2")
    gone = finding(subject="c", scope="aws:1")
    made = wrote(tmp_path, [seen], carried=[away, gone], scopes={"prod": {"aws:1"}})
    assert set(hashes(made["prod"])) == {f"{f.fingerprint}:1" for f in (seen, away)}
    assert made["prod"].carried == 1
    alone = wrote(tmp_path, [seen], scopes={"prod": {"aws:1"}})["prod"]
    assert alone.path is None
    assert "whether its snapshots hold every place of it is not known" in str(alone.reason)
    nothing = {"carried": [], "known": [], "scopes": {"prod": {"aws:1"}}}
    first = wrote(tmp_path, [seen], **nothing)["prod"]
    assert first.path is None
    assert "the history or baseline knows no earlier scan of it" in str(first.reason)


def test_only_the_regions_that_are_blind(tmp_path: Path) -> None:
    west = finding(subject="user/w", region="west", observed_at="2026-11-20T00:00:00Z")
    east = finding(subject="user/e", region="east", observed_at="2026-11-20T00:00:00Z")
    made = wrote(tmp_path, [blind(region="west")], carried=[west, east])
    assert f"{west.fingerprint}:1" in hashes(made["prod"])
    assert f"{east.fingerprint}:1" not in hashes(made["prod"])
    made = wrote(tmp_path, [blind(region=None)], carried=[west, east])
    assert made["prod"].carried == 2


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        ("2026-10-25T07:33:41Z", 1),
        ("2026-10-25T07:33:40Z", 0),
        (None, 0),
        ("yesterday", 0),
        ("2026-11-24", 0),
    ],
)
def test_thirty_days_at_most(seen: str | None, kept: int, tmp_path: Path) -> None:
    made = wrote(tmp_path, [blind()], carried=[finding(observed_at=seen)])
    assert (made["prod"].carried, made["prod"].expired) == (kept, 1 - kept)


def test_a_renamed_rule_keeps_what_it_carries(tmp_path: Path) -> None:
    old = finding(rule=MFA, observed_at="2026-11-20T00:00:00Z")
    old = msgspec.structs.replace(old, rule="account-mfa")
    made = wrote(tmp_path, [blind()], carried=[old])
    assert made["prod"].carried == 1
    # GitHub reads no deprecatedIds: there the rule keeps the id that its alerts have
    assert {r["ruleId"] for r in run_of(made["prod"])["results"]} == {"account-mfa"}


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.integers(0, 7), st.sampled_from(["fail", "pass", "unknown"])),
    st.dictionaries(st.integers(0, 7), st.sampled_from(["fail", "pass", "unknown", "excused"])),
    st.booleans(),
)
def test_no_alert_closes_that_nobody_looked_at(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[int, str],
    now: dict[int, str],
    listed: bool,
) -> None:
    """An alert leaves the file only if its subject was seen to pass, was excused, or its listing
    was read and lacks it."""

    def made(states: dict[int, str], at: str) -> list[Finding]:
        return [
            finding(
                subject=f"user/{n}",
                verdict="fail" if state == "excused" else state,
                suppressed="EX" if state == "excused" else None,
                observed_at=at,
            )
            for n, state in states.items()
        ]

    earlier = made(before, "2026-11-23T00:00:00Z")
    present = made(now, "2026-11-24T00:00:00Z") + ([] if listed else [blind()])
    folder = tmp_path_factory.mktemp("gh")
    category = wrote(folder, in_order(present), carried=earlier)["prod"]
    shown = {mark.partition(":")[0] for mark in hashes(category)}
    for n, state in before.items():
        mark = finding(subject=f"user/{n}").fingerprint
        if state == "fail" and mark not in shown:
            assert now.get(n) in ("pass", "excused") or (listed and n not in now)
    for n, state in now.items():
        if state in ("fail", "unknown"):
            assert finding(subject=f"user/{n}").fingerprint in shown
    assert len(shown) == len(hashes(category))


def test_more_than_github_shows_is_summed_up(tmp_path: Path) -> None:
    findings = list(many(12_000, rules=4))
    of = scan(rules=many_rules(4))
    made = wrote(tmp_path, findings, of, subjects="full")["prod"]
    alerts = [f for f in findings if f.verdict in ("fail", "unknown")]
    results = run_of(made)["results"]
    sums = [r for r in results if r["message"]["id"] == "summary"]
    assert len(results) == made.results <= 5_000
    assert made.summarised == sum(int(r["message"]["arguments"][0]) for r in sums)
    assert len(results) - len(sums) + made.summarised == len(alerts)
    listed = [r for r in results if r["message"]["id"] != "summary"]
    assert sum(r["ruleId"] == "rule-000-holds" for r in listed) == 1_800
    assert sum(r["ruleId"] == "rule-003-holds" for r in listed) == 0
    assert made.path is not None
    first = made.path.read_bytes()
    wrote(tmp_path, findings, of, subjects="full")
    assert made.path.read_bytes() == first


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcde"), st.sampled_from(["fail", "unknown"])),
        st.integers(1, 40),
    ),
    st.integers(10, 80),
)
def test_quotas_lose_nothing(counts: dict[tuple[str, str], int], limit: int) -> None:
    severity = dict(zip("abcde", ["low", "critical", "high", "medium", "critical"], strict=True))
    listed, rest = quotas(counts, severity, limit)
    assert sum(listed.values()) + sum(rest.values()) == sum(counts.values())
    assert sum(listed.values()) + len(rest) <= limit
    ranks = ["critical", "high", "medium", "low"]
    by_weight = sorted(counts, key=lambda k: (ranks.index(severity[k[0]]), k[1], k[0]))
    cut = [key for key in by_weight if listed[key] < counts[key]]
    assert all(listed[key] == 0 for key in cut[1:])
    assert by_weight[len(by_weight) - len(cut) :] == cut


def test_a_file_that_stays_too_large_lists_fewer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.reports.github_files.GZIP_LIMIT", 20_000)
    made = wrote(tmp_path, list(many(1_000, rules=4)), scan(rules=many_rules(4)))["prod"]
    assert made.path is not None
    assert made.summarised > 0
    assert made.results < 800


def test_every_target_has_its_own_place(tmp_path: Path) -> None:
    places = {"prod": Place("conf/a.yaml", 3, CONFIG), "bastion": Place("b.yaml", 4, CONFIG)}
    made = wrote(tmp_path, every_kind(), scan(places=places), carried=())
    uris = {
        name: {
            r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for r in run_of(category)["results"]
        }
        for name, category in made.items()
    }
    assert uris == {
        "prod": {"conf/a.yaml", "infra/users.tf"},
        "bastion": {"b.yaml"},
        "_organization": set(),
    }


def test_old_files_go(tmp_path: Path) -> None:
    wrote(tmp_path, [finding()], targets=["prod", "old"])
    made = wrote(tmp_path, [finding()], targets=["prod"])
    assert set(made) == {"_organization", "prod"}


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.reports.github_files._SPILL", 10)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="gone: cannot be written"):
        wrote(tmp_path / "out", [finding()])


def test_what_no_target_can_tell(tmp_path: Path) -> None:
    made = wrote(tmp_path, every_kind(), carried=())
    assert run_of(made["_organization"])["results"] == []  # no alert: nothing there to repair


def test_a_target_that_is_no_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no target's id"):
        wrote(tmp_path, [finding(target="../../etc/x")])
    assert list(tmp_path.rglob("*")) == []
