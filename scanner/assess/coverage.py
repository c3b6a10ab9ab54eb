"""How each objective can be decided: by which rule and why, or by which document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from scanner import frameworks
from scanner.assess.catalogue import Catalogue
from scanner.frameworks.not_collected import not_collected

Way = Literal["decided", "informed", "attest"]


class WhyRule(Protocol):
    """A rule with the sentence that says why its evidence settles an objective."""

    @property
    def id(self) -> str: ...
    @property
    def decides(self) -> Sequence[str]: ...
    @property
    def informs(self) -> Sequence[str]: ...
    @property
    def providers(self) -> Sequence[str]: ...
    @property
    def informs_only(self) -> Sequence[str]: ...
    @property
    def strength(self) -> str: ...
    @property
    def why(self) -> str: ...


class RuleLine(msgspec.Struct, frozen=True):
    """One rule that decides or informs an objective."""

    rule: str
    providers: tuple[str, ...]
    strength: str
    why: str
    """One sentence."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One objective and its decision path."""

    objective: str
    practice: str
    domain: str
    about: str
    way: Way
    method: str
    rules: tuple[RuleLine, ...]
    artifact: str | None
    """What an attestation points at, where no rule decides or a target has none."""
    declared: str | None
    """What the organisation has to state before a rule can decide."""
    concerns: tuple[str, ...]
    planned: tuple[str, ...]
    """Providers that could show it by our own judgement, and for which no rule decides yet."""
    not_collected: tuple[tuple[str, str], ...] = ()
    """Provider and the reason why no rule uses what it could show."""


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """How many objectives of a domain or provider go which way."""

    name: str
    decided: int
    informed: int
    attest: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The decision path of every objective, with totals."""

    lines: tuple[Line, ...]
    by_domain: tuple[Total, ...]
    by_provider: tuple[Total, ...]
    """Objectives that a provider's rules decide or inform; the rest of them needs no rule."""


def coverage(rules: Iterable[WhyRule], catalogue: Catalogue, level: int = 2) -> Report:
    """The decision path of each objective of a level; Level 3 has its own requirements only.

    A rule that decides an objective whose method is a document, or at strength `configured`, only
    informs it: neither settles anything.
    """
    deciding: dict[str, list[RuleLine]] = {}
    informing: dict[str, list[RuleLine]] = {}
    for rule in sorted(rules, key=lambda r: r.id):
        line = RuleLine(rule.id, tuple(rule.providers), rule.strength, first_sentence(rule.why))
        served = tuple(p for p in rule.providers if p not in rule.informs_only)
        settling = msgspec.structs.replace(line, providers=served)
        for name in rule.decides:
            objective = catalogue.objectives.get(name)
            if objective is not None and objective.method == "observe" and settles(rule):
                deciding.setdefault(name, []).append(settling)
            else:
                informing.setdefault(name, []).append(line)
        for name in rule.informs:
            informing.setdefault(name, []).append(line)
    lines: dict[str, Line] = {}
    for practice in catalogue.of_level(level):
        for name in practice.objectives:
            lines[name] = _line(name, practice.domain, catalogue, deciding, informing)
    found = tuple(lines.values())
    domains = {p.domain: p.domain_name for p in catalogue.of_level(level)}
    return Report(
        lines=found,
        by_domain=tuple(
            _total(f"{code} {name}", [x for x in found if x.domain == code])
            for code, name in domains.items()
        ),
        by_provider=_providers(found),
    )


def settles(rule: WhyRule) -> bool:
    """Its strength and providers let it decide anything at all."""
    every = bool(rule.providers) and set(rule.providers) <= set(rule.informs_only)
    return rule.strength != "configured" and not every


def _line(
    name: str,
    domain: str,
    catalogue: Catalogue,
    deciding: dict[str, list[RuleLine]],
    informing: dict[str, list[RuleLine]],
) -> Line:
    objective = catalogue.objectives[name]
    decides, informs = deciding.get(name, []), informing.get(name, [])
    way: Way = "decided" if decides else "informed" if informs else "attest"
    served = {p for r in decides for p in r.providers}
    able = {s.provider for s in objective.signals if s.decides == "yes"}
    return Line(
        objective=name,
        practice=objective.practice,
        domain=domain,
        about=objective.about,
        way=way,
        method=objective.method,
        rules=tuple(decides or informs),
        artifact=objective.artifact,
        declared=objective.declared,
        concerns=objective.concerns,
        planned=tuple(sorted(able - served)),
        not_collected=tuple(sorted(not_collected().get(name, {}).items())),
    )


def _total(name: str, lines: Sequence[Line]) -> Total:
    ways = [line.way for line in lines]
    return Total(
        name=name,
        decided=ways.count("decided"),
        informed=ways.count("informed"),
        attest=ways.count("attest"),
    )


def _providers(lines: Sequence[Line]) -> tuple[Total, ...]:
    known = sorted(
        {p for line in lines for rule in line.rules for p in rule.providers}
        | {
            s.provider
            for o in frameworks.catalogue_of_objectives().by_id.values()
            for s in o.signals
        }
    )
    totals = []
    for provider in known:
        mine = [x for x in lines if any(provider in r.providers for r in x.rules)]
        total = _total(provider, mine)
        totals.append(msgspec.structs.replace(total, attest=len(lines) - len(mine)))
    return tuple(totals)


def first_sentence(text: str) -> str:
    """The first sentence of a text, white space folded."""
    folded = " ".join(text.split())
    end = folded.find(". ")
    return folded if end < 0 else folded[: end + 1]


def lines(report: Report) -> list[str]:
    """The report as a person reads it."""
    text: list[str] = []
    practice = ""
    for line in report.lines:
        if line.practice != practice:
            practice = line.practice
            text += ["", practice]
        text.append(f"  {line.objective:<12} {line.way:<9} {line.about}")
        for rule in line.rules:
            where = f" [{', '.join(rule.providers)}]" if rule.providers else ""
            text.append(f"      {rule.rule}{where}: {rule.why}")
        for provider, reason in line.not_collected:
            text.append(f"      not collected [{provider}]: {reason}")
        if line.way != "decided":
            text.append(f"      {attest_with(line)}")
    text += ["", _row(("", "decided", "informed", "attest"))]
    for total in (*report.by_domain, *report.by_provider):
        text.append(_row((total.name, str(total.decided), str(total.informed), str(total.attest))))
    every = _total("all", report.lines)
    text.append(_row(("all", str(every.decided), str(every.informed), str(every.attest))))
    return text[1:]


def attest_with(line: Line) -> str:
    """What a statement has to show where no rule decides."""
    if line.artifact is not None:
        return f"attest with: {line.artifact}"
    if line.declared is not None:
        return f"attest how it is enforced, and state: {line.declared}"
    return "attest how it is enforced, with a record of a check"


def _row(cells: tuple[str, str, str, str]) -> str:
    return f"{cells[0]:<44} {cells[1]:>8} {cells[2]:>9} {cells[3]:>7}"
