"""External service providers: who may hold CUI, and on whom one may rely.

A cloud provider with CUI needs FedRAMP Moderate or an equivalent; one that is no cloud is assessed
with the organisation and needs no authorization of its own; Level 1 asks for none.
"""

from __future__ import annotations

from itertools import chain

import pytest
from assess_samples import AS_OF, CORP, ELSEWHERE, attestation, finding

from scanner.assess import poam
from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import Assessment
from scanner.assess.scope import Claims, Flow, Group, Scope, Select
from scanner.assess.scope_findings import flow_fault, scope_findings
from scanner.assess.services import Service
from scanner.assess.statements import Inherited, Statements


def service(authorization: str, *, cloud: bool = True, handles: str = "cui") -> Service:
    return Service(
        id="share", name="Acme Share", handles=(handles,), authorization=authorization, cloud=cloud
    )


def relying(
    catalogue: Catalogue,
    *services: Service,
    authorization: str,
    level: int = 2,
    named: bool = True,
) -> Assessment:
    """Everything inherited in full from one provider."""
    inherited = Inherited(
        provider="Acme",
        authorization=authorization,
        responsibility="full",
        service="share" if named else None,
    )
    practices = tuple(p.id for n in (2, level) for p in catalogue.of_level(n))
    every = attestation(
        id="all", practices=practices, items=("final-level-2-c3pao",), inherited=inherited
    )
    said = Statements(attestations=(every,), services={s.id: s for s in services})
    claims = Claims(Scope(external_services=services))
    found = list(chain(scope_findings(claims, AS_OF)))
    return assess(found, [], catalogue, said, level, AS_OF, [CORP], without=ELSEWHERE)


@pytest.mark.parametrize("authorization", ["fedramp-moderate", "fedramp-high"])
def test_a_cloud_with_fedramp_moderate(catalogue: Catalogue, authorization: str) -> None:
    """32 CFR 170.16(c)(2)(i), 170.17(c)(5)(i)."""
    made = relying(catalogue, service(authorization), authorization=authorization)
    assert made.status.status.startswith("Final Level 2")


@pytest.mark.parametrize("authorization", ["cmmc-level-2", "fedramp-low", "none"])
def test_a_cloud_without_it_holds_no_cui(catalogue: Catalogue, authorization: str) -> None:
    """A CMMC status of the provider takes the place of nothing: Table 4 to 170.19(c)(2)(i)."""
    made = relying(catalogue, service(authorization), authorization=authorization)
    result = made.objective("3.10.1[b]")
    assert result is not None
    assert result.determination == "NOT ASSESSED"
    assert any("170.16(c)(2), 170.17(c)(5)" in b.text for b in result.by)


def test_a_cloud_that_may_not_hold_cui_bars_every_status(catalogue: Catalogue) -> None:
    """An OSA may use a cloud for CUI under the circumstances of 170.16(c)(2) and no others."""
    every = attestation(id="all", practices=tuple(p.id for p in catalogue.of_level(2)))
    for authorization, status in (("cmmc-level-2", poam.NONE), ("fedramp-high", "Final")):
        held = {"share": service(authorization)}
        said = Statements(attestations=(every,), services=held)
        made = assess([], [], catalogue, said, 2, AS_OF, [CORP], without=ELSEWHERE)
        assert made.status.status.startswith(status)
        assert made.score is not None
        assert made.score.low == 110
        if status == poam.NONE:
            assert made.status.if_open_met == poam.NONE
            assert made.status.why == (
                "Acme Share holds CUI with the authorization cmmc-level-2; a cloud provider needs "
                "FedRAMP Moderate or an equivalent (32 CFR 170.16(c)(2), 170.17(c)(5), "
                "170.18(c)(5))",
            )


@pytest.mark.parametrize("authorization", ["none", "cmmc-level-2"])
def test_a_provider_that_is_no_cloud_is_assessed_with_the_organisation(
    catalogue: Catalogue, authorization: str
) -> None:
    """32 CFR 170.16(c)(3)(ii), 170.17(c)(6)(ii): its services are assessed within the scope."""
    helpdesk = service(authorization, cloud=False)
    assert helpdesk.fault is None
    made = relying(catalogue, helpdesk, authorization=authorization)
    assert made.status.status.startswith("Final Level 2")
    # nor does a flow of CUI to it leave the boundary
    inside = Group(id="enclave", category="cui-asset", select=Select(targets=("corp",)))
    scope = Scope(assets=(inside,), external_services=(helpdesk,))
    flow = Flow(id="f", data="cui", source="enclave", sink="share")
    assert flow_fault(flow, scope) is None


def test_a_cloud_that_protects_and_holds_no_cui(catalogue: Catalogue) -> None:
    """Assessed as a Security Protection Asset, without FedRAMP: Table 4 to 170.19(c)(2)(i)."""
    siem = service("none", handles="security-protection-data")
    made = relying(catalogue, siem, authorization="none")
    assert made.status.status.startswith("Final Level 2")


def test_level_1_asks_for_no_fedramp(catalogue: Catalogue) -> None:
    """32 CFR 170.15 names none."""
    made = relying(catalogue, service("none", handles="fci"), authorization="none", level=1)
    assert made.status.status.startswith("Final Level 1")
    made = relying(catalogue, authorization="none", level=1, named=False)
    assert made.status.status.startswith("Final Level 1")


def test_level_3_cites_its_own_clause(catalogue: Catalogue) -> None:
    """32 CFR 170.18(c)(5)."""
    made = relying(catalogue, service("none"), authorization="none", level=3)
    assert any("170.18(c)(5)" in b.text for b in made.statements)


@pytest.mark.parametrize(
    ("authorization", "counts"), [("fedramp-high", True), ("cmmc-level-2", False), ("none", False)]
)
def test_who_names_no_service_is_taken_for_a_cloud(
    catalogue: Catalogue, authorization: str, counts: bool
) -> None:
    made = relying(catalogue, authorization=authorization, named=False)
    assert (made.statements == ()) is counts
    if not counts:
        assert "external_services" in made.statements[0].text


def test_the_statement_and_the_scope_have_to_agree(catalogue: Catalogue) -> None:
    made = relying(catalogue, service("fedramp-moderate"), authorization="fedramp-high")
    assert "the scope says fedramp-moderate" in made.statements[0].text
    made = relying(catalogue, authorization="fedramp-high")
    assert "the scope names no external service share" in made.statements[0].text


def test_a_finding_of_the_scope_itself_stands_beside_it(catalogue: Catalogue) -> None:
    claims = Claims(Scope(external_services=(service("none"),)))
    (found,) = scope_findings(claims, AS_OF)
    assert (found.severity, found.refutes) == ("critical", "never")
    assert found.verdict == finding().verdict
