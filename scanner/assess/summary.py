"""The assessment in a screenful: score, status, what blocks, what is open, what does not count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from scanner.assess.catalogue import UNJUDGED
from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment, Determination, PracticeResult
from scanner.assess.score import Rank, points

SHOWN = 10


def score_words(assessment: Assessment) -> str:
    """`101 of 110`, `between 40 and 103 of 110`, or why there is none."""
    found = assessment.score
    if found is None:
        return assessment.why_no_score or "no score"
    most = 24 if assessment.level == 3 else 110
    if found.low == found.high:
        return f"{found.low} of {most}"
    return f"between {found.low} and {found.high} of {most}"


def lines(assessment: Assessment, ranks: Sequence[Rank] = ()) -> list[str]:
    """The summary as a person reads it. `ranks`: score.ranking."""
    covered = assessment.coverage
    text = [
        f"CMMC Level {assessment.level} as of {assessment.as_of}",
        f"  score     {score_words(assessment)}",
        f"  status    {assessment.status.status} (only an assessment confers one)",
        *(f"            {why}" for why in _few(assessment.status.why)),
        f"  coverage  {covered.practices_decided} of {covered.practices} practices and "
        f"{covered.objectives_decided} of {covered.objectives} objectives are decided: "
        f"{covered.by_evidence} by evidence, {covered.by_statement} by statements",
    ]
    text += [f"  held      {h.say}" for h in assessment.held]
    if assessment.level == 3:
        text.append(f"  but       {UNJUDGED}")
    if assessment.prerequisite is not None:
        text.append(f"  first     {assessment.prerequisite}")
    own = [p for p in assessment.practices if p.level == assessment.level]
    text += ["", *_domains(own)]
    if ranks:
        text += ["", "What to do first"]
        for rank in ranks[:SHOWN]:
            mark = "blocks" if rank.blocks else "      "
            regains = points(rank.regains)
            text.append(
                f"  {rank.practice:<15} {mark}  {regains:<8}  {rank.determination:<12} {rank.title}"
            )
        if len(ranks) > SHOWN:
            text.append(f"  and {len(ranks) - SHOWN} more")
    if assessment.statements:
        text += [
            "",
            "Statements that do not count",
            *(f"  {b.text}" for b in assessment.statements),
        ]
    if assessment.set_aside:
        aside = ", ".join(f"{count} {name}" for name, count in assessment.set_aside.items())
        text += ["", f"Findings outside the assessment: {aside} (32 CFR 170.19)"]
    return text


def _few(texts: Sequence[str]) -> list[str]:
    more = len(texts) - SHOWN
    return [*texts[:SHOWN], *([f"and {more} more"] if more > 0 else [])]


def _domains(results: Sequence[PracticeResult]) -> list[str]:
    words: tuple[Determination, ...] = get_args(Determination)
    rows = [f"  {'':<8}" + "".join(f"{w:>16}" for w in words)]
    for domain in dict.fromkeys(r.domain for r in results):
        found = [r.determination for r in results if r.domain == domain]
        rows.append(f"  {domain:<8}" + "".join(f"{found.count(w):>16}" for w in words))
    return rows


def plan_lines(items: Sequence[Item]) -> list[str]:
    """The POA&M as a person reads it."""
    text: list[str] = []
    for item in items:
        text += [
            f"{item.id}  {item.status} since {item.status_since}  {item.title}",
            f"  {item.weakness}",
            f"  {item.eligible_why}",
            f"  point of contact {item.point_of_contact or '-'}, "
            f"resources {item.resources_required or '-'}, "
            f"completion {item.scheduled_completion or '-'}, "
            f"first detected {item.first_detected}",
        ]
        if item.close_out_due is not None:
            text.append(f"  close-out due {item.close_out_due} (32 CFR 170.21(b))")
        for step in item.milestones:
            text.append(f"  - {step.due} {step.description}" + (" (done)" if step.done else ""))
        text += [f"  lacks {what}" for what in item.lacks]
        text.append("")
    return text[:-1]
