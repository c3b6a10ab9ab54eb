"""OSCAL plan-of-action-and-milestones: each item with its risk, deadline, remedy and milestones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment
from scanner.output import whole_file
from scanner.reports.json_stream import Each, Open, write_json
from scanner.reports.oscal.ids import ORIGINS, line, markup, metadata, props, uid
from scanner.reports.redact import LEFT_OUT, redacted_item
from scanner.reports.sarif_inputs import Scan

_ID_TYPE = "https://ietf.org/rfc/rfc4122"


def write_oscal_poam(
    path: Path,
    items: Iterable[Item],
    assessment: Assessment,
    scan: Scan,
    *,
    organization: str,
    redact: bool = False,
) -> bool:
    """Write the plan; false, and no file, where there is no item: OSCAL knows no empty plan.

    Raises InputError if the file cannot be written.
    """
    rows = [redacted_item(i) if redact else i for i in items]
    if not rows:
        path.unlink(missing_ok=True)
        return False
    head = metadata(
        f"Plan of action and milestones, CMMC Level {assessment.level}, {assessment.as_of}",
        scan.ended,
        assessment.as_of,
        organization,
    )
    head["parties"] += _people(rows)
    document = Open(
        {
            "uuid": uid("poam", organization, assessment.as_of, scan.ended),
            "metadata": head,
            "system-id": {"identifier-type": _ID_TYPE, "id": uid("system", organization)},
            "risks": Each(_risk(item) for item in rows),
            "poam-items": Each(_item(item) for item in rows),
        }
    )
    with whole_file(path) as out:
        write_json(out, Open({"plan-of-action-and-milestones": document}))
        out.write(b"\n")
    return True


def _contact(item: Item) -> str:
    name = line(item.point_of_contact or "")
    return "" if name == LEFT_OUT else name


def _people(rows: Sequence[Item]) -> list[dict[str, Any]]:
    names = sorted({name for name in map(_contact, rows) if name})
    return [{"uuid": uid("person", n), "type": "person", "name": n} for n in names]


def _risk(item: Item) -> dict[str, Any]:
    done = item.status == "Completed"
    found: dict[str, Any] = {
        "uuid": uid("poam-risk", item.id),
        "title": markup(f"{item.practice}: {item.title}"),
        "description": markup(item.weakness),
        "statement": markup(f"{', '.join(item.objectives) or item.practice} not satisfied."),
        **props(
            ("severity", item.severity),
            ("points", item.points),
            ("close-out-due", item.close_out_due),
        ),
        "status": "closed" if done else "open",
        "origins": ORIGINS,
    }
    due = item.scheduled_completion or item.close_out_due
    if due is not None:
        # the whole day still counts
        found["deadline"] = f"{due}T23:59:59Z"
    found["remediations"] = [_remedy(item, done)]
    return found


def _remedy(item: Item, done: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uuid": uid("remediation", item.id),
        "lifecycle": "completed" if done else "planned",
        "title": markup(f"Satisfy {item.practice}"),
        "description": markup(item.comments or f"Satisfy {', '.join(item.objectives)}."),
    }
    if item.resources_required:
        found["required-assets"] = [
            {"uuid": uid("resources", item.id), "description": markup(item.resources_required)}
        ]
    if item.milestones:
        found["tasks"] = [
            {
                "uuid": uid("milestone", item.id, str(number)),
                "type": "milestone",
                "title": markup(step.description),
                **props(("done", step.done)),
                "timing": {"on-date": {"date": f"{step.due}T00:00:00Z"}},
            }
            for number, step in enumerate(item.milestones)
        ]
    return found


def _item(item: Item) -> dict[str, Any]:
    eligible = None if item.eligible is None else "yes" if item.eligible else "no"
    found: dict[str, Any] = {
        "uuid": uid("poam-item", item.id),
        "title": markup(f"{item.practice}: {item.title}"),
        "description": markup(item.weakness),
        **props(
            ("item", item.id),
            ("practice", item.practice),
            ("status", item.status),
            ("status-since", item.status_since),
            ("first-detected", item.first_detected),
            ("points", item.points),
            ("poam-eligible", eligible or "open"),
            ("poam-eligible-why", item.eligible_why),
            ("close-out-due", item.close_out_due),
            ("objectives-not-met", ", ".join(item.objectives)),
            ("found-by", ", ".join(item.source)),
        ),
    }
    name = _contact(item)
    if name:
        found["origins"] = [{"actors": [{"type": "party", "actor-uuid": uid("person", name)}]}]
    found["related-risks"] = [{"risk-uuid": uid("poam-risk", item.id)}]
    if item.lacks:
        found["remarks"] = markup(f"Still to be added: {'; '.join(item.lacks)}")
    return found
