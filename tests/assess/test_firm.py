"""An invented firm of sixty people, followed from facts to the POA&M. Its files are in firm/."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scanner.assess import (
    attest,
    five_gaps,
    gap_report,
    incident,
    iso,
    load,
    plan,
    plan_figures,
    poam,
    poam_file,
    poam_items,
    scope,
    soa,
)
from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import Assessment, Score
from scanner.assess.score import ranking
from scanner.assess.statements import Statements
from scanner.assess.targets import targets
from scanner.evaluate.memory import MemorySnapshot
from scanner.evaluate.run import evaluate
from scanner.facts import Fact, fields_of, kind_of
from scanner.facts.crypto import Module
from scanner.facts.host import Banner, Host
from scanner.facts.identity import Account
from scanner.facts.ledger import LedgerLine
from scanner.findings import Finding
from scanner.frameworks import cross_references
from scanner.resources import rules_dir
from scanner.rules.load import load_rules
from scanner.rules.model import Rule
from scanner.snapshot.manifest import ScopeInfo, SourceInfo, TargetInfo

FIRM = Path(__file__).parent / "firm"
AS_OF = "2026-11-24"
SCOPES = {"corp": "entra:t-1", "prod": "aws:1", "bastion": "linux:m-1"}
PROVIDERS = {"corp": "entra", "prod": "aws", "bastion": "linux"}
NOTICE = "n" * 64
RULES = (
    "account-mfa-enforced",
    "account-authorized",
    "notice-shown-before-sign-in",
    "crypto-module-validated",
)
"""The firm began with these four; a full scan judges a hundred, and the steps are the same."""


def fact(kind: type[Fact], target: str, name: str, **values: Any) -> Fact:
    return kind(
        subject=f"{target}/{name}",
        name=name,
        provider=PROVIDERS[target],
        target=target,
        scope=SCOPES[target],
        source=f"{PROVIDERS[target]}.{kind_of(kind)}",
        operation="x:Read",
        observed_at="2026-11-24T06:00:00Z",
        **values,
    )


def person(target: str, name: str, **values: Any) -> Fact:
    known = {"enabled": True, "category": "human", "privileged": False, "mfa_enforced": True}
    return fact(Account, target, name, **{**known, **values})


def module(name: str, state: str) -> Fact:
    return fact(
        Module,
        "bastion",
        name,
        library=name,
        module=name,
        version="1",
        certificate_state=state,
        certificate_note="as the register says",
    )


def banner(name: str, text_hash: str) -> Fact:
    return fact(Banner, "bastion", name, surface="ssh", shown=True, text_hash=text_hash)


def three_scans() -> list[Fact]:
    """Sixty people, two of them contractors without a key; a bastion; a machine of the workshop."""
    return [
        *(person("corp", f"person-{n:02}") for n in range(1, 58)),
        person("corp", "dana", privileged=True),
        person("corp", "contractor-1", mfa_enforced=False),
        person("corp", "contractor-2", mfa_enforced=False),
        person("prod", "root", category="root", privileged=True),
        person("prod", "dana", privileged=True),
        person("bastion", "dana", privileged=True),
        fact(Host, "bastion", "bastion-1", running=True),
        fact(Host, "bastion", "bench-3", running=True),
        banner("bastion-1", "0" * 64),
        banner("gear-tester-console", "1" * 64),
        module("openssl", "not-validated"),
        module("kernel", "patched"),
    ]


def snapshot(held: list[Fact]) -> MemorySnapshot:
    """What three targets said: each kind that is held there was listed in full."""
    asked = sorted({(f.target, kind_of(type(f))) for f in held})
    fields = {k: tuple(n for n in fields_of(k) if n != "tags") for _, k in asked}
    sources = {
        PROVIDERS[t]: tuple(
            SourceInfo(
                id=f"{PROVIDERS[t]}.{k}",
                kind=k,
                fields=fields[k],
                always={},
                lists=True,
                per="scope",
                calls={},
            )
            for target, k in asked
            if target == t
        )
        for t in SCOPES
    }
    ledger = tuple(
        LedgerLine(
            target=t,
            scope=SCOPES[t],
            region=None,
            source=f"{PROVIDERS[t]}.{k}",
            kind=k,
            fields=fields[k],
            always={},
            lists=True,
            gap=None,
            facts=sum(kind_of(type(f)) == k and f.target == t for f in held),
            at="2026-11-24T06:00:00Z",
        )
        for t, k in asked
    )
    infos = tuple(
        TargetInfo(id=t, provider=PROVIDERS[t], scopes=(ScopeInfo(id=s, name=s, regions=()),))
        for t, s in SCOPES.items()
    )
    return MemorySnapshot(infos, sources, ledger, {}, held, "2026-11-24T06:00:00Z")


class Case:
    """The firm on one day: its files, its rules, and what they come to."""

    def __init__(self, catalogue: Catalogue, held: list[Fact], as_of: str = AS_OF) -> None:
        self.catalogue = catalogue
        everything = load_rules([rules_dir()])
        self.rules: list[Rule] = [r for r in everything if r.id in RULES]
        stated = scope.load(FIRM / "scope.yaml")
        self.claims = scope.claim(held, stated)
        self.without = frozenset(stated.without)
        self.statements: Statements = load.statements(
            attestations_path=FIRM / "attestations",
            exceptions_path=FIRM / "exceptions.yaml",
            declarations_path=FIRM / "declarations.yaml",
            services=stated.services,
            root=FIRM,
        )
        self.seen = snapshot(held)
        self.findings = list(self._judged(as_of))
        self.assessment = self._assessed(as_of)

    def _judged(self, as_of: str) -> Iterable[Finding]:
        lines = evaluate(
            self.seen,
            self.rules,
            params={"notice-shown-before-sign-in": {"notice_hashes": [NOTICE]}},
            declared=self.statements.declarations.current(as_of),
            controls=lambda rule: tuple(p.iso for p in cross_references(rule.practice)),
            as_of=as_of,
        )
        return (msgspec.json.decode(line, type=Finding) for line in lines)

    def _assessed(self, as_of: str) -> Assessment:
        scopes = {t.id: [s.id for s in t.scopes] for t in self.seen.targets}
        answering = targets(self.seen.targets, scopes, self.catalogue, self.claims)
        return assess(
            self.findings,
            self.rules,
            self.catalogue,
            self.statements,
            2,
            as_of,
            answering,
            placer=self.claims,
            without=self.without,
        )


@pytest.fixture(scope="module")
def firm(catalogue: Catalogue) -> Case:
    return Case(catalogue, three_scans())


def test_from_facts_to_the_poam(firm: Case) -> None:
    result = firm.assessment

    # 1. The scans judge: two contractors, one notice, two modules.
    failing = sorted(f.name for f in firm.findings if f.verdict == "fail")
    assert failing == [
        "bastion-1",
        "contractor-1",
        "contractor-2",
        "gear-tester-console",
        "kernel",
        "openssl",
    ]

    # 2. Exceptions: the gear tester and the kernel are covered, the accepted risk is not.
    notice = result.objective("3.1.9[b]")
    assert notice is not None
    assert [b.text.split(":")[0] for b in notice.by] == ["bastion-1"]
    refused = {b.ref: b.text for b in result.statements}
    assert "32 CFR 170.24(b)" in refused["contractors-without-keys"]
    assert "review was due on 2026-11-19" in refused["medium-assurance"]
    assert set(refused) == {"contractors-without-keys", "medium-assurance"}

    # 3. Practices: 106 MET, one not applicable, three NOT MET.
    words = [p.determination for p in result.practices]
    assert {w: words.count(w) for w in sorted(set(words))} == {
        "MET": 106,
        "NOT APPLICABLE": 1,
        "NOT MET": 3,
    }
    assert result.coverage.practices_decided == 110

    # 4. The score: 5 for MFA, 3 for FIPS since CUI is encrypted all the same, 1 for the notice.
    lost = {p.id: (p.lost_least, p.lost_most) for p in result.practices if p.lost_most}
    assert lost == {"AC.L2-3.1.9": (1, 1), "IA.L2-3.5.3": (5, 5), "SC.L2-3.13.11": (3, 3)}
    assert result.score == Score(low=101, high=101)

    # 5. The status: 101 is above 88, and yet MFA may not stand on a POA&M.
    assert result.status.status == poam.NONE
    assert [w[:21] for w in result.status.why] == ["IA.L2-3.5.3: Worth 5."]

    # 6. What to do first.
    blockers = poam.blockers(firm.catalogue.practices, result.practices)
    assert [r.practice for r in ranking(result.practices, blockers)] == [
        "IA.L2-3.5.3",
        "SC.L2-3.13.11",
        "AC.L2-3.1.9",
    ]

    # 7. The POA&M: people's item stays as it is, two are new.
    kept = poam_file.load_plan(FIRM / "poam.yaml")
    mine = (FIRM / "poam.yaml").read_text()
    merged = poam_file.merged(mine, kept, result)
    assert merged.startswith(mine)
    made = {i.id: i for i in poam_items.items(result, firm.catalogue.practices, kept)}
    assert sorted(made) == ["IA.L2-3.5.3", "SC.L2-3.13.11", "notice"]
    assert made["notice"].first_detected == "2026-08-28"
    assert made["notice"].lacks == ()
    assert made["SC.L2-3.13.11"].eligible is True
    assert made["IA.L2-3.5.3"].eligible is False
    assert len(made["IA.L2-3.5.3"].source) == 2


def test_after_the_keys_arrived(catalogue: Catalogue, tmp_path: Path) -> None:
    held = [f for f in three_scans() if not f.name.startswith("contractor-")]
    held += [person("corp", f"contractor-{n}") for n in (1, 2)]
    later = Case(catalogue, held, "2026-12-01").assessment
    assert later.score == Score(low=106, high=106)
    assert later.status.status == "Conditional Level 2"

    # a year on, statements have run out and nothing is claimed any more
    stale = Case(catalogue, held, "2027-06-01").assessment
    assert stale.score is None
    assert "CA.L2-3.12.4" in (stale.why_no_score or "")
    assert stale.status.status == "open" or stale.status.status == poam.NONE

    # the plan: MFA was opened and is completed, with the words of the people untouched
    first = Case(catalogue, three_scans()).assessment
    path = tmp_path / "poam.yaml"
    path.write_text((FIRM / "poam.yaml").read_text())
    path.write_text(poam_file.merged(path.read_text(), poam_file.load_plan(path), first))
    text = path.read_text().replace(
        "  practice: IA.L2-3.5.3\n", "  practice: IA.L2-3.5.3  # keys are ordered\n"
    )
    path.write_text(text)
    path.write_text(poam_file.merged(text, poam_file.load_plan(path), later))
    plan_now = {k.id: k for k in poam_file.load_plan(path).items}
    assert plan_now["IA.L2-3.5.3"].status == "Completed"
    assert plan_now["IA.L2-3.5.3"].status_since == "2026-12-01"
    assert plan_now["SC.L2-3.13.11"].status == "Ongoing"
    assert "# keys are ordered" in path.read_text()


def test_the_other_documents(firm: Case) -> None:
    result = firm.assessment
    views = iso.control_view(result, firm.catalogue, firm.statements)
    stated = soa.load(FIRM / "soa.yaml")
    rows = {r.id: r for r in soa.statement(stated, views, AS_OF)}
    assert rows["A.8.24"].state == "contradicted"
    assert any("2026-09-30" in n for n in rows["A.8.24"].notes)
    gaps = gap_report.gap_report(stated, firm.catalogue, result)
    assert gaps.overall.open == 3
    kept = poam_file.load_plan(FIRM / "poam.yaml")
    made = poam_items.items(result, firm.catalogue.practices, kept)
    ready = incident.duties(firm.statements, AS_OF)
    assert [d.duty.item for d in ready if not d.ready] == ["medium-assurance-certificate"]
    five = {g.gap: g.state for g in five_gaps.five_gaps(result, made, ready, firm.claims)}
    assert five == {
        "fips": "partial",
        "poam": "partial",
        "boundary": "closed",
        "mfa": "open",
        "dod-reporting": "partial",
    }
    wanted = attest.wants(result, firm.catalogue, firm.statements)
    assert wanted.groups == ()
    assert [r.attestation for r in wanted.renewals] == ["medium-assurance"]
    blockers = poam.blockers(firm.catalogue.practices, result.practices)
    tasks = plan.tasks(
        result, ranking(result.practices, blockers), wanted, gaps, ready, scoped=True
    )
    assert [t.id for t in tasks if t.phase < 3] == [
        "annex-a",
        "IA.L2-3.5.3",
        "SC.L2-3.13.11",
        "AC.L2-3.1.9",
        "dod-reporting",
    ]
    placed = {t.id: n for n, t in enumerate(tasks)}
    assert all(placed[a] < placed[t.id] for t in tasks for a in t.after)
    text = "\n".join(plan_figures.lines(plan_figures.phases(tasks)))
    assert "the source article's estimate: months 1 to 9, USD 40,000 to 120,000" in text
