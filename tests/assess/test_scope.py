"""The assessment scope: who claims what, and what leaves the boundary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from assess_samples import AS_OF, CORP, ELSEWHERE, Rule, finding, said

from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue, load_catalogue
from scanner.assess.result import ObjectiveResult
from scanner.assess.scope import Claims, Group, Scope, Select, claim, load
from scanner.assess.scope_findings import LEAVES, UNAUTHORIZED, UNCLAIMED, scope_findings
from scanner.assess.scope_proposal import propose_scope
from scanner.assess.targets import Target, targets
from scanner.errors import InputError
from scanner.facts.host import Host, Instance
from scanner.facts.storage import Store

SCOPE = """\
schema: 1
boundary: The engineering enclave in GovCloud and the people who reach it.
without: [facility, media, network, server, endpoint, office, code]
assets:
- id: lab
  category: specialized-asset
  reason: Test stands that cannot be changed.
  select: {names: ['lab-*']}
- id: enclave
  category: cui-asset
  select: {targets: [prod], tags: {data: cui}}
- id: logs
  category: security-protection-asset
  select: {kinds: [storage.store], names: ['*-logs']}
- id: web
  category: out-of-scope
  reason: The public site; no path into the enclave.
  select: {targets: [web]}
external_services:
- {id: mail, name: Mail GCC High, handles: [cui], authorization: fedramp-high}
- {id: crm, name: Sales CRM, handles: [none], authorization: none}
- {id: cad, name: CAD viewer, handles: [cui], authorization: fedramp-low}
- {id: msp, name: Helpdesk, cloud: false, handles: [cui], authorization: cmmc-level-2}
flows:
- {id: drawings, data: cui, from: enclave, to: mail, over: TLS}
- {id: to-crm, data: cui, from: enclave, to: crm}
- {id: to-cad, data: cui, from: enclave, to: cad}
- {id: to-prime, data: cui, from: mail, to: Prime Inc, authorized_by: contract 12}
- {id: to-usb, data: cui, from: enclave, to: courier}
- {id: to-web, data: cui, from: enclave, to: web}
"""


def make(kind: type, subject: str, target: str = "prod", **more: Any) -> Any:
    fields: dict[str, Any] = {
        "subject": subject,
        "name": subject,
        "provider": "aws",
        "target": target,
        "scope": f"aws:{target}",
        "source": "aws.x",
        "operation": "x:Y",
        "observed_at": "2026-11-24T06:00:00Z",
    }
    return kind(**{**fields, **more})


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    path = tmp_path / "scope.yaml"
    path.write_text(SCOPE)
    facts = [
        make(Instance, "i-1", tags={"data": "cui"}),
        make(Instance, "i-2", tags={}),
        make(Instance, "i-3"),
        make(Instance, "lab-1"),
        make(Store, "audit-logs"),
        make(Host, "h-1", target="web"),
    ]
    return claim(facts, load(path))


def test_the_first_selector_claims(claims: Claims) -> None:
    assert {a.subject: a.category for a in claims.assets} == {
        "i-1": "cui-asset",
        "i-2": None,
        "i-3": None,
        "lab-1": "specialized-asset",
        "audit-logs": "security-protection-asset",
        "h-1": "out-of-scope",
    }
    assert claims.in_scope("prod", "aws", 2)
    assert not claims.in_scope("web", "aws", 2)


def test_scope_findings(claims: Claims) -> None:
    found = list(scope_findings(claims, AS_OF))
    assert [(f.rule, f.subject) for f in found] == [
        (UNCLAIMED, "i-2"),
        (UNCLAIMED, "i-3"),
        (LEAVES, "flow:to-cad"),
        (LEAVES, "flow:to-crm"),
        (LEAVES, "flow:to-usb"),
        (LEAVES, "flow:to-web"),
        (UNAUTHORIZED, "service:cad"),
    ]
    assert "FedRAMP Moderate" in found[-1].message
    assert "names no authorization" in found[4].message


def test_a_flow_that_leaves_the_boundary_refutes(claims: Claims, catalogue: Catalogue) -> None:
    found = list(scope_findings(claims, AS_OF))
    result = assess(found, [], catalogue, said(), 2, AS_OF, []).practice("AC.L2-3.1.3")
    assert result is not None
    assert result.determination == "NOT MET"


def test_findings_outside_the_scope_are_set_aside(claims: Claims, catalogue: Catalogue) -> None:
    rule = Rule(id="r", decides=("3.5.3[d]",), providers=("aws",))

    def fails(subject: str | None, target: str) -> Any:
        return finding(
            "fail",
            rule="r",
            decides=("3.5.3[d]",),
            subject=subject,
            target=target,
            scope=f"aws:{target}",
            provider="aws",
        )

    def at(*found: Any, level: int = 2) -> Any:
        return assess(
            found,
            [rule],
            catalogue,
            said(),
            level,
            AS_OF,
            [CORP],
            placer=claims,
            without=ELSEWHERE,
        )

    aside = at(fails("lab-1", "prod"), fails("h-1", "web"), fails(None, "web"))
    assert aside.set_aside == {"out-of-scope": 2, "specialized-asset": 1}
    assert aside.objective("3.5.3[d]").determination == "NOT ASSESSED"
    # Level 3 assesses specialized assets too (32 CFR 170.19(d))
    assert at(fails("lab-1", "prod"), level=3).objective("3.5.3[d]").determination == "NOT MET"
    # what nothing claims stays in scope
    assert at(fails("i-2", "prod")).objective("3.5.3[d]").determination == "NOT MET"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema: 1\nassets:\n- {id: a, category: cui, select: {targets: [x]}}\n", ":3:21: "),
        (
            "schema: 1\nassets:\n- {id: a, category: out-of-scope, select: {targets: [x]}}\n",
            "lacks the key 'reason'",
        ),
        ("schema: 1\nassets:\n- {id: a, category: cui-asset, select: {}}\n", "too few keys"),
        ("schema: 1\nasets: []\n", "did you mean 'assets'"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scope.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load(path)
    assert message in str(error.value)


def test_a_proposed_scope_claims_nothing(tmp_path: Path) -> None:
    facts = [
        make(Instance, "i-1"),
        make(Instance, "i-2"),
        make(Store, "b", external_principals=("arn:aws:iam::9:root", "\x1b[31m\ufffe")),
    ]
    path = tmp_path / "scope.yaml"
    path.write_text(propose_scope(facts))
    assert "# seen with access: arn:aws:iam::9:root at prod" in path.read_text()
    assert "# seen with access: \\\\u001b[31m\\\\ufffe at prod" in path.read_text()
    waiting = load(path)
    assert [g.id for g in waiting.assets] == ["prod-compute-instance", "prod-storage-store"]
    assert {a.category for a in claim(facts, waiting).assets} == {None}
    path.write_text(path.read_text().replace("  proposed: true\n", ""))
    assert {a.category for a in claim(facts, load(path)).assets} == {"cui-asset"}
    path.write_text(propose_scope([]))
    assert load(path).assets == ()


def _placed(category: str, level: int, verdict: str = "fail") -> ObjectiveResult:
    """3.1.1[d] where a second tenant as a whole is of that category."""
    lab = Group(id="lab", category=category, reason="x", select=Select(targets=("lab",)))
    own = Group(id="own", category="cui-asset", select=Select(targets=("corp",)))
    held = Claims(Scope(assets=(lab, own)))
    rule = Rule(id="r", decides=("3.1.1[d]",), providers=("entra",))
    found = [
        finding("pass", rule="r", decides=("3.1.1[d]",)),
        finding(verdict, rule="r", decides=("3.1.1[d]",), target="lab"),
    ]
    configured = [Target(id="corp", provider="entra"), Target(id="lab", provider="entra")]
    scopes = {"corp": ["entra:corp"], "lab": ["entra:lab"]}
    catalogue = load_catalogue()
    own_targets = targets(configured, scopes, catalogue, held, level)
    made = assess(
        found, [rule], catalogue, said(), level, AS_OF, own_targets, placer=held, without=EVERY
    )
    result = made.objective("3.1.1[d]")
    assert result is not None
    return result


EVERY = ELSEWHERE | {"cloud"}
ASIDE = {
    1: {
        "out-of-scope",
        "specialized-asset",
        "contractor-risk-managed-asset",
        "security-protection-asset",
    },
    2: {"out-of-scope", "specialized-asset", "contractor-risk-managed-asset"},
    3: {"out-of-scope"},
}
CATEGORIES = [
    "out-of-scope",
    "specialized-asset",
    "contractor-risk-managed-asset",
    "security-protection-asset",
    "cui-asset",
]


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("category", CATEGORIES)
def test_what_each_level_assesses(category: str, level: int) -> None:
    """Level 1: what processes, stores or transmits FCI (170.19(b)(1)); Level 2: Table 3, where
    contractor risk managed and specialized assets are not assessed against the other requirements;
    Level 3: Table 5, which assesses both. What is not assessed has nothing to answer either."""
    word = "MET" if category in ASIDE[level] else "NOT MET"
    assert _placed(category, level).determination == word
    assert _placed(category, level, "pass").determination == "MET"
