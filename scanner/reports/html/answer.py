"""The top of the page: where the organisation stands, how sure that is, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.assess import poam
from scanner.assess.catalogue import UNJUDGED
from scanner.assess.result import Assessment, PracticeResult
from scanner.assess.score import MAX_LEVEL_2, MAX_LEVEL_3
from scanner.frameworks import cmmc
from scanner.reports.html.elements import Html, el, many, number
from scanner.reports.html.first_steps import blocks, week
from scanner.reports.html.inputs import Context
from scanner.reports.html.over_time import over_time
from scanner.reports.html.tally import Tally
from scanner.reports.html.unseen import Read, missing_reads
from scanner.reports.html.words import moment
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
            blocks(assessment, own),
            week(assessment, own, context, tally, rules),
            class_="pair",
        ),
        over_time(context.trend),
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
        notes.append("The collection reached its deadline; what it did not reach is unknown.")
    if assessment.prerequisite is not None:
        notes.append(assessment.prerequisite)
    if assessment.level == 3:
        notes.append(f"{UNJUDGED}.")
    notes += [held.say for held in assessment.held]
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
