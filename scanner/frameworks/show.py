"""One page of plain text about a practice, an objective, a control or an old id, for a person."""

from __future__ import annotations

from collections.abc import Container

from scanner.frameworks.controls import (
    Control,
    Mapping,
    control,
    controls,
    controls_for,
    crosswalk,
    heirs_of_2013,
    practices_for,
)
from scanner.frameworks.layout import paragraph, row
from scanner.frameworks.objectives import Objective, Signal, objective, objectives, trap
from scanner.frameworks.practices import Practice, cmmc, lookup, resolve
from scanner.frameworks.show_pairs import notes_on, pair_lines, title_of

METHODS = {
    "observe": "what is read settles it",
    "support": "what is read is evidence, a person settles it",
    "document": "a person settles it on a document",
}

REFUTES = {
    "always": "a failure refutes",
    "if-declared": "a failure refutes if this product was declared for the job",
    "never": "a failure is a hint",
}


def describe(text: str, collected: Container[str] | None = None) -> list[str]:
    """Lines of the page about an id; raises InputError with the nearest ids.

    Takes whatever `lookup`, `objective` and `control` take, controls of the 2013 edition, and the
    two letters of a domain. collected: the providers that something collects; null: all.
    """
    asked = text.strip()
    if "[" in asked:
        return _objective_page(objective(asked), collected)
    if asked.upper() in {domain.code for domain in cmmc().domains}:
        return _domain_page(asked.upper())
    if asked.upper() in controls():
        return _control_page(control(asked))
    if f"A.{asked}" in controls():
        return _control_page(control(f"A.{asked}"))
    heirs = heirs_of_2013(asked)
    if heirs:
        return _heirs_page(asked.upper(), heirs)
    if asked.upper().startswith("A."):
        control(asked)
    found = lookup(asked)
    lines = _practice_page(found.practice, collected)
    return [*paragraph(found.note), "", *lines] if found.note else lines


def _practice_page(practice: Practice, collected: Container[str] | None) -> list[str]:
    lines = [*_heading(practice.id, practice.title), *paragraph(practice.about, 2), ""]
    lines += row("Level", f"{practice.level}, {practice.cite}")
    lines += row("Domain", f"{practice.domain} {practice.domain_name}")
    source = "SP 800-172" if practice.level == 3 else "SP 800-171 Rev 2"
    lines += row("NIST", f"{source} {', '.join(practice.nist)}")
    lines += row("FAR", practice.far)
    lines += row("Also called", ", ".join(practice.aliases))
    lines += row("CMMC 1.02", ", ".join(practice.cmmc1_id))
    lines += row("Level 1 twin", practice.level1_id)
    lines += row(
        "Level 2 twins" if len(practice.level2_ids) > 1 else "Level 2 twin",
        ", ".join(practice.level2_ids),
    )
    lines += row("Value", _value(practice))
    lines += row("POA&M", f"{practice.poam.say.removesuffix('.')} ({practice.poam.cite})")
    theirs = objectives(practice)
    if practice.level == 3:
        lines += row("Objectives", "those of SP 800-172A, which are not listed here")
    if theirs:
        lines += ["", f"Objectives ({len(theirs)}, SP 800-171A)"]
        if practice.level == 1:
            lines += paragraph("Level 1 reads FCI for CUI (32 CFR 170.15(c)(1)(i)).", 2)
        for one in theirs:
            lines += _objective_row(one, collected)
    lines += ["", "ISO/IEC 27001:2022", *_iso(practice), *notes_on(practice)]
    return [*lines, *_trap(practice)]


def _iso(practice: Practice) -> list[str]:
    pairs = list({pair.iso: pair for pair in reversed(controls_for(practice))}.values())[::-1]
    if not pairs:
        why = "for Level 3" if practice.level == 3 else "for this requirement"
        return paragraph(f"Nobody published a mapping {why}.", 2)
    return pair_lines(pairs, _control_name, lambda pair: pair.iso)


def _trap(practice: Practice) -> list[str]:
    twins = practice.level2_ids or (practice.id,)
    lines: list[str] = []
    for twin in twins:
        caution = trap(twin)
        name = f"{twin}: " if len(twins) > 1 else ""
        lines += paragraph(f"{name}{caution}" if caution else None, 2)
    return ["", "Trap", *lines] if lines else []


def _value(practice: Practice) -> str:
    if practice.level == 1:
        return f"none: Level 1 is met or not met as a whole ({practice.scoring_cite})"
    if practice.level == 3:
        return f"{practice.points} point when met ({practice.scoring_cite})"
    scoring = cmmc().scoring
    if practice.gate:
        return f"none: without it there is no score at all ({scoring.gate_cite})"
    value = f"{_points(practice.weight or 0)} lost when NOT MET ({scoring.weight_cite})"
    if practice.partial_weight is None:
        return value
    return (
        f"{value}; {practice.partial_weight} if {practice.partial_when} ({practice.partial_cite})"
    )


def _points(number: int) -> str:
    return f"{number} point" if number == 1 else f"{number} points"


def _objective_row(one: Objective, collected: Container[str] | None) -> list[str]:
    indent = 4 + len(one.printed)
    lines = paragraph(f"{one.printed}  {one.about}", 2, hang=len(one.printed) + 2)
    deciding = {s.provider for s in one.signals if s.decides == "yes"}
    providers = sorted(p for p in deciding if collected is None or p in collected)
    told = f"{one.method} on {', '.join(providers)}" if providers else one.method
    if one.declared:
        told = f"{told}; declare {one.declared}"
    if one.document:
        told = f"{told}; {one.document}: {one.artifact}"
    return [*lines, *paragraph(told, indent)]


def _objective_page(one: Objective, collected: Container[str] | None) -> list[str]:
    practice = resolve(one.practice)
    lines = [*_heading(one.printed, one.about), ""]
    lines += row("Practice", f"{practice.id} {practice.title}")
    lines += row("Level 1 twin", practice.level1_id)
    lines += row("Method", f"{one.method}: {METHODS[one.method]}")
    lines += row("Declare", one.declared)
    lines += row("Document", f"{one.document}: {one.artifact}" if one.document else None)
    lines += row("Inherit", one.inherit)
    lines += row("Concerns", ", ".join(one.concerns))
    if one.unlettered:
        lines += row("Letter", f"none in SP 800-171A; the CMMC guides print {one.id}")
    lines += row("Note", one.note)
    if one.signals:
        lines += ["", "What providers show"]
        for signal in one.signals:
            lines += _signal(signal, collected is None or signal.provider in collected)
    return [*lines, *_trap(practice)]


def _signal(signal: Signal, collected: bool) -> list[str]:
    settles = "settles its part" if signal.decides == "yes" else "settles nothing"
    facts = "; ".join(f"{kind} ({', '.join(fields)})" for kind, fields in signal.facts.items())
    head = f"{signal.provider:<8}{signal.strength}, {settles}; {REFUTES[signal.refutes]}"
    head += "" if collected else "; no collector reads it"
    return [*paragraph(head, 2, hang=8), *paragraph(facts, 10)]


def _control_page(found: Control) -> list[str]:
    kind = "clause" if found.theme == "clause" else f"Annex A, {found.theme}"
    lines = [
        *_heading(found.id, title_of(found.id)),
        "",
        *row("ISO 27001", f"2022 edition, {kind}"),
    ]
    if found.theme != "clause":
        lines += row("2013", ", ".join(found.from_2013) or "none: new in 2022")
    pairs = practices_for(found)
    lines += ["", f"CMMC practices ({len({p.practice for p in pairs})})"]
    if any(pair.iso != found.id for pair in pairs):
        lines += pair_lines(pairs, _both_names, lambda pair: f"{pair.iso} {pair.practice}")
    else:
        lines += pair_lines(pairs, _practice_name, lambda pair: pair.practice)
    if not pairs:
        lines += paragraph("No published mapping leads from a Level 2 practice to it.", 2)
    claimed = [c for c in crosswalk().article.domains if found.id in c.claimed]
    if claimed:
        lines += ["", "Source article"]
        for claim in claimed:
            bare = found.id in claim.unsupported
            said = "without" if bare else "with"
            lines += paragraph(
                f"claims it for domain {claim.domain}, {said} support from NIST's tables", 2
            )
    return lines


def _heirs_page(asked: str, heirs: tuple[Control, ...]) -> list[str]:
    note = f"{asked} is a control of the 2013 edition; these took its place in 2022."
    lines = paragraph(note)
    for heir in heirs:
        lines += ["", *_control_page(heir)]
    return lines


def _domain_page(code: str) -> list[str]:
    all_ = cmmc()
    name = next(domain.name for domain in all_.domains if domain.code == code)
    lines = [f"{code}  {name}"]
    for level in (1, 2, 3):
        rows = [p for p in all_.practices.values() if p.domain == code and p.level == level]
        if rows:
            lines += ["", f"Level {level} ({len(rows)})"]
        for practice in rows:
            value = f", {_points(practice.weight)}" if practice.weight else ""
            lines += paragraph(f"{practice.id:<15}{practice.title}{value}", 2, hang=15)
    claim = next(c for c in crosswalk().article.domains if c.domain == code)
    lines += ["", f"ISO/IEC 27001:2022, by {crosswalk().article.overall.label}"]
    overlap = f"{claim.overlap.low} to {claim.overlap.high} percent, {claim.overlap.label.lower()}"
    lines += row("Overlap", overlap)
    lines += row("Claimed", ", ".join(claim.claimed))
    lines += row("Unsupported", ", ".join(claim.unsupported))
    lines += row("Left out", ", ".join(claim.missing))
    return lines


def _heading(id_: str, words: str) -> list[str]:
    return paragraph(f"{id_}  {words}", hang=len(id_) + 2)


def _control_name(pair: Mapping) -> str:
    return f"{pair.iso}  {title_of(pair.iso)}"


def _practice_name(pair: Mapping) -> str:
    return f"{pair.practice}  {resolve(pair.practice).title}"


def _both_names(pair: Mapping) -> str:
    return f"{pair.iso}  {_practice_name(pair)}"
