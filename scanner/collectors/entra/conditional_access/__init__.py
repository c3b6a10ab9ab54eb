"""Conditional Access: what the union of a tenant's policies enforces for each account."""

from scanner.collectors.entra.conditional_access.context import asks_in_context
from scanner.collectors.entra.conditional_access.judgement import Judgement, Verdict, judge
from scanner.collectors.entra.conditional_access.people import Directory, Kind, Person, closed
from scanner.collectors.entra.conditional_access.requirements import (
    BLOCKED,
    COMPLIANT_DEVICE,
    LEGACY_BLOCKED,
    MANAGED_DEVICE,
    MFA,
    PHISHING_RESISTANT,
    RISKY_SIGN_IN,
    RISKY_USER,
    TERMS,
    Requirement,
)

__all__ = [
    "BLOCKED",
    "COMPLIANT_DEVICE",
    "LEGACY_BLOCKED",
    "MANAGED_DEVICE",
    "MFA",
    "PHISHING_RESISTANT",
    "RISKY_SIGN_IN",
    "RISKY_USER",
    "TERMS",
    "Directory",
    "Judgement",
    "Kind",
    "Person",
    "Requirement",
    "Verdict",
    "asks_in_context",
    "closed",
    "judge",
]
