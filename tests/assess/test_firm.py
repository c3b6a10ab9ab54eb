"""An invented firm of sixty people, followed from facts to the POA&M. Its files are in firm/."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from firm_scans import NOTICE, person, snapshot, three_scans

from scanner.assess import plan, plan_figures, poam, poam_file, poam_items
from scanner.assess.catalogue import Catalogue
from scanner.assess.outcome import conclude, read_stated, suppressed
from scanner.assess.result import Score
from scanner.errors import InputError
from scanner.evaluate.run import evaluate
from scanner.facts import Fact
from scanner.findings import Finding
from scanner.frameworks import cross_references
from scanner.resources import rules_dir
from scanner.rules.load import load_rules
from scanner.rules.model import Rule

FIRM = Path(__file__).parent / "firm"
AS_OF = "2026-11-24"
RULES = (
    "account-mfa-enforced",
    "privileged-account-mfa-enforced",
    "account-authorized",
    "notice-shown-before-sign-in",
    "crypto-module-validated",
)
"""The firm began with these four; a full scan judges a hundred, and the steps are the same."""


FILES = {
    "attestations": FIRM / "attestations",
    "exceptions": FIRM / "exceptions.yaml",
    "declarations": FIRM / "declarations.yaml",
    "scope": FIRM / "scope.yaml",
    "poam": FIRM / "poam.yaml",
    "soa": FIRM / "soa.yaml",
}


class Case:
    """The firm on one day: what its people wrote, what was judged, and what that comes to."""

    def __init__(self, catalogue: Catalogue, held: list[Fact], as_of: str = AS_OF) -> None:
        self.catalogue = catalogue
        self.rules: list[Rule] = [r for r in load_rules([rules_dir()]) if r.id in RULES]
        self.stated = read_stated(FILES, FIRM)
        seen = snapshot(held)
        self.findings = [
            msgspec.json.decode(line, type=Finding)
            for line in evaluate(
                seen,
                self.rules,
                params={"notice-shown-before-sign-in": {"notice_hashes": [NOTICE]}},
                declared=self.stated.statements.declarations.current(as_of),
                controls=lambda rule: tuple(p.iso for p in cross_references(rule.practice)),
                as_of=as_of,
            )
        ]
        self.outcome = conclude(
            self.stated,
            catalogue,
            self.rules,
            self.findings,
            held,
            seen.targets,
            {t.id: [s.id for s in t.scopes] for t in seen.targets},
            level=2,
            as_of=as_of,
        )
        self.assessment = self.outcome.assessment


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

    # 4. The score: 3 for FIPS since CUI is encrypted all the same, 1 for the notice. Privileged
    # accounts have their second factor; whether all remote users have, nothing says yet: 3 or 5.
    lost = {p.id: (p.lost_least, p.lost_most) for p in result.practices if p.lost_most}
    assert lost == {"AC.L2-3.1.9": (1, 1), "IA.L2-3.5.3": (3, 5), "SC.L2-3.13.11": (3, 3)}
    assert result.score == Score(low=101, high=103)

    # 5. The status: 101 is above 88, and yet MFA may not stand on a POA&M.
    assert result.status.status == poam.NONE
    assert [w[:21] for w in result.status.why] == ["IA.L2-3.5.3: Worth 5."]

    # 6. What to do first.
    assert [r.practice for r in firm.outcome.ranks] == [
        "IA.L2-3.5.3",
        "SC.L2-3.13.11",
        "AC.L2-3.1.9",
    ]

    # 7. The POA&M: people's item stays as it is, two are new.
    mine = (FIRM / "poam.yaml").read_text()
    merged = poam_file.merged(mine, firm.stated.poam, result)
    assert merged.startswith(mine)
    made = {i.id: i for i in firm.outcome.items}
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
    assert later.status.status == "Conditional Level 2 (Self) or (C3PAO)"

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
    outcome = firm.outcome
    rows = {r.id: r for r in outcome.applicability}
    assert rows["A.8.24"].state == "contradicted"
    assert any("2026-09-30" in n for n in rows["A.8.24"].notes)
    assert outcome.gaps is not None
    assert outcome.gaps.overall.open == 3
    assert [d.duty.item for d in outcome.duties if not d.ready] == ["medium-assurance-certificate"]
    assert {g.gap: g.state for g in outcome.five_gaps} == {
        "fips": "partial",
        "poam": "partial",
        "boundary": "closed",
        "mfa": "open",
        "dod-reporting": "partial",
    }
    assert outcome.wants.groups == ()
    assert [r.attestation for r in outcome.wants.renewals] == ["medium-assurance"]
    tasks = plan.tasks(
        outcome.assessment, outcome.ranks, outcome.wants, outcome.gaps, outcome.duties, scoped=True
    )
    assert [t.id for t in tasks if t.phase < 3] == [
        "annex-a",
        "IA.L2-3.5.3",
        "SC.L2-3.13.11",
        "AC.L2-3.1.9",
        "dod-reporting",
    ]
    named = {t.id: t for t in tasks}
    # 32 CFR 170.21(a)(2) and 170.22(a)(3): the conditions, and every occasion to affirm
    carried = "a POA&M may carry it for 180 days where the score is at least 88 and nothing on it"
    assert carried in named["AC.L2-3.1.9"].why
    assert "170.21(a)(2), (b)" in named["AC.L2-3.1.9"].why
    assert "after a POA&M close-out" in named["affirmation"].why
    assert named["evidence"].why == "32 CFR 170.16(c)(4), 170.17(c)(4)"
    placed = {t.id: n for n, t in enumerate(tasks)}
    assert all(placed[a] < placed[t.id] for t in tasks for a in t.after)
    text = "\n".join(plan_figures.lines(plan_figures.phases(tasks)))
    assert "the source article's estimate: months 1 to 9, USD 40,000 to 120,000" in text


def test_what_exceptions_set_aside(firm: Case) -> None:
    said = firm.stated.statements
    marked = suppressed(firm.findings, said, firm.catalogue, firm.rules, AS_OF)
    assert {f.name: f.suppressed for f in marked if f.suppressed is not None} == {
        "gear-tester-console": "gear-tester",
        "kernel": "kernel-patch",
    }


def test_the_days_of_a_conditional_status(firm: Case) -> None:
    plan_now = msgspec.structs.replace(firm.stated.poam, conditional_status_date="2026-10-01")
    made = firm.outcome.items
    words = poam_items.close_out_words(plan_now, made, AS_OF)
    assert words is not None
    assert "3 item(s) to close within 126 days, by 2027-03-30" in words
    late = poam_items.close_out_words(plan_now, made, "2027-04-01")
    assert late is not None
    assert "expired on 2027-03-30" in late
    assert poam_items.close_out_words(firm.stated.poam, made, AS_OF) is None

    # completed in time, and the results not yet posted; and what follows without a close-out
    done = [msgspec.structs.replace(item, status="Completed") for item in made]
    in_time = poam_items.close_out_words(plan_now, done, AS_OF)
    assert in_time is not None
    assert "posted by 2027-03-30 (32 CFR 170.21(b), 170.16(a)(1)(ii)(B)" in in_time
    after = poam_items.close_out_words(plan_now, done, "2027-03-31")
    assert after is not None
    assert "unless a close-out assessment was posted by 2027-03-30, the status expired" in after


OWN = """\
schema: 1
start: 2026-12-01
work:
- {id: IA.L2-3.5.3, effort_days: 3, cost_usd: 1200, owner: Dana Reyes}
- {id: annex-a, effort_days: 10}
"""


def test_own_figures_stand_beside_the_estimates(firm: Case, tmp_path: Path) -> None:
    outcome = firm.outcome
    tasks = plan.tasks(outcome.assessment, outcome.ranks, outcome.wants, outcome.gaps)
    path = tmp_path / "plan.yaml"
    path.write_text(OWN)
    own = plan_figures.load(path, [t.id for t in tasks])
    first, second, _ = plan_figures.phases(tasks, own)
    assert (first.own_effort_days, first.own_cost_usd) == (10, None)
    assert (second.own_effort_days, second.own_cost_usd, second.own_covers) == (3, 1200, 1)
    assert "your own: 3 days, USD 1,200 (1 of" in "\n".join(plan_figures.lines([second]))
    path.write_text(OWN.replace("annex-a", "annex-b"))
    with pytest.raises(InputError, match=r"plan.yaml:5:8: the plan has no annex-b"):
        plan_figures.load(path, [t.id for t in tasks])
