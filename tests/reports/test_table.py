"""The closing table and the lines after it: a screenful, the most useful last."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from report_samples import assessment
from sarif_samples import finding

from scanner.cli.ending import closing_lines
from scanner.findings import Finding, Missing
from scanner.reports.html.tally import class_of
from scanner.reports.sarif_inputs import PlainRule
from scanner.reports.table import SEVERITIES, summarise, table

GOLDEN = Path(__file__).parent.parent / "golden" / "table"
WRITTEN = ["out/snapshot/", "out/findings.jsonl", "out/findings.sarif", "out/report.html"]


def rule(number: int) -> PlainRule:
    name = f"rule-{number}-has-a-name-of-some-length"
    fix = "In the console, open the thing; then set it to what the policy says. " * 4
    return PlainRule(
        id=name,
        practice="IA.L2-3.5.3",
        fact="host",
        title=name,
        severity=SEVERITIES[number % 5],  # type: ignore[arg-type]
        iso=("A.5.16", "A.8.5"),
        fix={"aws": fix},
    )


def unread(each: PlainRule, number: int, reason: str, **gap: Any) -> Finding:
    missing = Missing(id="0" * 12, **gap)
    return finding(each, f"host-{number}", verdict="unknown", reason=reason, gap=missing)


def everything() -> list[Finding]:
    """More of each than is shown, and names that try to be more than a name."""
    found = []
    for number in range(40):
        each = rule(number)
        name = "web\x1b[31m-\u202e1" if number == 20 else f"web-{number}"
        found += [
            finding(each, f"{name}/{n}", message=f"{name} is open " * 9)
            for n in range(number % 3 + 1)
        ]
        found.append(finding(each, "db", verdict="pass"))
        store = "s3:GetBucketEncryption" if number % 2 else "s3:GetBucketPolicy"
        found.append(unread(each, number, "denied", operation=store, permission="s3:GetEncryption"))
        operation = f"GET /deviceManagement/managedDevices/{{id}}/state{number % 7}"
        found.append(
            unread(each, number, "not-supported", operation=operation, detail=f"x{number % 5}")
        )
        found.append(unread(each, number, "not-declared", detail=f"params: list-{number % 6}"))
    found.append(finding(rule(1), None, verdict="unknown", reason="no-source"))
    return found


@pytest.mark.parametrize("width", [100, 60, 30])
def test_everything_at_once(width: int) -> None:
    rules: Any = [rule(number) for number in range(40)]
    lines = closing_lines(summarise(everything()), rules, WRITTEN, assessment(), None, width)
    assert len(lines) <= (37 if width >= 60 else 55)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines) + "\n"
    path = GOLDEN / f"everything-{width}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text)
    assert path.read_text() == text


def test_unknowns_of_one_permission_are_one_line_and_keep_their_count() -> None:
    lines = table(summarise(everything()), {}, 50)
    [line] = [line for line in lines if "s3:GetEncryption" in line]
    assert line.startswith("    40  denied: needs s3:GetEncryption ")


def test_nothing_wrong_is_one_line() -> None:
    lines = table(summarise([finding(rule(1), "db", verdict="pass")]), {})
    assert lines == ["0 fail, 0 unknown, 1 pass, 0 not applicable"]


def test_each_finding_is_counted_once_and_as_the_report_counts_it() -> None:
    found = [
        *everything(),
        finding(rule(1), "old", suppressed="exception-1"),
        finding(rule(1), "older", verdict="unknown", reason="denied", suppressed="exception-1"),
        finding(rule(2), None, verdict="not-applicable"),
    ]
    classes = Counter(map(class_of, found))
    [counts] = [line for line in table(summarise(found), {}) if " not applicable" in line]
    assert counts == (
        f"{classes['fail']} fail, {classes['set-aside']} set aside, {classes['blind']} unknown,"
        f" {classes['undeclared']} not stated, {classes['pass']} pass,"
        f" {classes['none']} not applicable"
    )


def test_what_was_set_aside_was_judged_all_the_same() -> None:
    assert summarise([finding(rule(1), "old", suppressed="exception-1")]).judged() == 1
    aside = finding(rule(1), "x", verdict="unknown", reason="denied", suppressed="exception-1")
    assert summarise([aside]).judged() == 0


def test_what_could_not_be_read_names_its_target() -> None:
    lost = unread(
        rule(1),
        1,
        "credentials",
        operation="sts:GetCallerIdentity",
        detail="Unable to locate credentials",
    )
    lines = table(summarise([lost]), {})
    assert (
        "     1  credentials: Unable to locate credentials (prod: sts:GetCallerIdentity)" in lines
    )


def test_only_who_lacks_a_permission_is_told_where_permissions_stand() -> None:
    lost = [
        unread(rule(1), 1, "credentials", operation="sts:GetCallerIdentity", detail="none found"),
        unread(rule(2), 2, "credentials", operation="ssh", detail="its host key is not known"),
    ]
    hint = "        cmmc-scan permissions aws prints what grants these"
    assert not any("cmmc-scan permissions" in line for line in table(summarise(lost), {}))
    lost.append(unread(rule(3), 3, "denied", operation="ec2:X", permission="ec2:DescribeX"))
    assert [line for line in table(summarise(lost), {}) if "permissions" in line] == [hint]
