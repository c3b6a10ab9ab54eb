"""What sign-ins may be made to meet: a second factor, a managed device, terms of use."""

from __future__ import annotations

from dataclasses import dataclass

MODERN = ("browser", "mobileAppsAndDesktopClients")
LEGACY = ("exchangeActiveSync", "other")
RISKS = ("none", "low", "medium", "high")


@dataclass(frozen=True)
class Requirement:
    """Something that sign-ins may be made to meet, and over which sign-ins it is asked."""

    name: str
    controls: frozenset[str]
    """Grant controls that imply it; `strength:mfa` and `strength:phishing-resistant` are kinds of
    authentication strength. A block implies everything."""
    clients: tuple[str, ...] = (*MODERN, *LEGACY)
    unmanaged_devices_only: bool = False
    user_risk: tuple[str, ...] = RISKS
    sign_in_risk: tuple[str, ...] = RISKS


MFA = Requirement("mfa", frozenset({"mfa", "strength:mfa", "strength:phishing-resistant"}))
PHISHING_RESISTANT = Requirement("phishing-resistant", frozenset({"strength:phishing-resistant"}))
LEGACY_BLOCKED = Requirement("legacy", frozenset(), clients=LEGACY)

MANAGED_DEVICE = Requirement(
    "device", frozenset({"compliantdevice", "domainjoineddevice"}), unmanaged_devices_only=True
)

COMPLIANT_DEVICE = Requirement(
    "compliant", frozenset({"compliantdevice"}), unmanaged_devices_only=True
)

TERMS = Requirement("terms", frozenset({"termsofuse"}), clients=MODERN)

RISKY_USER = Requirement(
    "user-risk", frozenset({"passwordchange", "riskremediation"}), user_risk=("high",)
)

RISKY_SIGN_IN = Requirement("sign-in-risk", MFA.controls, sign_in_risk=("high",))
BLOCKED = Requirement("blocked", frozenset())
