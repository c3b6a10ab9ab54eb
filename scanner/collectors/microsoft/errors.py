"""What an answer that is no success means: the gap's reason, from status, code and words."""

from __future__ import annotations

from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.cloud import Cloud
from scanner.facts.ledger import Reason

_UNLICENSED_CODES = frozenset(
    {
        "authentication_requestfromnonpremiumtenantorb2ctenant",
        "aadpremiumlicenserequired",
        "licensenotfound",
        "tenantnotlicensed",
    }
)
_UNLICENSED_WORDS = (
    "premium license",
    "premium licence",
    "does not have a license",
    "doesn't have a license",
    "request not applicable to target tenant",
    "not licensed for this feature",
    "spo license",
)
_NOT_ONBOARDED = frozenset(
    {"subscription not registered", "subscriptionnotregistered", "missingsubscriptionregistration"}
)
"""The service answers that it was never switched on for this subscription."""
_ABSENT_SEGMENT = ("resource not found for the segment", "no http resource was found")


def code_and_words(body: Any) -> tuple[str, str]:
    """The error's code and message, from Graph's and ARM's common error shape."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or ""), str(error.get("message") or "")


def refusal(
    status: int, body: Any, operation: str, permission: str | None, cloud: Cloud
) -> Refused:
    """The refusal that an answer of this status means.

    permission: what the read needs; kept only where it is what is missing.
    """
    code, words = code_and_words(body)
    detail = f"HTTP {status} {code}: {words}" if code else f"HTTP {status}"
    low = words.lower()
    reason: Reason = "broken"
    fatal = False
    if code.lower() in _UNLICENSED_CODES or any(word in low for word in _UNLICENSED_WORDS):
        reason = "unlicensed"
    elif code.lower() in _NOT_ONBOARDED:
        reason = "not-supported"
    elif status == 401:
        reason, fatal = "credentials", True
    elif status == 403:
        reason = "denied"
    elif status == 429:
        reason = "throttled"
    elif status in (408, 504):
        reason = "timeout"
    elif cloud.national and (status in (405, 501) or any(word in low for word in _ABSENT_SEGMENT)):
        reason = "not-in-this-cloud"
    missing = permission if reason == "denied" else None
    return Refused(reason, operation, detail, permission=missing, fatal=fatal)
