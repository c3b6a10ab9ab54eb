from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sarif_samples import (
    CONFIG,
    HINT,
    HOSTILE,
    LOGS,
    MFA,
    RULES,
    SCOPE,
    blind,
    every_kind,
    finding,
    gap,
    in_order,
    scan,
)

from scanner.errors import InputError
from scanner.facts.ledger import Reason
from scanner.findings import Finding, encode
from scanner.frameworks import cross_references
from scanner.reports.sarif import write_sarif
from scanner.reports.sarif_check import check_sarif
from scanner.reports.sarif_inputs import Scan, described
from scanner.reports.sarif_messages import REASONS
from scanner.reports.sarif_places import made_at, regions, relative_uri
from scanner.reports.sarif_rules import GAP_REASONS, LEVEL, SECURITY_SEVERITY, pascal, tags
from scanner.reports.titles import catalogue_titles
from scanner.resources import rules_dir
from scanner.rules.load import load_rules
from scanner.rules.model import Severity

GOLDEN = Path(__file__).parent.parent / "golden" / "sarif"


def controls_of(rule: Any) -> tuple[str, ...]:
    return tuple(rule.iso) or tuple(pair.iso for pair in cross_references(rule.practice))


def golden(name: str, found: bytes) -> None:
    """Compare with a golden file; GOLDEN=write writes it anew."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(found)
    assert found == path.read_bytes(), f"{path.name} differs; if it should, run with GOLDEN=write"


def written(folder: Path, findings: Sequence[Finding], of: Scan, **options: Any) -> Any:
    path = folder / "findings.sarif"
    write_sarif(path, lambda: iter(findings), of, **options)
    assert check_sarif(path, "auditor") == []
    return json.loads(path.read_bytes())["runs"][0]


def by_subject(run: Any) -> dict[str, Any]:
    return {r["properties"]["name"]: r for r in run["results"]}


def test_the_auditors_file(tmp_path: Path) -> None:
    path = tmp_path / "findings.sarif"
    of = scan(gaps=[gap()])
    count = write_sarif(
        path, lambda: iter(every_kind()), of, suppression=lambda name: f"Exception {name}."
    )
    assert count == 10
    assert check_sarif(path, "auditor") == []
    golden("auditor.sarif", path.read_bytes())


def test_kinds_and_levels(tmp_path: Path) -> None:
    run = written(tmp_path, every_kind(), scan())
    kinds = {(r["properties"]["verdict"], r["kind"], r["level"]) for r in run["results"]}
    assert kinds == {
        ("fail", "fail", "error"),
        ("fail", "fail", "warning"),
        ("fail", "review", "none"),
        ("pass", "pass", "none"),
        ("unknown", "open", "none"),
        ("not-applicable", "notApplicable", "none"),
    }


def test_taxa_and_relationships_lead_to_their_taxon(tmp_path: Path) -> None:
    run = written(tmp_path, every_kind(), scan())
    rule = next(r for r in run["tool"]["driver"]["rules"] if r["id"] == MFA.id)
    kinds = {r["target"]["id"]: r["kinds"] for r in rule["relationships"]}
    assert kinds == {
        "IA.L2-3.5.3": ["superset"],
        "3.5.3[c]": ["superset"],
        "3.5.3[d]": ["superset"],
        "3.5.3[b]": ["relevant"],
        "A.5.17": ["relevant"],
        "A.8.5": ["relevant"],
    }
    taxa = by_subject(run)["alice"]["taxa"]
    assert [t["id"] for t in taxa] == [
        *("IA.L2-3.5.3", "3.5.3[c]", "3.5.3[d]", "3.5.3[b]", "A.8.5", "A.5.17")
    ]
    names = [t["name"] for t in run["taxonomies"]]
    assert names == ["CMMC", "SP 800-171A", "ISO/IEC 27001"]


def test_an_informing_rule_is_relevant_to_its_practice(tmp_path: Path) -> None:
    run = written(tmp_path, [], scan())
    rule = next(r for r in run["tool"]["driver"]["rules"] if r["id"] == HINT.id)
    assert {k for r in rule["relationships"] for k in r["kinds"]} == {"relevant"}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    findings = every_kind()
    gaps = [gap(), gap(id="fedcba987654", reason="timeout", permission=None)]
    first, second = tmp_path / "1", tmp_path / "2"
    write_sarif(first, lambda: iter(findings), scan(gaps=gaps))
    other = scan(gaps=gaps[::-1], rules=random.Random(1).sample(RULES, len(RULES)))
    decode = msgspec.json.Decoder(Finding).decode
    write_sarif(second, lambda: (decode(encode(f)) for f in findings), other)
    assert first.read_bytes() == second.read_bytes()


def test_the_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "findings.sarif"
    write_sarif(path, lambda: iter([finding()]), scan())
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    reads = 0

    def breaks() -> Any:
        nonlocal reads
        reads += 1
        yield finding()
        if reads == 2:
            raise InputError("findings.jsonl:2: this is not a finding")

    with pytest.raises(InputError):
        write_sarif(path, breaks, scan())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["findings.sarif"]


def test_history_and_suppressions_are_told_for_all_or_none(tmp_path: Path) -> None:
    alice, bob = finding(), finding(subject="user/bob")
    run = written(tmp_path, [alice, bob], scan(), baseline={alice.fingerprint: "unchanged"})
    assert [r["baselineState"] for r in run["results"]] == ["unchanged", "new"]
    assert not any("suppressions" in r for r in run["results"])
    run = written(tmp_path, [alice, finding(subject="user/bob", suppressed="EX-1")], scan())
    assert [r["suppressions"] for r in run["results"]] == [
        [],
        [{"kind": "external", "status": "accepted", "justification": "EX-1"}],
    ]
    assert not any("baselineState" in r for r in run["results"])


def test_a_gap_is_a_notification(tmp_path: Path) -> None:
    run = written(tmp_path, [], scan(gaps=[gap(region="us-gov-west-1")]))
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == (
        "Target 'prod': 'iam:ListUsers' told nothing of 'aws:123456789012 us-gov-west-1', since"
        " access was denied. It takes 'iam:ListUsers'."
    )
    assert told["properties"]["reach"] == "listing"
    assert told["level"] == "warning"


def test_every_reason_of_a_gap_is_described() -> None:
    assert set(GAP_REASONS) == set(get_args(Reason))
    assert set(REASONS) >= set(GAP_REASONS)
    assert list(GAP_REASONS) == sorted(GAP_REASONS)


def test_every_severity_has_its_level_and_number() -> None:
    assert set(LEVEL) == set(SECURITY_SEVERITY) == set(get_args(Severity))


def test_the_message_is_the_rules_own_where_it_can_be_told_apart(tmp_path: Path) -> None:
    odd = finding(subject="user/odd", message="Something else was said")
    run = written(tmp_path, in_order([*every_kind(), odd]), scan())
    said = {name: r["message"] for name, r in by_subject(run).items()}
    assert said["alice"] == {
        "text": "'alice' can sign in to 'aws' without a second factor.",
        "id": "fail",
        "arguments": ["alice", "aws"],
    }
    assert said["group"]["text"] == "'group' keeps its records '30' days, '365' are required."
    assert said["carol"]["text"] == f"Passed by 'carol': {MFA.title}."
    assert said["odd"]["text"] == "Failed by 'odd': 'Something else was said'."
    assert said["dave"]["text"] == (
        "Could not tell for 'dave': 'access was denied; it takes iam:Get; unread: mfa_enforced'."
        f" The rule: {MFA.title}."
    )


def test_places(tmp_path: Path) -> None:
    run = written(tmp_path, every_kind(), scan())
    found = by_subject(run)

    def place(name: str) -> Any:
        return found[name]["locations"][0]["physicalLocation"]

    assert place("alice")["region"] == {
        "startLine": 3,
        "startColumn": 3,
        "endLine": 3,
        "endColumn": 30,
        "snippet": {"text": "- {id: prod, provider: aws}"},
    }
    assert place("group")["region"]["startLine"] == 4
    assert place("bob")["artifactLocation"]["uri"] == "infra/users.tf"
    assert place("bob")["region"]["snippet"]["text"] == 'resource "aws_iam_user" "bob" {'
    assert place("bob")["contextRegion"]["startLine"] == 1
    nobody = place(SCOPE)
    assert nobody["artifactLocation"]["uri"] == "cmmc-scan.yaml"
    assert [a["location"]["uri"] for a in run["artifacts"]] == ["cmmc-scan.yaml", "infra/users.tf"]
    assert run["artifacts"][0]["contents"]["text"] == "".join(f"{line}\n" for line in CONFIG)
    assert "contents" not in run["artifacts"][1]


@pytest.mark.parametrize(
    "made_by",
    ["/etc/x:1", "../x.tf:1", "x.tf", "x.tf:0", ":3", "a//b:1", "x:99999999999", "C:\\x:2"],
)
def test_a_place_outside_the_repository_is_not_used(made_by: str, tmp_path: Path) -> None:
    run = written(tmp_path, [finding(made_by=made_by)], scan())
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "cmmc-scan.yaml"


@pytest.mark.parametrize(
    "path", [".git/config", "a/.env.py", "terraform.tfstate", "key.json", "prod.tfvars", "tf"]
)
def test_a_tag_cannot_have_any_file_printed(path: str, tmp_path: Path) -> None:
    of = scan(lines_of=lambda path: ("SECRET", "SECRET", "SECRET"))
    run = written(tmp_path, [finding(made_by=f"{path}:2")], of)
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == path
    assert "SECRET" not in json.dumps(run)


def test_odd_paths_become_relative_references() -> None:
    assert relative_uri("a b/é:1.tf") == "a%20b/%C3%A9%3A1.tf"
    assert relative_uri("s3:x/y.tf") == "s3%3Ax/y.tf"
    assert relative_uri("https://example.com/x") is None
    assert made_at("infra\\main.tf:7") == ("infra\\main.tf", 7)


@given(st.lists(st.text(max_size=12), max_size=6), st.integers(1, 8))
def test_a_context_is_larger_than_its_region(lines: list[str], line: int) -> None:
    found = regions(line, lines)
    region = found["region"]
    assert region["startLine"] == region["endLine"] == line
    assert 1 <= region["startColumn"] <= region["endColumn"]
    if line <= len(lines):
        units = lines[line - 1].encode("utf-16-le", "surrogatepass")
        text = units[2 * (region["startColumn"] - 1) : 2 * (region["endColumn"] - 1)]
        assert text.decode("utf-16-le", "surrogatepass") == region["snippet"]["text"]
    if "contextRegion" in found:
        context = found["contextRegion"]
        assert context["startLine"] <= line <= context["endLine"]
        assert context["startLine"] < context["endLine"]


def test_a_host_without_configuration_has_a_place(tmp_path: Path) -> None:
    of = scan(places={}, repository=None)
    run = written(tmp_path, [finding(target="this-host")], of)
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "cmmc-scan.yaml"
    assert place["region"]["startLine"] == 1
    assert "versionControlProvenance" not in run


def test_a_finding_of_a_rule_that_is_gone(tmp_path: Path) -> None:
    run = written(tmp_path, [finding()], scan(rules=(LOGS,)))
    ids = [r["id"] for r in run["tool"]["driver"]["rules"]]
    assert ids == [MFA.id, LOGS.id]
    assert run["results"][0]["ruleIndex"] == 0
    assert run["results"][0]["taxa"]


def test_controls_are_those_of_the_practice(tmp_path: Path) -> None:
    of = scan(rules=(LOGS,), controls=lambda rule: ("A.8.15", "A.8.9"))
    run = written(tmp_path, [], of)
    assert [t["id"] for t in run["taxonomies"][2]["taxa"]] == ["A.8.9", "A.8.15"]


def test_a_renamed_rule_names_its_old_ids(tmp_path: Path) -> None:
    run = written(tmp_path, [], scan())
    assert run["tool"]["driver"]["rules"][0]["deprecatedIds"] == ["account-mfa"]


def test_every_shipped_rule(tmp_path: Path) -> None:
    rules = tuple(load_rules([rules_dir()]))
    of = scan(rules=rules, titles=catalogue_titles(), controls=controls_of)
    findings = in_order([f for rule in described(of) for f in (finding(rule), blind(rule))])
    run = written(tmp_path, findings, of)
    assert len(run["tool"]["driver"]["rules"]) == len(rules) > 5
    for taxonomy in run["taxonomies"]:
        for taxon in taxonomy["taxa"]:
            assert taxon["shortDescription"]["text"] != f"{taxon['id']}."


def test_names_and_tags() -> None:
    assert pascal("account-mfa-enforced") == "AccountMfaEnforced"
    assert pascal("grant-is-a-known-one") == "GrantIsaKnownOne"
    assert pascal("3des_off") == "Rule3desOff"
    many = msgspec.structs.replace(MFA, iso=tuple(f"A.5.{n}" for n in range(1, 20)))
    found = tags(many)
    assert found[:4] == ["security", "CMMC/IA.L2-3.5.3", "CMMC-L2", "evidence/enforced"]
    assert found[4:] == [f"ISO27001/A.5.{n}" for n in range(1, 6)]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str, tmp_path: Path) -> None:
    failed = finding(
        subject=f"user/{name}", name=name, message=MFA.message.format(name=name, provider="aws")
    )
    open_ = finding(subject=f"other/{name}", name=name, verdict="unknown", unread=(name,))
    odd = finding(subject=f"third/{name}", name=name, message=name, evidence={name: name})
    run = written(
        tmp_path, in_order([failed, open_, odd]), scan(gaps=[gap(scope=name, detail=name)])
    )
    for result in run["results"]:
        assert result["properties"]["name"] == name
        assert len(result["message"]["text"]) < 1200
    text = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert text.isprintable()


def test_hostile_rules_stay_text(tmp_path: Path) -> None:
    bad = "<script>x</script> [a](b) {0} {{ \u202e\n" * 80
    rule = msgspec.structs.replace(
        MFA, title=bad, why=bad, limits=bad, message=bad, fix={"aws": bad}, references=("x",)
    )
    run = written(tmp_path, [finding(rule, message="x")], scan(rules=(rule,)))
    told = run["tool"]["driver"]["rules"][0]
    assert "<script" not in told["help"]["markdown"].replace("\\<script", "")
    assert told["helpUri"].startswith("https://")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(RULES))
def test_any_text_gives_a_sound_file(
    tmp_path_factory: pytest.TempPathFactory, name: str, message: str, rule: Any
) -> None:
    folder = tmp_path_factory.mktemp("any")
    made = finding(rule, name, name=name, message=message)
    written(folder, [made, blind(LOGS, name=name, message=message)], scan())
