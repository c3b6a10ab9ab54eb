"""What could not be seen: every read that gave nothing, with what it leaves open and what helps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
    "stale": "bring it back, or retire it, then scan again",
    "throttled": "scan again at a quieter hour",
    "timeout": "scan again with a longer deadline",
    "truncated": "scan again; the listing broke off",
    "unreachable": "open the way to it, then scan again",
    "credentials": "renew the credentials, then scan again",
    "broken": "scan again; if it stays so, report it",
    "interrupted": "go on with --resume, or scan again with a longer --deadline",
    "not-collected": "collect it: scan without narrowing it down",
}
_LISTED, _PLACES, _EXAMPLES, _SAID = 40, 40, 5, 3
"""Practices, places, resources and answers that one entry names; the rest are counted."""

Fact = tuple[str, Html | str]


class Read(msgspec.Struct, frozen=True):
    """A read that gave nothing for one reason, at all the places where that happened."""

    reason: str
    operation: str
    """Or, where nothing was asked, the words for what nobody asked."""
    permission: str | None
    gaps: tuple[Gap, ...]
    """Empty where nothing was asked."""
    waiting: Waiting

    @property
    def address(self) -> str:
        """The id of its entry in the page, or of the section."""
        return f"gap/{self.gaps[0].id}" if self.gaps else "unseen"

    @property
    def words(self) -> str:
        """The operation, and the permission where that has another name."""
        if self.permission is None or self.permission == self.operation:
            return self.operation
        return f"{self.operation}, needs {self.permission}"


def missing_reads(context: Context, tally: Tally) -> list[Read]:
    """Missing reads, those that leave most verdicts unknown first."""
    grouped: dict[tuple[str, ...], list[Gap]] = {}
    for gap in sorted(context.all_gaps.values(), key=lambda g: (g.target, g.scope, g.id)):
        what = (gap.reason, gap.operation, gap.permission or "", gap.source, gap.reach)
        grouped.setdefault((*what, *gap.fields), []).append(gap)
    reads = [
        Read(
            reason=gaps[0].reason,
            operation=gaps[0].operation,
            permission=gaps[0].permission,
            gaps=tuple(gaps),
            waiting=_together(tally.by_gap.get(gap.id) for gap in gaps),
        )
        for gaps in grouped.values()
    ]
    lost = [w for key, w in sorted(tally.by_gap.items()) if key not in context.all_gaps]
    if lost:
        reads.append(Read("unknown", "reads of another snapshot", None, (), _together(lost)))
    reads += [
        Read(reason, detail or "not asked", None, (), waiting)
        for (reason, detail), waiting in tally.not_asked.items()
    ]
    return sorted(reads, key=lambda r: (-r.waiting.verdicts, r.operation, r.reason, r.address))


def _together(parts: Iterable[Waiting | None]) -> Waiting:
    whole = Waiting()
    for part in parts:
        if part is not None:
            whole.verdicts += part.verdicts
            whole.facts += part.facts
            whole.rules |= part.rules
            whole.practices |= part.practices
            whole.targets |= part.targets
    return whole


def unseen(context: Context, tally: Tally, rules: Mapping[str, RuleInfo]) -> Html:
    """The section; as prominent as the failures, since an unseen failure is one all the same."""
    accepted = frozenset(context.accepted_gaps)
    cards = [
        _card(read, rules, accepted) if read.gaps else _not_asked(read, rules)
        for read in missing_reads(context, tally)
    ]
    return section(
        "unseen",
        "What could not be seen",
        join(cards) if cards else nothing("Every read that was planned was answered."),
        _nobody(tally, rules),
        lead="A read that was refused or never made proves nothing: neither that a requirement is "
        "met nor that it is not. Each stays unknown until it is read or stated.",
    )


def _card(read: Read, rules: Mapping[str, RuleInfo], accepted: frozenset[str]) -> Html:
    first = read.gaps[0]
    lost = "the whole listing" if first.reach == "listing" else ", ".join(first.fields) or "fields"
    facts: list[Fact] = [
        ("where", _places(read.gaps)),
        ("what is missing", f"{lost} of {first.kind}"),
    ]
    if read.permission is not None:
        facts.append(("permission", el("code", read.permission)))
    said = list(dict.fromkeys(gap.detail for gap in read.gaps if gap.detail))
    if said:
        more = f" and {len(said) - _SAID} more answers" if len(said) > _SAID else ""
        facts.append(("what it said", join([el("div", name(d)) for d in said[:_SAID]], more)))
    if first.reach == "fields":
        subjects = [name(e, 160) for gap in read.gaps for e in gap.examples][:_EXAMPLES]
        shown = join([join(", " if n else ": ", e) for n, e in enumerate(subjects)])
        facts.append(
            ("concerns", join(many(sum(g.subjects for g in read.gaps), "resource"), shown))
        )
    taken = sum(gap.id in accepted for gap in read.gaps)
    if taken:
        words = f"the configuration accepts {taken} of {len(read.gaps)}; they stay unknown"
        facts.append(("accepted", words))
    return _entry(read, rules, facts)


def _places(gaps: Sequence[Gap]) -> Html:
    """Target, scope and region of each, every one with its address."""
    lines = [
        el(
            "div",
            name(" · ".join(part for part in (g.target, g.scope, g.region) if part)),
            id=f"gap/{g.id}" if n else None,
        )
        for n, g in enumerate(gaps[:_PLACES])
    ]
    more = len(gaps) - _PLACES
    return join(lines, f"and {many(more, 'more place')}" if more > 0 else "")


def _not_asked(read: Read, rules: Mapping[str, RuleInfo]) -> Html:
    where = ", ".join(sorted(read.waiting.targets))
    return _entry(read, rules, [("where", name(where))] if where else [])


def _entry(read: Read, rules: Mapping[str, RuleInfo], facts: list[Fact]) -> Html:
    words = why(read.reason, None)
    waiting = read.waiting
    facts = [*facts, ("what helps", _HELP.get(read.reason, "look at what it said"))]
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
        el("h3", el("span", read.reason, class_="severity open"), " ", name(read.operation)),
        el("p", words[:1].upper() + words[1:] + "."),
        left,
        el("dl", [[el("dt", k), el("dd", v)] for k, v in facts], class_="facts"),
        el("p", [[practice_link(p), " "] for p in practices[:_LISTED]], class_="links")
        if practices
        else None,
        class_="card open",
        id=read.address if read.gaps else None,
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
