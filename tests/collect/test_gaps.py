"""Which refusals are one gap."""

from __future__ import annotations

from scanner.collect.gaps import JobGaps
from scanner.collectors.base import Job, Refused, Scope, source
from scanner.facts.device import Device


@source(Device, fields=["encrypted"], calls={"GET /devices": "Read"})
def devices(place: object) -> list[Device]:
    return []


def told(*refused: Refused) -> list[tuple[str, str, int, tuple[str, ...]]]:
    job = Job("corp", Scope("entra:1", "1"), None, devices, frozenset(), "2026-11-24T07:33:41Z")
    gaps = JobGaps(job)
    for number, each in enumerate(refused):
        gaps.fields(each, ("encrypted",), f"device-{number}")
    found = ((g.reason, g.detail, g.subjects, g.examples) for g in gaps.collected())
    return sorted(found)


def test_a_cause_is_told_only_of_the_subjects_that_have_it() -> None:
    """Else four Macs that report every hour are said to be silent, since one laptop is."""
    mac = Refused("not-supported", "GET /devices", "Windows devices only")
    empty = Refused("not-supported", "GET /devices", "the field is empty")
    silent = Refused("stale", "GET /devices", "it has never reported")
    assert told(silent, mac, mac, empty) == [
        ("not-supported", "Windows devices only", 2, ("device-1", "device-2")),
        ("not-supported", "the field is empty", 1, ("device-3",)),
        ("stale", "it has never reported", 1, ("device-0",)),
    ]


def test_one_refusal_is_one_gap_whatever_is_said() -> None:
    """A service names the resource or a request's number in its words."""
    one, two = (Refused("denied", "GET /devices", f"request {n}") for n in (1, 2))
    assert told(one, two) == [("denied", "request 1", 2, ("device-0", "device-1"))]
