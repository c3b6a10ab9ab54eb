"""DoD incident reporting: what has to be ready, and a record with its deadlines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from assess_samples import AS_OF, attestation, said
from hypothesis import given, settings
from hypothesis import strategies as st

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


NOW = "2026-11-24T08:00:00Z"


@given(
    st.from_regex(r"[a-z0-9][a-z0-9._-]{0,79}", fullmatch=True)
    | st.sampled_from(["1", "1.0", "1e5", "0x1f", "0o7", "null", "true", "2026-01-01", "n", "1_0"]),
    st.text(max_size=60) | st.text(max_size=5).map(lambda part: part * 1000),
    st.datetimes()
    | st.sampled_from(
        ["", " ", "now", "0001-01-01T00:00:00Z", "2026-02-30T00:00Z", "2026-1-1T1:2Z"]
    ),
    st.none() | st.text(max_size=60) | st.just("x" * 4001),
)
@settings(deadline=None, max_examples=150, database=None)
def test_what_start_writes_its_own_reader_takes(
    identifier: str, title: str, discovered: object, by: str | None
) -> None:
    given_time = (
        f"{discovered.isoformat(timespec='seconds')}Z"
        if isinstance(discovered, datetime)
        else str(discovered)
    )
    try:
        text = incident.start(identifier, title, given_time, NOW, by)
    except InputError as error:
        refused = str(error)
        text = None
    if text is None:
        assert "\n" not in refused
        return
    with TemporaryDirectory() as folder:
        record = incident.load(incident.start_file(Path(folder), identifier, text))
    assert record.id == identifier
    assert "2000-01-01T00:00:00Z" <= record.discovered <= NOW
    assert incident.lines(record, NOW)


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "1969-12-31", "1999-12-31"])
def test_a_discovery_before_there_was_anything_to_discover_is_refused(day: str) -> None:
    with pytest.raises(
        InputError, match=f"^{day}T00:00:00Z is out of bounds; write a time between"
    ):
        incident.start("x", "y", f"{day}T00:00:00Z", NOW)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("reported: null", "reported: 9999-12-31T00:00:00Z", "13:11"),
        ("prime_told: null", "prime_told: 2026-99-99T99:99Z", "16:13"),
        ("discovered: 2026-11-20", "discovered: 0001-11-20", "6:13"),
        ("- {at: 2026-11-20", "- {at: 2026-11-31", "18:8"),
    ],
)
def test_no_time_of_a_record_is_absurd(tmp_path: Path, old: str, new: str, place: str) -> None:
    text = incident.start("x", "y", "2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z")
    path = tmp_path / "x.yaml"
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=f"x.yaml:{place}: "):
        incident.load(path)
