"""The items of a POA&M: what the assessment knows of each, and what people add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from scanner.assess.poam import close_out, eligibility
from scanner.assess.result import Assessment, PracticeResult
from scanner.assess.score import value_of
from scanner.assess.validity import days_between
from scanner.frameworks import Practice


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """One step on the way, with its day."""

    description: str
    due: str
    done: str | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One item as it stands in poam.yaml. The scan writes `status` and `status_since` only."""

    id: str
    practice: str
    status: Literal["Ongoing", "Completed"]
    status_since: str | None = None
    weakness: str | None = None
    point_of_contact: str | None = None
    resources_required: str | None = None
    scheduled_completion: str | None = None
    milestones: tuple[Milestone, ...] = ()
    first_detected: str | None = None
    source: tuple[str, ...] = ()
    comments: str | None = None
    severity: str | None = None


class KeptPlan(msgspec.Struct, frozen=True, kw_only=True):
    """poam.yaml."""

    items: tuple[Kept, ...] = ()
    conditional_status_date: str | None = None
    point_of_contact: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item with every field of 32 CFR 170.4(b) and of the usual forms."""

    id: str
    practice: str
    title: str
    weakness: str
    objectives: tuple[str, ...]
    """Those that are not satisfied."""
    points: int | None
    eligible: bool | None
    """Whether 32 CFR 170.21 lets it onto a POA&M; null while its point value is open."""
    eligible_why: str
    point_of_contact: str | None
    resources_required: str | None
    milestones: tuple[Milestone, ...]
    scheduled_completion: str | None
    status: Literal["Ongoing", "Completed"]
    status_since: str
    first_detected: str
    source: tuple[str, ...]
    """Fingerprints of the findings, or the statement that says so."""
    close_out_due: str | None
    severity: str | None
    comments: str | None
    lacks: tuple[str, ...]
    """What people still have to add, and dates that do not fit."""


def items(
    assessment: Assessment,
    practices: Mapping[str, Practice],
    plan: KeptPlan | None = None,
    first_seen: Mapping[str, str] | None = None,
) -> tuple[Item, ...]:
    """An item for each practice that is NOT MET, and what else stands in the plan.

    Every NOT MET requirement needs one, eligible or not (32 CFR 170.24(c)(2)(i)(B)(6)).
    `first_seen`: fingerprint -> day on which an earlier scan saw it first.
    """
    plan = plan or KeptPlan()
    kept: dict[str, list[Kept]] = {}
    for each in plan.items:
        kept.setdefault(each.practice, []).append(each)
    found: list[Item] = []
    for result in assessment.practices:
        mine = kept.get(result.id, [])
        if result.determination == "NOT MET" and not mine:
            mine = [new_item(result, assessment.as_of, first_seen or {})]
        for each in mine:
            found.append(_item(each, result, practices[result.id], plan, assessment.as_of))
    return tuple(found)


def new_item(result: PracticeResult, as_of: str, first_seen: Mapping[str, str]) -> Kept:
    """The item that a NOT MET practice gives rise to."""
    source = _source(result)
    days = [first_seen[f] for f in source if f in first_seen]
    return Kept(
        id=result.id,
        practice=result.id,
        status="Ongoing",
        status_since=as_of,
        weakness=_weakness(result),
        first_detected=min([as_of, *days]),
        source=source,
    )


def status_now(
    result: PracticeResult, mine: Iterable[Kept]
) -> Literal["Ongoing", "Completed"] | None:
    """The status that items of a practice take; null: what stands there stays.

    An item that people closed while the practice is still NOT MET is opened again, unless another
    item of the same practice carries on. Not assessed proves nothing, so it changes nothing.
    """
    if result.determination in ("MET", "NOT APPLICABLE"):
        return "Completed"
    if result.determination == "NOT MET" and all(k.status == "Completed" for k in mine):
        return "Ongoing"
    return None


def _item(
    kept: Kept, result: PracticeResult, practice: Practice, plan: KeptPlan, as_of: str
) -> Item:
    mine = [k for k in plan.items if k.practice == result.id] or [kept]
    wanted = status_now(result, mine) or kept.status
    changed = wanted != kept.status or kept.status_since is None
    judged = eligibility(practice, value_of(result))
    due = close_out(plan.conditional_status_date) if plan.conditional_status_date else None
    item = Item(
        id=kept.id,
        practice=kept.practice,
        title=practice.title,
        weakness=kept.weakness or _weakness(result),
        objectives=tuple(o.id for o in result.objectives if o.determination == "NOT MET"),
        points=result.points,
        eligible=judged.allowed,
        eligible_why=judged.reason,
        point_of_contact=kept.point_of_contact or plan.point_of_contact,
        resources_required=kept.resources_required,
        milestones=kept.milestones,
        scheduled_completion=kept.scheduled_completion,
        status=wanted,
        status_since=as_of if changed else kept.status_since or as_of,
        first_detected=kept.first_detected or as_of,
        source=_source(result) or kept.source,
        close_out_due=due,
        severity=kept.severity or _SEVERITY.get(result.points or 0),
        comments=kept.comments,
        lacks=(),
    )
    return msgspec.structs.replace(item, lacks=_lacks(item, as_of))


_SEVERITY = {1: "Low", 3: "Moderate", 5: "High"}


def _lacks(item: Item, as_of: str) -> tuple[str, ...]:
    if item.status == "Completed":
        return ()
    lacks = []
    if item.point_of_contact is None:
        lacks.append("a point of contact")
    if item.resources_required is None:
        lacks.append("the resources required")
    if not item.milestones:
        lacks.append("a milestone with its date")
    if item.scheduled_completion is None:
        lacks.append("a scheduled completion date")
    elif item.scheduled_completion < as_of:
        lacks.append(
            f"a date to come: its scheduled completion {item.scheduled_completion} is past"
        )
    elif item.close_out_due is not None and item.scheduled_completion > item.close_out_due:
        lacks.append(
            f"a date within the close-out: {item.scheduled_completion} is after "
            f"{item.close_out_due} (32 CFR 170.21(b))"
        )
    lacks += [
        f"a new date for the milestone {m.description!r}, due {m.due}"
        for m in item.milestones
        if m.done is None and m.due < as_of
    ]
    if item.close_out_due is not None and item.close_out_due < as_of:
        lacks.append(
            f"time: the Conditional status expired on {item.close_out_due}, and no extension is "
            "provided (32 CFR 170.21(b))"
        )
    return tuple(lacks)


POSTED = "32 CFR 170.21(b), 170.16(a)(1)(ii)(B), 170.17(a)(1)(ii)(B), 170.18(a)(1)(ii)(B)"
"""Within the 180 days the close-out is not only done: its results are posted."""


def close_out_words(plan: KeptPlan, made: Sequence[Item], as_of: str) -> str | None:
    """How the 180 days stand, or null without a Conditional CMMC Status Date."""
    if plan.conditional_status_date is None:
        return None
    due = close_out(plan.conditional_status_date)
    running = sum(i.status == "Ongoing" for i in made)
    since = f"Conditional since {plan.conditional_status_date}"
    if running == 0 and due < as_of:
        return (
            f"{since}: every item is completed; unless a close-out assessment was posted by {due}, "
            f"the status expired that day ({POSTED})"
        )
    if running == 0:
        return (
            f"{since}: every item is completed; the results of the close-out assessment have to "
            f"be posted by {due} ({POSTED})"
        )
    if due < as_of:
        return (
            f"{since}: the status expired on {due} with {running} item(s) open; no extension is "
            "provided (32 CFR 170.21(b))"
        )
    left = days_between(as_of, due)
    return f"{since}: {running} item(s) to close within {left} days, by {due} (32 CFR 170.21(b))"


def _weakness(result: PracticeResult) -> str:
    failed = [o.id for o in result.objectives if o.determination == "NOT MET"]
    texts = list(
        dict.fromkeys(
            b.text for o in result.objectives if o.determination == "NOT MET" for b in o.by
        )
    )
    shown = "; ".join(texts[:3]) + (f"; and {len(texts) - 3} more" if len(texts) > 3 else "")
    return f"{result.title}: {', '.join(failed)} not satisfied: {shown}"


def _source(result: PracticeResult) -> tuple[str, ...]:
    refs = (b.ref for o in result.objectives if o.determination == "NOT MET" for b in o.by)
    return tuple(dict.fromkeys(ref for ref in refs if ref))
