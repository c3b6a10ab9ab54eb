"""Controls of a policy: what it asks for, and how strong an authentication strength is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.collectors.microsoft.values import words

_PHISHING_RESISTANT = frozenset({"windowshelloforbusiness", "fido2", "x509certificatemultifactor"})

_SINGLE_FACTOR = frozenset(
    {"password", "sms", "federatedsinglefactor", "x509certificatesinglefactor", "qrcodepin"}
)


def controls(
    grant: Mapping[str, Any], strengths: Mapping[str, Mapping[str, Any]] | None
) -> Iterable[str]:
    """The controls that a policy asks for, one of them or all; a strength by its grade.

    strengths: authentication strengths by id, for those that are only named; None: not read.
    """
    if not grant:
        return
    builtin = [name.lower() for name in words(grant.get("builtInControls"))]
    others = bool(
        grant.get("authenticationStrength")
        or grant.get("customAuthenticationFactors")
        or grant.get("termsOfUse")
    )
    alone = len(builtin) == 1 and not others
    either = str(grant.get("operator") or "OR").upper() != "AND"
    if "block" in builtin:
        yield "block"
        return
    for name in builtin:
        if name == "approvedapplication":
            # No longer enforced, as if it were not selected: alone it asks for nothing.
            if either and not alone:
                yield "retired"
        elif name in (
            "mfa", "compliantdevice", "domainjoineddevice", "compliantapplication",
            "passwordchange", "riskremediation",
        ):  # fmt: skip
            yield name
        else:
            yield f"unknown:{name}"
    for _ in words(grant.get("customAuthenticationFactors")):
        yield "custom"
    if words(grant.get("termsOfUse")):
        yield "termsofuse"
    strength = grant.get("authenticationStrength")
    if isinstance(strength, Mapping) and strength:
        yield f"strength:{_grade(strength, strengths)}"


def _grade(strength: Mapping[str, Any], strengths: Mapping[str, Mapping[str, Any]] | None) -> str:
    whole: Mapping[str, Any] = strength
    if not whole.get("allowedCombinations"):
        whole = (strengths or {}).get(str(strength.get("id", "")).lower(), {})
    combinations = [c.lower() for c in _combinations(whole.get("allowedCombinations"))]
    if not combinations:
        builtin = str(strength.get("id", "")).lower()
        if strengths is None and builtin == "00000000-0000-0000-0000-000000000004":
            return "phishing-resistant"
        return "unknown"
    parts = [{part.strip() for part in c.split(",")} for c in combinations]
    if all(found & _PHISHING_RESISTANT for found in parts):
        return "phishing-resistant"
    single = any(c in _SINGLE_FACTOR for c in combinations)
    says = str(whole.get("requirementsSatisfied", "")).lower()
    if says == "mfa" and not single:
        return "mfa"
    if says == "none" and single:
        return "single-factor"
    return "unknown"


def _combinations(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else []


def interval_minutes(control: Mapping[str, Any]) -> int | None:
    """Sign-in frequency in minutes; None where none is set."""
    if control.get("isEnabled") is not True:
        return None
    if control.get("frequencyInterval") == "everyTime":
        return 5
    value, unit = control.get("value"), control.get("type")
    if not isinstance(value, int) or unit not in ("hours", "days"):
        return None
    return value * (60 if unit == "hours" else 1440)
