"""DoD incident reporting: what has to be ready, and a record with its deadlines."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from assess_samples import AS_OF, attestation, said

from scanner.assess import duties, incident
from scanner.errors import InputError


def test_duties_are_attested_with_an_end() -> None:
    certificate = attestation(
        id="eca", items=("medium-assurance-certificate",), review_by="2026-11-24"
    )
    states = {d.duty.item: d for d in duties.duties(said(certificate), AS_OF)}
    assert states["medium-assurance-certificate"].ready
    assert states["medium-assurance-certificate"].until == "2026-11-24"
    assert not states["dibnet-access"].ready
    later = {d.duty.item: d for d in duties.duties(said(certificate), "2026-11-25")}
    assert "review was due on 2026-11-24" in later["medium-assurance-certificate"].why


def test_a_record_and_its_deadlines(tmp_path: Path) -> None:
    text = incident.start(
        "inc-1", 'Phish, "urgent"', "2026-11-20T10:00Z", "2026-11-20T12:30:00Z", "Ann"
    )
    path = incident.start_file(tmp_path / "incidents", "inc-1", text)
    record = incident.load(path)
    assert record.title == 'Phish, "urgent"'
    assert "2026-11-23T10:00:00Z: 72 hours" in text

    def states(now: str) -> dict[str, str]:
        return {s.title: s.state for s in incident.status(record, now)}

    assert states("2026-11-23T10:00:00Z")["report through DIBNet"] == "open"
    assert states("2026-11-23T10:00:01Z")["report through DIBNet"] == "overdue"
    assert states("2026-11-21T00:00:00Z")["send malicious software to DC3"] == "not needed"
    assert incident.lines(record, "2026-11-22T10:00:00Z")[-1] == "24 hours are left to report"
    with pytest.raises(InputError, match="has a record already"):
        incident.start_file(tmp_path / "incidents", "inc-1", text)

    path.write_text(
        text.replace("reported: null", "reported: 2026-11-23T11:00:00Z").replace(
            "malware_found: false", "malware_found: true"
        )
    )
    record = incident.load(path)
    steps = {s.title: s for s in incident.status(record, "2026-12-01T00:00:00Z")}
    assert steps["report through DIBNet"].state == "late"
    assert steps["send malicious software to DC3"].state == "open"
    assert steps["keep images and captures"].due == "2027-02-21T11:00:00Z"
    path.write_text(text.replace("affects: []", "affects: [none-of-these]"))
    assert set(states_of(incident.load(path))) == {"not needed"}


def test_a_title_that_no_document_can_hold_is_spelt_out(tmp_path: Path) -> None:
    now = "2026-11-20T12:30:00Z"
    text = incident.start("inc-2", "\x1b[31mred \U0001f600", now, now, "Ann\x9b")
    record = incident.load(incident.start_file(tmp_path, "inc-2", text))
    assert record.title == "\\u001b[31mred \U0001f600"
    assert record.log[0].by == "Ann\\u009b"


def test_images_are_kept_for_90_days_from_the_report() -> None:
    """DFARS 252.204-7012(e): from the submission of the report, which the calendar cannot make."""
    record = incident.Incident(id="x", title="y", discovered="2026-01-01T00:00Z")
    year_later = "2027-01-01T00:00:00Z"

    def keep(now: str, **more: str) -> tuple[str, str | None]:
        changed = msgspec.structs.replace(record, **more)
        step = next(s for s in incident.status(changed, now) if s.title.startswith("keep"))
        return step.state, step.due

    assert keep(year_later) == ("open", None)
    sent = {"reported": "2026-01-02T00:00Z"}
    assert keep(year_later, **sent) == ("open", "2026-04-02T00:00:00Z")
    kept = {**sent, "images_preserved": "2026-01-03T00:00Z"}
    assert keep("2026-04-01T23:59:59Z", **kept) == ("open", "2026-04-02T00:00:00Z")
    assert keep("2026-04-02T00:00:00Z", **kept) == ("done", "2026-04-02T00:00:00Z")


def states_of(record: incident.Incident) -> list[str]:
    return [s.state for s in incident.status(record, "2027-01-01T00:00:00Z")]


def test_faults(tmp_path: Path) -> None:
    for wrong in ("../out", "Big One", ""):
        with pytest.raises(InputError, match="no name for an incident"):
            incident.start(wrong, "y", "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z")
    with pytest.raises(InputError, match="lies after now"):
        incident.start("x", "y", "2026-11-21T00:00:00Z", "2026-11-20T00:00:00Z")
    with pytest.raises(InputError, match="no time in UTC"):
        incident.start("x", "y", "yesterday", "2026-11-20T00:00:00Z")
    path = tmp_path / "x.yaml"
    path.write_text("schema: 1\nid: x\ntitle: y\ndiscovered: 2026-13-21T00:00:00Z\n")
    with pytest.raises(InputError, match=r"x.yaml:4:13"):
        incident.load(path)
