"""CMMC, SP 800-171A and ISO/IEC 27001 as SARIF taxonomies (2.1.0, 3.14.8 and 3.19.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from scanner.reports.sarif_inputs import PROGRAM_URI, PlainRule, Titles, natural
from scanner.reports.sarif_text import sentence, shorten, visible

ASSESSMENT_URI = "https://doi.org/10.6028/NIST.SP.800-171A"
ISO_URI = "https://www.iso.org/standard/27001"

_COMPONENTS = (
    (
        "CMMC",
        "2.0",
        "US Department of Defense",
        PROGRAM_URI,
        "Practices of the Cybersecurity Maturity Model Certification, 32 CFR part 170.",
    ),
    (
        "SP 800-171A",
        "2018-06",
        "NIST",
        ASSESSMENT_URI,
        "Assessment objectives of SP 800-171A for the requirements of SP 800-171 Revision 2.",
    ),
    (
        "ISO/IEC 27001",
        "2022",
        "ISO and IEC",
        ISO_URI,
        "Clauses and Annex A controls of ISO/IEC 27001:2022.",
    ),
)


class Taxon(msgspec.Struct, frozen=True):
    """A reference to a taxon of the run, as `taxa` and `relationships` hold it."""

    id: str
    index: int
    toolComponent: dict[str, str | int]


class Taxonomies:
    """The practices, objectives and controls that the rules speak of, each with its index.

    The run's `taxonomies` hold three components in this order: practices, objectives, controls;
    each in the natural order of its ids.
    """

    def __init__(self, rules: Iterable[PlainRule], titles: Titles) -> None:
        rules = tuple(rules)
        self._titles = (titles.practice, titles.objective, titles.control)
        self._practice_of = {o: r.practice for r in rules for o in (*r.decides, *r.informs)}
        ids: tuple[Iterable[str], ...] = (
            {r.practice for r in rules},
            self._practice_of,
            {control for r in rules for control in r.iso},
        )
        self._taxa = tuple(
            {
                name: Taxon(name, at, {"name": component[0], "index": number})
                for at, name in enumerate(sorted(found, key=natural))
            }
            for number, (component, found) in enumerate(zip(_COMPONENTS, ids, strict=True))
        )

    def refer(
        self, practice: str, objectives: Sequence[str], iso: Sequence[str]
    ) -> tuple[Taxon, ...]:
        """The taxa of these ids, in this order; an id that no rule has is left out."""
        practices, known, controls = self._taxa
        found = [practices.get(practice), *map(known.get, objectives), *map(controls.get, iso)]
        return tuple(taxon for taxon in found if taxon is not None)

    def relationships(self, rule: PlainRule) -> list[Any]:
        """How each taxon relates to the rule (3.53).

        What a rule decides is a superset of what the rule finds: the objective can fail in other
        ways too. What it only informs, and ISO's controls, are relevant to it.
        """
        from sarif_om import ReportingDescriptorReference, ReportingDescriptorRelationship

        held = {rule.practice, *rule.decides} if rule.decides else set()
        taxa = self.refer(rule.practice, (*rule.decides, *rule.informs), rule.iso)
        return [
            ReportingDescriptorRelationship(
                target=ReportingDescriptorReference(
                    id=taxon.id, index=taxon.index, tool_component=taxon.toolComponent
                ),
                kinds=["superset" if taxon.id in held else "relevant"],
            )
            for taxon in taxa
        ]

    def components(self) -> list[Any]:
        """The run's `taxonomies`. An objective's taxon says which practice it belongs to."""
        from sarif_om import MultiformatMessageString, ToolComponent

        return [
            ToolComponent(
                name=name,
                version=version,
                organization=organization,
                information_uri=uri,
                short_description=MultiformatMessageString(text=text),
                is_comprehensive=False,
                taxa=[self._descriptor(number, taxon) for taxon in self._taxa[number].values()],
            )
            for number, (name, version, organization, uri, text) in enumerate(_COMPONENTS)
        ]

    def supported(self) -> list[Any]:
        """The driver's `supportedTaxonomies`."""
        from sarif_om import ToolComponentReference

        return [ToolComponentReference(name=c[0], index=n) for n, c in enumerate(_COMPONENTS)]

    def _descriptor(self, component: int, taxon: Taxon) -> Any:
        from sarif_om import (
            MultiformatMessageString,
            ReportingDescriptor,
            ReportingDescriptorReference,
            ReportingDescriptorRelationship,
        )

        title = self._titles[component](taxon.id) or taxon.id
        parents: tuple[Taxon, ...] = ()
        if component == 1:
            parents = self.refer(self._practice_of[taxon.id], (), ())
        return ReportingDescriptor(
            id=taxon.id,
            short_description=MultiformatMessageString(
                text=shorten(sentence(visible(title)), 1024)
            ),
            relationships=[
                ReportingDescriptorRelationship(
                    target=ReportingDescriptorReference(
                        id=parent.id, index=parent.index, tool_component=parent.toolComponent
                    ),
                    kinds=["superset"],
                )
                for parent in parents
            ]
            or None,
        )
