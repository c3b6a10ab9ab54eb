"""One cyber incident as a dated record, with the deadlines of DFARS 252.204-7012.

Times are facts that people write down; nothing here reads a clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from scanner.assess.load import LIMIT, checked
from scanner.documents import Document, held, loads, written
from scanner.documents import load as read_document
from scanner.errors import Defect, InputError
from scanner.output import private_folder, whole_file

REPORT_HOURS = 72
PRESERVE_DAYS = 90

_YEARS = range(2000, 2200)
"""What a time may lie in: periods are counted from it, and the clause is of 2013."""

_LONGEST = 4000
"""Characters of a text, as the schema has it."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the record."""

    at: str
    what: str
    by: str | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident's record. Times are UTC: 2026-11-24T07:33:41Z."""

    id: str
    title: str
    discovered: str
    affects: tuple[str, ...] = ()
    reported: str | None = None
    report_number: str | None = None
    malware_found: bool = False
    malware_submitted: str | None = None
    images_preserved: str | None = None
    review_done: str | None = None
    prime_told: str | None = None
    subcontractor: bool = False
    log: tuple[LogLine, ...] = ()

    @property
    def reportable(self) -> bool:
        """It affects what the clause protects; true until somebody says that it does not."""
        return self.affects != ("none-of-these",)


StepState = Literal["done", "late", "open", "overdue", "not needed"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One duty of a running incident, with its deadline."""

    title: str
    state: StepState
    due: str | None
    done: str | None
    cite: str


def start(identifier: str, title: str, discovered: str, now: str, by: str | None = None) -> str:
    """The text of a new record. Times are UTC, to the minute at least. Raises InputError."""
    _check_name(identifier)
    _check_words("title", title)
    found, opened = moment(discovered), moment(now)
    if found > opened:
        raise InputError(f"discovered {discovered} lies after now, {now}; write the time in UTC")
    due = stamp(found + timedelta(hours=REPORT_HOURS))
    if by:
        _check_words("name of who keeps the record", by)
    who = f", by: {written(by)}" if by else ""
    text = f"""\
# Cyber incident. Report through DIBNet by {due}: 72 hours from discovery
# (DFARS 252.204-7012(c)(1)(ii)). Times are UTC; write null until a thing is done.
schema: 1
id: {written(identifier)}
title: {written(title)}
discovered: {stamp(found)}
affects: []  # covered-defense-information, covered-contractor-information-system,
             # operationally-critical-support, or none-of-these
review_done: null       # evidence of compromise of CUI looked for
images_preserved: null  # images of affected systems, monitoring data and captures
malware_found: false
malware_submitted: null # to DC3, not to the contracting officer
reported: null
report_number: null
subcontractor: false    # true: the report's number goes to the prime
prime_told: null
log:
- {{at: {stamp(opened)}, what: "record opened"{who}}}
"""
    try:
        _record(loads(text, identifier))
    except InputError as error:
        raise Defect(f"a record was made that cannot be read: {error}") from error
    return text


def _check_name(identifier: str) -> None:
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,79}", identifier) is None:
        raise InputError(
            f"{identifier!r} is no name for an incident; use small letters, digits, dots and "
            "hyphens: 2026-11-phish"
        )


def _check_words(what: str, text: str) -> None:
    if not text.strip():
        raise InputError(f"the {what} is empty; write a few words")
    if len(held(text)) > _LONGEST:
        raise InputError(f"the {what} is longer than {_LONGEST} characters; write a few words")


def start_file(folder: Path, identifier: str, text: str) -> Path:
    """Write a new record; an existing one is never replaced. Raises InputError."""
    _check_name(identifier)
    private_folder(folder)
    path = folder / f"{identifier}.yaml"
    if path.exists():
        raise InputError(f"{path}: this incident has a record already; choose another id")
    with whole_file(path) as out:
        out.write(text.encode())
    return path


def load(path: Path, now: str | None = None) -> Incident:
    """One record, checked; with `now`, nothing in it may lie ahead. Raises InputError."""
    return _record(read_document(path, LIMIT), now)


_TIMES = (
    *("discovered", "reported", "malware_submitted", "images_preserved", "review_done"),
    "prime_told",
)


def _record(doc: Document, now: str | None = None) -> Incident:
    value = {k: v for k, v in checked(doc, "incident").value.items() if k != "schema"}
    places: list[tuple[str | int, ...]] = [(key,) for key in _TIMES]
    places += [("log", index, "at") for index in range(len(value.get("log", ())))]
    for place in places:
        text: Any = value
        for step in place:
            text = text[step] if isinstance(step, int) else text.get(step)
        if text is None:
            continue
        try:
            when = moment(text)
        except InputError as error:
            raise InputError(f"{doc.where(place)}: {error}") from error
        if now is not None and when > moment(now):
            raise InputError(
                f"{doc.where(place)}: {text} lies after now, {now}; write what was done, in UTC"
            )
    return msgspec.convert(value, Incident)


def status(incident: Incident, now: str) -> tuple[Step, ...]:
    """Every duty with its deadline as of `now` (UTC)."""
    found = moment(incident.discovered)
    here = moment(now)
    must = incident.reportable
    report_due = found + timedelta(hours=REPORT_HOURS)
    reported = moment(incident.reported) if incident.reported is not None else None
    kept_until = reported + timedelta(days=PRESERVE_DAYS) if reported is not None else None
    kept = kept_until is not None and here >= kept_until and incident.images_preserved is not None
    return (
        _step("look for compromise of CUI", "(c)(1)(i)", incident.review_done, None, here, must),
        _step("preserve images and captures", "(e)", incident.images_preserved, None, here, must),
        _step("report through DIBNet", "(c)(1)(ii)", incident.reported, report_due, here, must),
        _step(
            "send malicious software to DC3",
            "(d)",
            incident.malware_submitted,
            None,
            here,
            must and incident.malware_found,
        ),
        _step(
            "give the report's number to the prime",
            "(m)",
            incident.prime_told,
            None,
            here,
            must and incident.subcontractor,
        ),
        Step(
            title="keep images and captures",
            state="not needed" if not must else "done" if kept else "open",
            due=stamp(kept_until) if kept_until is not None else None,
            done=None,
            cite="DFARS 252.204-7012(e)",
        ),
    )


def _step(
    title: str, paragraph: str, done: str | None, due: datetime | None, now: datetime, must: bool
) -> Step:
    state: StepState
    if not must:
        state = "not needed"
    elif done is not None:
        state = "late" if due is not None and moment(done) > due else "done"
    else:
        state = "overdue" if due is not None and now > due else "open"
    return Step(
        title=title,
        state=state,
        due=stamp(due) if due is not None else None,
        done=done,
        cite=f"DFARS 252.204-7012{paragraph}",
    )


def lines(incident: Incident, now: str) -> list[str]:
    """The record's state as a person reads it."""
    text = [f"{incident.id}: {incident.title}", f"discovered {incident.discovered}, now {now}"]
    for step in status(incident, now):
        when = f"done {step.done}" if step.done else f"due {step.due}" if step.due else ""
        text.append(f"  {step.state:<11} {step.title:<40} {when:<28} {step.cite}".rstrip())
    left = moment(incident.discovered) + timedelta(hours=REPORT_HOURS) - moment(now)
    if incident.reported is None and incident.reportable:
        hours = int(left.total_seconds() // 3600)
        text.append(
            f"{hours} hours are left to report" if hours >= 0 else f"{-hours} hours overdue"
        )
    return text


def moment(text: str) -> datetime:
    """A UTC time. Raises InputError."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ"):
        try:
            found = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        if found.year not in _YEARS:
            raise InputError(
                f"{text} is out of bounds; write a time between the years {_YEARS[0]} and"
                f" {_YEARS[-1]}"
            )
        return found
    raise InputError(f"{text!r} is no time in UTC; write it as 2026-11-24T07:33:41Z")


def stamp(when: datetime) -> str:
    """The same as text."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
