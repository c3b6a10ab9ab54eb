"""What could not be seen: every read that gave nothing, with what it leaves open and what helps."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from scanner.evaluate.wording import why
from scanner.facts.ledger import Gap
from scanner.frameworks import cmmc
from scanner.reports.html.elements import Html, el, join, many, name
from scanner.reports.html.inputs import Context
from scanner.reports.html.tally import Tally, Waiting
from scanner.reports.html.words import nothing, practice_link, section, table
from scanner.reports.sarif_inputs import RuleInfo

_HELP = {
    "denied": "grant the permission, then scan again",
    "unlicensed": "buy the licence, or attest what it would show",
    "not-in-this-cloud": "attest it: this cloud does not offer it",
    "not-supported": "scan the system itself, or attest it",
    "throttled": "scan again at a quieter hour",
    "timeout": "scan again with a longer deadline",
    "truncated": "scan again; the listing broke off",
    "unreachable": "open the way to it, then scan again",
    "credentials": "renew the credentials, then scan again",
    "broken": "scan again; if it stays so, report it",
    "interrupted": "let the scan run to its end",
    "not-collected": "collect it: scan without narrowing it down",
}
_LISTED = 40
"""Practices named for one gap."""


class BlindLine(msgspec.Struct, frozen=True):
    """One missing read in a line."""

    reason: str
    what: str
    verdicts: int
    address: str
    """The id of its entry in the page."""


def blind_lines(context: Context, tally: Tally) -> list[BlindLine]:
    """Missing reads, those that leave most verdicts unknown first."""
    lines = []
    for key, waiting in tally.by_gap.items():
        gap = context.all_gaps.get(key)
        if gap is None:
            lines.append(BlindLine("unknown", f"gap {key}", waiting.verdicts, "unseen"))
            continue
        what = gap.operation
        if gap.permission and gap.permission != gap.operation:
            what += f", needs {gap.permission}"
        lines.append(BlindLine(gap.reason, what, waiting.verdicts, f"gap/{key}"))
    for (reason, detail), waiting in tally.not_asked.items():
        lines.append(BlindLine(reason, detail or "not asked", waiting.verdicts, "unseen"))
    return sorted(lines, key=lambda line: (-line.verdicts, line.what, line.reason))


def unseen(context: Context, tally: Tally, rules: Mapping[str, RuleInfo]) -> Html:
    """The section; as prominent as the failures, since an unseen failure is one all the same."""
    accepted = frozenset(context.accepted_gaps)
    cards = [
        (_of(tally, g.id).verdicts, _gap(g, _of(tally, g.id), rules, g.id in accepted))
        for g in context.all_gaps.values()
    ]
    cards += [
        (waiting.verdicts, _not_asked(reason, detail, waiting, rules))
        for (reason, detail), waiting in sorted(tally.not_asked.items())
    ]
    cards.sort(key=lambda card: -card[0])
    return section(
        "unseen",
        "What could not be seen",
        join([card for _, card in cards])
        if cards
        else nothing("Every read that was planned was answered."),
        _nobody(tally, rules),
        lead="A read that was refused or never made proves nothing: neither that a requirement is "
        "met nor that it is not. Each stays unknown until it is read or stated.",
    )


def _of(tally: Tally, gap: str) -> Waiting:
    return tally.by_gap.get(gap, Waiting())


def _gap(gap: Gap, waiting: Waiting, rules: Mapping[str, RuleInfo], accepted: bool) -> Html:
    lost = "the whole listing" if gap.reach == "listing" else ", ".join(gap.fields) or "fields"
    where = [gap.target, gap.scope, *([gap.region] if gap.region else [])]
    facts: list[tuple[str, Html | str]] = [
        ("where", join([join(" · " if n else "", name(w)) for n, w in enumerate(where)])),
        ("what is missing", f"{lost} of {gap.kind}"),
    ]
    if gap.permission:
        facts.append(("permission", el("code", gap.permission)))
    if gap.detail:
        facts.append(("what it said", name(gap.detail)))
    if gap.reach == "fields":
        names = [name(e, 160) for e in gap.examples]
        shown = join([join(", " if n else "", e) for n, e in enumerate(names)])
        more = ": " if names else ""
        facts.append(("concerns", join(many(gap.subjects, "resource"), more, shown)))
    return _card(f"{gap.operation}", gap.reason, facts, waiting, rules, accepted, f"gap/{gap.id}")


def _not_asked(reason: str, detail: str, waiting: Waiting, rules: Mapping[str, RuleInfo]) -> Html:
    where = ", ".join(sorted(waiting.targets))
    facts: list[tuple[str, Html | str]] = [("where", name(where))] if where else []
    return _card(detail or "Nobody asked", reason, facts, waiting, rules, False, None)


def _card(
    title: str,
    reason: str,
    facts: list[tuple[str, Html | str]],
    waiting: Waiting,
    rules: Mapping[str, RuleInfo],
    accepted: bool,
    address: str | None,
) -> Html:
    words = why(reason, None)
    facts.append(("what helps", _HELP.get(reason, "look at what it said")))
    if accepted:
        facts.append(("accepted", "the configuration accepts this gap; it stays unknown"))
    titles = [rules[r].title if r in rules else r for r in sorted(waiting.rules)]
    practices = sorted(waiting.practices)
    left = el(
        "p",
        many(waiting.verdicts, "verdict"),
        " unknown" if waiting.verdicts else " unknown: no rule of this scan needs it",
        el("span", f" · {'; '.join(titles[:6])}", class_="dim") if titles else None,
        el("span", f" and {len(titles) - 6} more", class_="dim") if len(titles) > 6 else None,
    )
    return el(
        "article",
        el("h3", el("span", reason, class_="severity open"), " ", name(title)),
        el("p", words[:1].upper() + words[1:] + "."),
        left,
        el("dl", [[el("dt", k), el("dd", v)] for k, v in facts], class_="facts"),
        el("p", [[practice_link(p), " "] for p in practices[:_LISTED]], class_="links")
        if practices
        else None,
        class_="card open",
        id=address,
    )


def _nobody(tally: Tally, rules: Mapping[str, RuleInfo]) -> Html | None:
    """Rules over systems that no target leads to, folded away: a choice, not an accident."""
    if not tally.no_target:
        return None
    order = {p: n for n, p in enumerate(cmmc().practices)}
    rows: list[list[Html | str | int]] = [
        [
            rules[rule].title if rule in rules else rule,
            practice_link(practice),
            rules[rule].fact if rule in rules else "",
        ]
        for rule, practice in sorted(
            tally.no_target.items(), key=lambda item: (order.get(item[1], 999), item[0])
        )
    ]
    return el(
        "details",
        el("summary", f"{many(len(rows), 'rule')} that no target of this scan can tell about"),
        el("p", "Add a target that has such systems, or attest what they would show."),
        table(["rule", "practice", "looks at"], rows, "Rules without a target"),
        class_="fold",
    )
