"""What to do first: what stands between today and a status, and what a week's work brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.assess import poam
from scanner.assess.catalogue import load_catalogue
from scanner.assess.result import Assessment, PracticeResult
from scanner.reports.html.elements import Html, el, join, many, number
from scanner.reports.html.inputs import Context
from scanner.reports.html.tally import Tally
from scanner.reports.html.week import RESOURCE_MINUTES, RULE_MINUTES, Repair, one_week
from scanner.reports.html.words import practice_link
from scanner.reports.sarif_inputs import RuleInfo

_SHOWN = 6


def blocks(assessment: Assessment, own: Sequence[PracticeResult]) -> Html:
    """What stands between today and a status."""
    practices = load_catalogue().practices
    if assessment.level == 1:
        blocked = {p.id: "Level 1 knows no POA&M" for p in own}
    else:
        blocked = poam.blockers(practices, own)
    failed = [p for p in own if p.determination == "NOT MET" and p.id in blocked]
    waiting = [p for p in own if p.determination == "NOT ASSESSED" and p.id in blocked]
    named = {p.id for p in (*failed, *waiting)}
    said = [w for w in assessment.status.why if not any(name in w for name in named)]
    lines = [el("li", line) for line in said[:_SHOWN]]
    reasons: dict[str, list[PracticeResult]] = {}
    for practice in sorted(failed, key=lambda p: -p.lost_most):
        reasons.setdefault(blocked[practice.id], []).append(practice)
    lines += [_blocked(reason, found) for reason, found in reasons.items()]
    if waiting:
        words = (
            f"{many(len(waiting), 'requirement')} not assessed that no POA&M may carry: "
            "each has to be shown before any status"
        )
        lines.append(el("li", el("a", words, href="#practices?state=NOT+ASSESSED")))
    return el(
        "div",
        el("h2", "What blocks a status"),
        el("ul", lines, class_="plain") if lines else el("p", "Nothing."),
    )


def _blocked(reason: str, practices: Sequence[PracticeResult]) -> Html:
    """Requirements that are NOT MET and block for the same reason."""
    names = [
        join("; " if n else "", practice_link(p.id), f" {p.title}")
        for n, p in enumerate(practices[:_SHOWN])
    ]
    more = len(practices) - _SHOWN
    rest = el("a", f"; and {more} more", href="#practices?state=NOT+MET") if more > 0 else None
    return el("li", names, rest, el("span", f" {reason}", class_="dim"))


def week(
    assessment: Assessment,
    own: Sequence[PracticeResult],
    context: Context,
    tally: Tally,
    rules: Mapping[str, RuleInfo],
) -> Html:
    repairs = one_week(assessment, {rule: row.count for rule, row in tally.failing.items()})
    lost = sum(p.lost_least for p in own)
    lines = [_repair(repair, rules) for repair in repairs]
    stated = len(tally.undeclared)
    if stated:
        waiting = sum(w.verdicts for w in tally.undeclared.values())
        words = f"State {many(stated, 'value')}: {many(waiting, 'finding')} then become verdicts"
        lines.append(el("li", el("a", words, href="#stating")))
    rights = sorted({g.permission for g in context.all_gaps.values() if g.permission})
    if rights:
        freed = sum(
            tally.by_gap[g.id].verdicts
            for g in context.all_gaps.values()
            if g.permission and g.id in tally.by_gap
        )
        words = (
            f"Grant the scan {many(len(rights), 'permission')}: {many(freed, 'verdict')} open up"
        )
        lines.append(el("li", el("a", words, href="#unseen")))
    if context.wants is not None and context.wants.groups:
        group = context.wants.groups[0]
        words = f"Write or find {group.about or group.document}: "
        words += f"{many(len(group.objectives), 'objective')} then have their document"
        lines.append(el("li", el("a", words, href="#stating")))
    if repairs:
        points = sum(r.points for r in repairs)
        hours = (sum(r.minutes for r in repairs) + 59) // 60
        head: Html | None = el(
            "p",
            el("b", number(points)),
            f" of {many(lost, 'point')} surely lost today, in about {many(hours, 'hour')}",
            class_="count good",
        )
    else:
        words = "No configuration change regains points" if lost else "No point is surely lost"
        head = el("p", f"{words}; what is missing is to be shown or stated.")
    assumed = (
        f"Our rule of thumb, not a measurement: {RULE_MINUTES // 60} hours for each rule and "
        f"{RESOURCE_MINUTES} minutes for each resource, 40 hours in all. Points are out of reach "
        "for good only once every objective of the requirement is shown too."
    )
    return el(
        "div",
        el("h2", "What one week's work would regain"),
        head,
        el("ul", lines, class_="plain"),
        el("p", assumed, class_="dim small") if repairs else None,
    )


def _repair(repair: Repair, rules: Mapping[str, RuleInfo]) -> Html:
    titles = [rules[r].title if r in rules else r for r in repair.rules]
    links = join(
        [
            join("; " if n else "", el("a", title, href=f"#findings?class=fail&rule={rule}"))
            for n, (rule, title) in enumerate(zip(repair.rules, titles, strict=True))
        ]
    )
    then = f", then {many(repair.still_open, 'objective')} to show" if repair.still_open else ""
    return el(
        "li",
        el("b", f"{many(repair.points, 'point')}"),
        " ",
        practice_link(repair.practice),
        " ",
        links,
        el("span", f" {many(repair.resources, 'resource')}{then}", class_="dim"),
    )
