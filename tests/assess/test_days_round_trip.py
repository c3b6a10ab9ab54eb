"""Days in what is written for people: the reader takes them, whichever day it is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from assess_samples import CORP, Rule, finding, said
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scanner.assess import attest, load
from scanner.assess.assessment import assess
from scanner.assess.catalogue import load_catalogue
from scanner.assess.poam import close_out
from scanner.assess.poam_file import load_plan, merged
from scanner.assess.poam_items import KeptPlan
from scanner.errors import InputError
from scanner.evidence.retention import retain_until

DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31)).map(date.isoformat)
"""What --as-of takes."""
FEW = settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
RULE = Rule(id="r", decides=("3.5.3[d]",), providers=("entra",))


@given(DAYS, st.none() | DAYS, DAYS)
@example("2199-12-31", None, "2199-12-31")
@FEW
def test_a_plan_of_action(day: str, first: str | None, later: str) -> None:
    catalogue = load_catalogue()  # no fixture: it is too long to be shown with a failure
    failed = finding("fail", rule="r", decides=("3.5.3[d]",))
    seen = {} if first is None else {failed.fingerprint: first}

    def judged(on: str):
        return assess([failed], [RULE], catalogue, said(), 2, on, [CORP])

    with TemporaryDirectory() as folder:
        path = Path(folder) / "poam.yaml"
        path.write_text(merged(None, KeptPlan(), judged(day), seen))
        (item,) = load_plan(path).items
        assert (item.status_since, item.first_detected) == (day, min(day, first or day))
        path.write_text(path.read_text().replace("status: Ongoing", "status: Completed"))
        path.write_text(merged(path.read_text(), load_plan(path), judged(later), seen))
        (item,) = load_plan(path).items
        assert (item.status, item.status_since) == ("Ongoing", later)


@given(DAYS)
@example("2000-01-01")
@example("2004-02-29")
@example("2199-12-31")
@FEW
def test_stubs_of_statements(day: str) -> None:
    wanted = attest.Wanted(objective="3.12.4[a]", practice="CA.L2-3.12.4", about="x", artifact="")
    group = attest.Group(document="ssp", about="y", objectives=(wanted,), points=1)
    found = attest.Wants(groups=(group,), renewals=(), observe=())
    with TemporaryDirectory() as folder:
        attest.write_stubs(Path(folder), attest.stubs(found, day))
        (statement,) = load.attestations(Path(folder))
    assert statement.on == day
    assert date.fromisoformat(statement.review_by) == date.fromisoformat(day) + timedelta(days=365)


@given(st.dates().map(date.isoformat))
@example("0001-01-01")
@example("1900-01-01")
@example("2299-12-31")
@example("2300-01-01")
@example("9999-12-31")
@FEW
def test_a_day_that_is_taken_can_be_counted_from(day: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "poam.yaml"
        path.write_text(f"schema: 1\nconditional_status_date: {day}\nitems: []\n")
        if not "1900-01-01" <= day <= "2299-12-31":
            with pytest.raises(InputError, match=f"poam.yaml:2:26: {day} is out of bounds; write"):
                load_plan(path)
            return
        kept = load_plan(path).conditional_status_date
    assert kept == day
    assert close_out(day) > day
    assert retain_until(day) > day
