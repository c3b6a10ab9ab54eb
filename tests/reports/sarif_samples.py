"""Findings, rules and a scan that the SARIF tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.facts.ledger import Gap
from scanner.findings import Finding, Missing, fingerprint
from scanner.reports.sarif_inputs import Place, PlainRule, Scan, Titles

SCOPE = "aws:123456789012"
SEEN = "2026-11-24T07:33:41Z"

MFA = PlainRule(
    id="account-mfa-enforced",
    title="Every enabled account of a person must pass a second factor to sign in",
    practice="IA.L2-3.5.3",
    decides=("3.5.3[c]", "3.5.3[d]"),
    informs=("3.5.3[b]",),
    iso=("A.8.5", "A.5.17"),
    severity="critical",
    strength="enforced",
    fact="identity.account",
    message="{name} can sign in to {provider} without a second factor",
    why="A password alone is guessed, phished or found.\n\nA second factor stops that.",
    limits="Cannot see whether <the device> is shared; `mfa < 2` is not looked at.",
    fix={"aws": "Attach a policy: `aws iam put-user-policy --user-name <name>`.", "linux": "PAM."},
    references=("https://csrc.nist.gov/pubs/sp/800/171/r2/upd1/final",),
    deprecated_ids=("account-mfa",),
)
LOGS = PlainRule(
    id="log-retention-meets-policy",
    title="Logs are kept as long as the organization has decided",
    practice="AU.L2-3.3.1",
    decides=("3.3.1[e]",),
    iso=("A.8.15",),
    severity="medium",
    strength="observed",
    fact="log.store",
    message="{name} keeps its records {retention_days} days, {min_days} are required.",
    why="What is gone cannot be looked into.",
)
HINT = PlainRule(
    id="software-hint",
    title="Software is listed",
    practice="CM.L2-3.4.8",
    informs=("3.4.8[a]",),
    severity="low",
    strength="configured",
    fact="software.package",
    message="{name} is unusual",
    why="It may be fine.",
)
RULES = (MFA, LOGS, HINT)

CONFIG = (
    "organization: Example Defense LLC",
    "targets:",
    "  - {id: prod, provider: aws}",
    "  - {id: bastion, provider: linux}",
    "params: {}",
)
CODE = ("# made by hand", 'resource "aws_iam_user" "bob" {', '  name = "bob"', "}")

TITLES = Titles(
    practice={
        "IA.L2-3.5.3": "Multifactor Authentication",
        "AU.L2-3.3.1": "System Auditing",
        "CM.L2-3.4.8": "Application Execution Policy",
    }.get,
    objective={"3.5.3[c]": "network access to privileged accounts takes a second factor"}.get,
    control={"A.8.5": "Secure authentication", "A.8.15": "Logging"}.get,
)


def gap(**changes: Any) -> Gap:
    """A refused listing of the target `prod`."""
    values: dict[str, Any] = {
        "id": "0123456789ab",
        "target": "prod",
        "scope": SCOPE,
        "region": None,
        "source": "aws.users",
        "kind": "identity.account",
        "operation": "iam:ListUsers",
        "reason": "denied",
        "permission": "iam:ListUsers",
        "detail": "AccessDenied",
        "reach": "listing",
    }
    return Gap(**(values | changes))


def scan(**changes: Any) -> Scan:
    """A scan of `prod` and `bastion`, configured in cmmc-scan.yaml."""
    values: dict[str, Any] = {
        "version": "0.1.0",
        "started": "2026-11-24T07:30:00Z",
        "ended": SEEN,
        "rules": RULES,
        "titles": TITLES,
        "places": {
            "prod": Place("cmmc-scan.yaml", 3, CONFIG),
            "bastion": Place("cmmc-scan.yaml", 4, CONFIG),
        },
        "lines_of": {"infra/users.tf": CODE}.get,
        "repository": "https://example.com/example/infra",
        "revision": "0123456789abcdef0123456789abcdef01234567",
    }
    values["lines_of"] = lambda path: {"infra/users.tf": CODE}.get(path, ())
    return Scan(**(values | changes))


def finding(rule: PlainRule = MFA, subject: str | None = "user/alice", **changes: Any) -> Finding:
    """A finding of a rule: a failure of `alice` at `prod` unless told otherwise."""
    verdict = changes.get("verdict", "fail")
    name = changes.get("name", (subject or SCOPE).rpartition("/")[2])
    scope = changes.get("scope", SCOPE)
    first = rule.deprecated_ids[0] if rule.deprecated_ids else rule.id
    said = {
        "fail": rule.message.replace("{name}", name).replace("{provider}", "aws"),
        "pass": f"{name}: {rule.title}",
        "unknown": f"Could not tell for {name}: access was denied",
        "not-applicable": f"Nothing in {scope} that this rule concerns (4 looked at)",
    }
    values: dict[str, Any] = {
        "rule": rule.id,
        "practice": rule.practice,
        "objectives": (*rule.decides, *rule.informs),
        "decides": rule.decides,
        "iso": rule.iso,
        "verdict": verdict,
        "strength": rule.strength,
        "severity": rule.severity,
        "refutes": "never" if rule is HINT else "always",
        "subject": subject,
        "name": name,
        "target": "prod",
        "scope": scope,
        "provider": "aws",
        "region": None,
        "message": said[verdict],
        "fingerprint": fingerprint(first, scope, subject, changes.pop("key", verdict)),
        "observed_at": SEEN,
    }
    if verdict == "unknown":
        values |= {
            "reason": "denied",
            "gap": Missing(
                id="0123456789ab", operation="iam:Get", permission="iam:Get", detail="no"
            ),
        }
    return Finding(**(values | changes))


def blind(rule: PlainRule = MFA, **changes: Any) -> Finding:
    """The unknown that stands for a listing which could not be read."""
    return finding(
        rule, None, verdict="unknown", **({"source": "aws.users", "key": "listing"} | changes)
    )


def in_order(findings: list[Finding]) -> list[Finding]:
    """By rule, scope and subject, as findings.jsonl has them."""
    return sorted(
        findings, key=lambda f: (f.rule, f.scope, f.subject is None, f.subject or f.fingerprint)
    )


def every_kind() -> list[Finding]:
    """One finding of each sort that the evaluation makes."""
    return in_order(
        [
            finding(evidence={"enabled": True, "mfa_enforced": False}),
            finding(subject="user/bob", made_by="infra/users.tf:2"),
            finding(subject="user/carol", verdict="pass"),
            finding(subject="user/dave", verdict="unknown", unread=("mfa_enforced",)),
            finding(subject="user/erin", suppressed="EX-7"),
            finding(subject=None, verdict="not-applicable", scope="linux:9f", count=4),
            blind(scope="aws:999999999999", message="Could not look at identity.account"),
            finding(
                LOGS,
                "log/group",
                message="group keeps its records 30 days, 365 are required.",
                evidence={"retention_days": 30},
                region="us-gov-west-1",
                target="bastion",
            ),
            finding(HINT, "package/nc"),
            finding(LOGS, None, verdict="unknown", target=None, scope="", reason="no-source"),
        ]
    )


def many(count: int, rules: int = 100) -> Iterator[Finding]:
    """So many findings of `rules` rules, as a large account has them."""
    verdicts = ("fail", "fail", "unknown", "pass", "not-applicable")
    for rule in many_rules(rules):
        for number in range(count // rules):
            verdict = verdicts[number % 5]
            subject = f"arn:aws-us-gov:iam::123456789012:user/user-{number:06d}"
            yield finding(
                rule,
                subject,
                verdict=verdict,
                evidence={"enabled": True, "mfa_enforced": False},
                made_by="infra/users.tf:2" if number % 2 else None,
                region="us-gov-west-1",
            )


def many_rules(count: int = 100) -> list[PlainRule]:
    """Rules of all severities over the practices of one domain."""
    return [
        PlainRule(
            id=f"rule-{number:03d}-holds",
            title=f"Every account must pass check {number}",
            practice=f"IA.L2-3.5.{number % 11 + 1}",
            decides=(f"3.5.{number % 11 + 1}[a]", f"3.5.{number % 11 + 1}[b]"),
            informs=(f"3.5.{number % 11 + 1}[c]",),
            iso=("A.8.5", "A.5.17"),
            severity=("critical", "high", "medium", "low")[number % 4],
            strength="enforced",
            fact="identity.account",
            message="{name} can sign in to {provider} without it",
            why="An account that does not pass it is open to others.",
            limits="What happens elsewhere.",
            fix={"aws": "Turn it on."},
        )
        for number in range(count)
    ]


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "\u202egnp.exe",
    "arn:aws:iam::1:user/" + "x" * 4000,
    "a\x00b\x1b[31mred\x07",
    "line\nbreak\r\n# heading\u2028end",
    "[click](https://example.com) ![i](x) `code` *bold* _it_ | cell |",
    "{0} {1} {name} }}{{",
    "@org/team #12 ~~gone~~ \\* \\",
    "'quoted' \"twice\"",
    "\u200bzero\u2066width\ufeff",
    "\U000e0041tag",
)
