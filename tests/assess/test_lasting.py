"""How long a status lasts and when it is affirmed, from the dates that the organisation states."""

from __future__ import annotations

from pathlib import Path

import pytest
from assess_samples import AS_OF, attestation, said

from scanner.assess import load
from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.lasting import held
from scanner.assess.names import ITEMS
from scanner.assess.result import Held, document
from scanner.assess.summary import lines


def one(item: str, since: str, as_of: str, *affirmed: str) -> Held:
    told = [attestation(id="s", items=(item,), status_date=since)]
    told += [attestation(id=f"a-{day}", items=("affirmation",), on=day) for day in affirmed]
    (found,) = held(told, as_of, 2)
    return found


@pytest.mark.parametrize(
    ("item", "status", "until"),
    [
        ("final-level-1-self", "Final Level 1 (Self)", "2027-05-04"),
        ("final-level-2-self", "Final Level 2 (Self)", "2029-05-04"),
        ("final-level-2-c3pao", "Final Level 2 (C3PAO)", "2029-05-04"),
        ("final-level-3-dibcac", "Final Level 3 (DIBCAC)", "2029-05-04"),
        ("conditional-level-2-self", "Conditional Level 2 (Self)", "2026-10-31"),
        ("conditional-level-2-c3pao", "Conditional Level 2 (C3PAO)", "2026-10-31"),
        ("conditional-level-3-dibcac", "Conditional Level 3 (DIBCAC)", "2026-10-31"),
    ],
)
def test_each_status_has_its_time(item: str, status: str, until: str) -> None:
    """A year at Level 1 (170.15(a)(1)); three at Level 2 (170.16(a)(1), 170.17(a)(1)) and Level 3
    (170.18(a)(1)); 180 days for a Conditional one (170.21(b))."""
    assert item in ITEMS
    found = one(item, "2026-05-04", "2026-05-05")
    assert (found.status, found.until, found.expired) == (status, until, False)
    assert not one(item, "2026-05-04", until).expired
    after = one(item, "2026-05-04", "2029-05-05")
    assert after.expired
    assert until in after.say
    assert after.affirm_by is None


def test_a_status_is_affirmed_every_year() -> None:
    """Annually following a Final CMMC Status Date: 170.22(a)(3)(iii)."""
    item = "final-level-2-c3pao"
    assert one(item, "2026-05-04", AS_OF).affirm_by == "2027-05-04"
    late = one(item, "2026-05-04", "2027-06-01")
    assert late.affirm_by == "2027-05-04"
    assert "was due by 2027-05-04, and no later one is attested" in late.say
    assert one(item, "2026-05-04", "2027-06-01", "2027-04-20").affirm_by == "2028-04-20"
    # an affirmation of an earlier status, or one to come, is none
    assert one(item, "2026-05-04", AS_OF, "2026-01-01", "2027-04-20").affirm_by == "2027-05-04"
    # the last year ends with the status
    assert one(item, "2026-05-04", "2029-01-01", "2028-06-01").affirm_by == "2029-05-04"
    assert one("conditional-level-2-self", "2026-10-01", AS_OF).affirm_by is None


def test_a_status_of_level_3_is_affirmed_with_that_of_level_2() -> None:
    """170.22(b)(4)."""
    assert "170.22(b)(4)" in one("final-level-3-dibcac", "2026-05-04", AS_OF).say


def test_a_final_status_keeps_the_date_of_the_conditional_one() -> None:
    """A new date is not set for a Final that follows a Conditional: 170.4(b) CMMC Status Date."""
    told = [
        attestation(id="c", items=("conditional-level-2-self",), status_date="2026-01-05"),
        attestation(id="f", items=("final-level-2-self",), status_date="2026-01-05"),
    ]
    (found,) = held(told, AS_OF, 2)
    assert (found.status, found.until) == ("Final Level 2 (Self)", "2029-01-05")


def test_nothing_is_computed_from_a_date_that_nobody_stated() -> None:
    assert held([attestation(items=("final-level-2-self",))], AS_OF, 2) == ()
    no = attestation(items=("final-level-2-self",), status_date="2026-05-04", says="not-satisfied")
    assert held([no], AS_OF, 2) == ()
    # the plan's own date stands for a status that nobody attests
    (found,) = held([], AS_OF, 2, "2026-10-01")
    assert (found.until, found.expired) == ("2027-03-30", False)
    assert held([], AS_OF, 1, "2026-10-01") == ()


def test_the_assessment_says_what_is_held(catalogue: Catalogue) -> None:
    told = attestation(items=("final-level-2-self",), status_date="2026-05-04")
    made = assess([], [], catalogue, said(told), 2, AS_OF, [])
    text = "\n".join(lines(made))
    assert "held      Final Level 2 (Self) since 2026-05-04: current until 2029-05-04" in text
    assert document(made)["held"][0]["affirm_by"] == "2027-05-04"
    stale = attestation(
        items=("final-level-2-self",), status_date="2026-05-04", review_by="2026-11-23"
    )
    assert assess([], [], catalogue, said(stale), 2, AS_OF, []).held == ()


def test_level_3_does_not_stand_on_a_status_that_ended(catalogue: Catalogue) -> None:
    """A Level 2 (C3PAO) assessment every three years: 170.18(a)(1)."""

    def prerequisite(since: str) -> str | None:
        practices = tuple(p.id for p in catalogue.of_level(2))
        told = attestation(
            practices=practices, items=("final-level-2-c3pao",), status_date=since, id="x"
        )
        return assess([], [], catalogue, said(told), 3, AS_OF, []).prerequisite

    assert prerequisite("2023-11-24") is None
    ended = prerequisite("2023-11-23")
    assert ended is not None
    assert "ended on 2026-11-23" in ended


def test_level_3_waits_for_the_poam_of_level_2(catalogue: Catalogue) -> None:
    """Any Level 2 POA&M items must be closed first: 170.19(e)."""
    no = attestation("3.1.9[a]", id="no", says="not-satisfied", artifacts=())
    why = assess([], [], catalogue, said(no), 3, AS_OF, []).prerequisite
    assert why is not None
    assert "with every POA&M item closed (32 CFR 170.19(e)); 1 requirement(s)" in why


def test_the_date_is_written_beside_the_item(tmp_path: Path) -> None:
    path = tmp_path / "status.yaml"
    path.write_text(
        "schema: 1\nattestations:\n- id: s\n  items: [final-level-2-self, affirmation]\n"
        "  statement: As SPRS shows.\n  by: A B\n  on: 2026-05-04\n  review_by: 2027-05-03\n"
        "  status_date: 2026-05-04\n"
    )
    (told,) = load.attestations(path)
    assert told.status_date == "2026-05-04"
