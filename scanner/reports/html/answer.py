"""The top of the page: where the organisation stands, how sure that is, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.assess import poam
from scanner.assess.catalogue import load_catalogue
from scanner.assess.result import Assessment, PracticeResult
from scanner.assess.score import MAX_LEVEL_2, MAX_LEVEL_3
from scanner.frameworks import cmmc
from scanner.reports.html.elements import Html, el, join, many, number
from scanner.reports.html.inputs import Context
from scanner.reports.html.tally import Tally
from scanner.reports.html.unseen import Read, missing_reads
from scanner.reports.html.week import RESOURCE_MINUTES, RULE_MINUTES, Repair, one_week
from scanner.reports.html.words import moment, practice_link
from scanner.reports.sarif_inputs import RuleInfo

_SHOWN = 6


def answer(
    assessment: Assessment, context: Context, tally: Tally, rules: Mapping[str, RuleInfo]
) -> Html:
    """Status, score, coverage; then failures beside what could not be seen; then what to do."""
    snapshot = context.snapshot
    head = el(
        "p",
        f"CMMC Level {assessment.level} · judged as of {assessment.as_of} · collected ",
        moment(snapshot.started_at),
        " to ",
        moment(snapshot.finished_at),
        class_="dim",
    )
    own = [p for p in assessment.practices if p.level == assessment.level]
    return el(
        "section",
        el("h1", context.organization or "This organisation", id="answer-title", tabindex="-1"),
        head,
        el("p", verdict(assessment), class_="verdict"),
        [el("p", note, class_="note") for note in _notes(context, assessment)],
        el(
            "div",
            _score(assessment, own),
            _coverage(assessment),
            _status(assessment),
            class_="figures",
        ),
        el("div", _fails(tally, rules), _blind(context, tally), class_="pair"),
        el(
            "div",
            _blocks(assessment, own),
            _week(assessment, own, context, tally, rules),
            class_="pair",
        ),
        id="answer",
        aria_labelledby="answer-title",
    )


def verdict(assessment: Assessment) -> str:
    """The answer as one sentence."""
    status = assessment.status
    if status.status == "open":
        return (
            f"Still open: {status.if_open_met} if everything not yet assessed turns out met, "
            f"{status.if_open_not_met} if none of it does."
        )
    if status.status == poam.NONE and assessment.coverage.practices_decided == (
        assessment.coverage.practices
    ):
        return "It would earn no CMMC status."
    if status.status == poam.NONE:
        return "It would earn no CMMC status, even if everything not yet assessed turns out met."
    return f"It would earn {status.status}."


def _notes(context: Context, assessment: Assessment) -> list[str]:
    notes = list(context.notes)
    if not context.snapshot.complete:
        notes.append("The collection was stopped before its end; what it did not reach is unknown.")
    if assessment.prerequisite is not None:
        notes.append(assessment.prerequisite)
    return notes


def _figure(label: str, value: Html | str, *rest: Html | str | None) -> Html:
    return el("div", el("h2", label), el("p", value, class_="figure"), *rest)


def _span(low: int, high: int) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _score(assessment: Assessment, own: Sequence[PracticeResult]) -> Html:
    most = MAX_LEVEL_3 if assessment.level == 3 else MAX_LEVEL_2
    if assessment.score is not None:
        low, high = assessment.score.low, assessment.score.high
        words = f"of {most}; an interval while anything is open" if low != high else f"of {most}"
        bar = score_bar(low, high) if assessment.level == 2 else None
        return _figure("Score", _span(low, high), el("p", words), bar)
    why = (assessment.why_no_score or "").removeprefix("no score: ")
    if assessment.level != 2:
        return _figure("Score", "none", el("p", why))
    low = MAX_LEVEL_2 - sum(p.lost_most for p in own)
    high = MAX_LEVEL_2 - sum(p.lost_least for p in own)
    return _figure(
        "Score",
        "No score",
        el("p", why[:1].upper() + why[1:] + "."),
        el("p", f"With the plan attested it would lie at {_span(low, high)} of {most}."),
        score_bar(low, high),
    )


def score_bar(low: int, high: int) -> Html:
    """The interval on the scale of 32 CFR 170.24, with the 88 that Conditional takes."""
    scoring = cmmc().scoring
    least, most, wanted = scoring.min, scoring.max, scoring.conditional.level_2_min_score

    def at(points: int) -> str:
        return f"{100 * (points - least) / (most - least):.2f}%"

    width = max(100 * (high - low) / (most - least), 0.8)
    label = (
        f"Score {_span(low, high)} on a scale from {least} to {most}; Conditional takes {wanted}"
    )
    return el(
        "svg",
        el("rect", x="0", y="24", width="100%", height="8", rx="4", class_="rail"),
        el("rect", x=at(low), y="22", width=f"{width:.2f}%", height="12", rx="3", class_="range"),
        el("line", x1=at(wanted), x2=at(wanted), y1="2", y2="40", class_="mark"),
        el("text", number(least), x="0", y="54"),
        el("text", "0", x=at(0), y="54", text_anchor="middle"),
        el("text", f"Conditional {wanted}", x=at(wanted), y="12", text_anchor="end", dx="-6"),
        el("text", str(most), x="100%", y="54", text_anchor="end"),
        width="100%",
        height="60",
        role="img",
        aria_label=label,
        class_="scale",
    )


def _coverage(assessment: Assessment) -> Html:
    c = assessment.coverage
    share = 100 * c.objectives_decided / max(c.objectives, 1)
    return _figure(
        "Coverage",
        f"{c.objectives_decided} of {c.objectives}",
        el("p", f"objectives are decided ({share:.1f} %)"),
        el(
            "dl",
            el("dt", "requirements decided"),
            el("dd", f"{c.practices_decided} of {c.practices}"),
            el("dt", "objectives by evidence"),
            el("dd", c.by_evidence),
            el("dt", "objectives by statement"),
            el("dd", c.by_statement),
            class_="facts",
        ),
    )


def _status(assessment: Assessment) -> Html:
    s = assessment.status
    shown = {"open": "Open", poam.NONE: "None"}.get(s.status, s.status)
    return _figure(
        "Status it would earn",
        shown,
        el("p", "Only an assessment confers a status."),
        el(
            "dl",
            el("dt", "if all that is open is met"),
            el("dd", s.if_open_met),
            el("dt", "if none of it is"),
            el("dd", s.if_open_not_met),
            class_="facts",
        ),
    )


def _fails(tally: Tally, rules: Mapping[str, RuleInfo]) -> Html:
    count = tally.counts["fail"]
    lines = []
    worst = tally.worst_first()
    for rule, row in worst[:_SHOWN]:
        title = rules[rule].title if rule in rules else rule
        lines.append(
            el(
                "li",
                el("span", row.severity, class_=f"severity {row.severity}"),
                el(
                    "span",
                    el("a", title, href=f"#findings?class=fail&rule={rule}"),
                    el("span", f" {many(row.count, 'resource')}", class_="dim"),
                ),
            )
        )
    if len(worst) > _SHOWN:
        more = many(len(worst) - _SHOWN, "more rule")
        lines.append(el("li", el("span"), el("a", f"and {more}", href="#findings?class=fail")))
    return el(
        "div",
        el("h2", "What fails"),
        el("p", el("b", number(count)), f" {'finding' if count == 1 else 'findings'}, ",
           many(len(worst), "rule"), class_="count bad"),
        el("ul", lines, class_="lines") if lines else el("p", "Nothing that was looked at fails."),
    )  # fmt: skip


def _blind(context: Context, tally: Tally) -> Html:
    count = tally.counts["blind"]
    reads = missing_reads(context, tally)
    shown = [
        el(
            "li",
            el("span", read.reason, class_="severity open"),
            el(
                "span",
                el("a", read.words, href=f"#{read.address}"),
                el("span", _left_open(read), class_="dim"),
            ),
        )
        for read in reads[:_SHOWN]
    ]
    if len(reads) > _SHOWN:
        more = many(len(reads) - _SHOWN, "more kind of read", "more kinds of read")
        shown.append(el("li", el("span"), el("a", f"and {more}", href="#unseen")))
    missing = sum(max(len(read.gaps), 1) for read in reads)
    return el(
        "div",
        el("h2", "What could not be seen"),
        el("p", el("b", number(count)), f" {'verdict' if count == 1 else 'verdicts'} unknown, ",
           many(missing, "read"), " missing", class_="count open"),
        el("ul", shown, class_="lines") if shown else el("p", "Every read was answered."),
    )  # fmt: skip


def _left_open(read: Read) -> str:
    words = f" {many(read.waiting.verdicts, 'verdict')} unknown"
    return f"{words} of {read.gaps[0].kind}" if read.gaps else words


def _blocks(assessment: Assessment, own: Sequence[PracticeResult]) -> Html:
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


def _week(
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
