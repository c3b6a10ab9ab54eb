"""Which statements count on a given day, and why the others do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from scanner.assess.catalogue import SSP
from scanner.assess.services import CITE, SUITABLE_FOR_CUI, Service
from scanner.assess.statements import Artifact, Attestation, Exemption, Inherited, Statements

REVIEW_DAYS = 365
"""`Periodically` is at most one year: 32 CFR 170.4(b), 170.14(d)."""

RISK_ACCEPTED = (
    "CMMC knows no accepted risk: a requirement is MET, NOT MET or NOT APPLICABLE "
    "(32 CFR 170.24(b)); it counts for ISO/IEC 27001 only. For CMMC use an enduring exception, "
    "a temporary deficiency or a DoD CIO adjudication where one holds, or fix it"
)


NO_EXCEPTION_FOR_SSP = (
    "an up-to-date System Security Plan has to be in place whatever else is excepted "
    "(32 CFR 170.24(c)(2)(i)(B)(5), 170.21(a)(2)(iii)(C)); name other requirements in an "
    "exception of their own"
)

_OF_SSP = "3.12.4["


def attestation_fault(
    attestation: Attestation, as_of: str, statements: Statements, level: int = 2
) -> str | None:
    """Why an attestation does not count on that day, or null."""
    if attestation.proposed:
        return "it is a stub that nobody has confirmed yet"
    if attestation.form == "draft":
        return "it is a draft, and drafts are not evidence (32 CFR 170.24(b)(1))"
    if attestation.on > as_of:
        return f"it is dated {attestation.on}, after the day of the assessment"
    if attestation.review_by < as_of:
        return f"its review was due on {attestation.review_by}"
    if attestation.review_by < attestation.on:
        return "its review date lies before its own date"
    if attestation.approver is not None and same_person(attestation.by, attestation.approver):
        return f"{attestation.approver} approved what he or she states"
    if attestation.says == "not-satisfied":
        return None  # an admission needs nothing to show it
    if not attestation.artifacts:
        return "it points at no artifact"
    artifacts = _artifacts_fault(attestation.artifacts)
    return artifacts or _inheritance_fault(attestation.inherited, statements.services, level)


def _inheritance_fault(
    inherited: Inherited | None, services: Mapping[str, Service], level: int
) -> str | None:
    """Why a provider cannot be relied on, or null.

    Only a cloud that handles CUI needs an authorization of its own (services.Service.fault).
    """
    if inherited is None:
        return None
    service = services.get(inherited.service) if inherited.service is not None else None
    if service is None and inherited.service is not None:
        return f"the scope names no external service {inherited.service}"
    if service is not None and service.authorization != inherited.authorization:
        return (
            f"it claims {inherited.authorization} for {service.id}, "
            f"the scope says {service.authorization}"
        )
    needs = service is None or (service.cloud and "cui" in service.handles)
    if level < 2 or not needs or inherited.authorization in SUITABLE_FOR_CUI:
        return None
    fault = (
        f"{inherited.provider} is relied on with the authorization {inherited.authorization}; a "
        f"cloud that handles CUI needs FedRAMP Moderate or an equivalent ({CITE[level]})"
    )
    if service is not None:
        return fault
    return f"{fault}; if it is no cloud or handles none, name it under external_services"


def exception_fault(exemption: Exemption, as_of: str) -> str | None:
    """Why an exception does not count on that day, or null.

    An accepted risk is judged as ISO/IEC 27001 would; that it never counts for CMMC is said by
    `cmmc_fault`.
    """
    if exemption.proposed:
        return "it is a stub that nobody has confirmed yet"
    if exemption.approved > as_of:
        return f"it was approved on {exemption.approved}, after the day of the assessment"
    if exemption.expires < as_of:
        return f"it expired on {exemption.expires}"
    if same_person(exemption.owner, exemption.approver):
        return f"{exemption.approver} approved an exception of his or her own"
    return _artifacts_fault(exemption.artifacts) or _KINDS[exemption.kind](exemption, as_of)


def cmmc_fault(exemption: Exemption, as_of: str) -> str | None:
    """Why an exception does not count for CMMC on that day, or null."""
    if exemption.kind == "risk-accepted":
        return RISK_ACCEPTED
    if SSP in exemption.practices or any(o.startswith(_OF_SSP) for o in exemption.objectives):
        return NO_EXCEPTION_FOR_SSP
    return exception_fault(exemption, as_of)


def _enduring(exemption: Exemption, as_of: str) -> str | None:
    del as_of
    if exemption.ssp is None:
        return (
            "an enduring exception has to be described in the SSP; name its file under ssp "
            "(32 CFR 170.4(b), 170.24(b)(1)(i))"
        )
    if exemption.mitigations is None:
        return "it says nothing of mitigations (32 CFR 170.24(b)(1)(i)); write `none` if so"
    if not exemption.assets and not exemption.selective:
        return "it does not say which asset it is about"
    return _artifacts_fault((exemption.ssp,))


def _temporary(exemption: Exemption, as_of: str) -> str | None:
    plan = exemption.plan_of_action
    if plan is None:
        return (
            "a temporary deficiency has to stand in the operational plan of action; name its "
            "file under plan_of_action (32 CFR 170.4(b), 170.24(b)(1)(ii))"
        )
    if exemption.arose is None or (exemption.implemented is None and not exemption.rollout):
        return "it has to say when the requirement was implemented and when the deficiency arose"
    if exemption.rollout:
        named = (*exemption.subjects, *exemption.fingerprints)
        if not named or "*" in named:
            return (
                "during a roll-out a temporary deficiency is one of a very limited subset of "
                "equipment (32 CFR 170.4(b)); name it under subjects or fingerprints"
            )
    elif exemption.implemented is not None and exemption.arose <= exemption.implemented:
        return (
            "a temporary deficiency arises after implementation; an implementation in progress "
            "is not one (32 CFR 170.4(b)). While it is rolled out, write rollout: true and name "
            "the equipment"
        )
    if exemption.arose > as_of:
        return f"it arose on {exemption.arose}, after the day of the assessment"
    if not exemption.assets and not exemption.selective:
        return "it does not say which asset it is about"
    reviewed = exemption.reviewed or exemption.approved
    if reviewed > as_of:
        return f"its review is dated {reviewed}, after the day of the assessment"
    if days_between(reviewed, as_of) > REVIEW_DAYS:
        return f"its last deficiency review, on {reviewed}, is more than a year old"
    return _artifacts_fault((plan,))


def _not_applicable(exemption: Exemption, as_of: str) -> str | None:
    del as_of
    if exemption.partial:
        return "not applicable is said of objectives or practices, not of single findings or assets"
    return None


def _adjudicated(exemption: Exemption, as_of: str) -> str | None:
    del as_of
    if exemption.adjudication is None:
        return "it needs the DoD CIO's memorandum under adjudication (32 CFR 170.24(c)(2)(i)(B)(8))"
    if exemption.ssp is None:
        return "the adjudication has to be recorded in the SSP; name its file under ssp"
    if exemption.environment_unchanged is not True:
        return (
            "an adjudication holds only while the environment has not changed; "
            "state environment_unchanged: true"
        )
    return _artifacts_fault((exemption.adjudication, exemption.ssp))


def _accepted(exemption: Exemption, as_of: str) -> str | None:
    del exemption, as_of
    return None


_KINDS = {
    "enduring-exception": _enduring,
    "temporary-deficiency": _temporary,
    "not-applicable": _not_applicable,
    "dod-cio-adjudication": _adjudicated,
    "risk-accepted": _accepted,
}


def _artifacts_fault(artifacts: tuple[Artifact, ...]) -> str | None:
    return next((a.fault for a in artifacts if a.fault is not None), None)


def same_person(one: str, other: str) -> bool:
    """Whether two entries name the same person: by address, or by name however it is spaced."""
    return bool(_marks(one) & _marks(other))


def _marks(text: str) -> set[str]:
    folded = text.casefold()
    addresses = set(re.findall(r"[^\s<>()\[\],;]+@[^\s<>()\[\],;]+", folded))
    for address in addresses:
        folded = folded.replace(address, " ")
    text = re.sub(r"[(\[].*?[)\]]", " ", folded)
    # "Reyes, Dana" is a name; what stands behind the comma of "Dana Reyes, CISO" is a title
    names = [text, text.split(",")[0]] if "," in text else [text]
    words = [sorted(re.findall(r"\w+", name)) for name in names]
    return addresses | {" ".join(w) for w in words if len(w) > 1 or (w and len(names) == 1)}


def days_between(earlier: str, later: str) -> int:
    """Whole days from one day to another, both as year-month-day."""
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
