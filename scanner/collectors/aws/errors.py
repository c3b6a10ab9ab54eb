"""What an AWS refusal means. One function maps every way a call can fail to a `Refused`."""

from __future__ import annotations

from typing import Any

from scanner.collectors.base import Refused
from scanner.facts.ledger import Reason

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedForDependencyException",
        "AllAccessDisabled",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ForbiddenException",
        "NotAuthorized",
        "OptInRequired",
        "OperationNotPermittedException",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "UnauthorizedOperation",
        "403",
        "Forbidden",
    }
)
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "ThrottlingExceptionException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "429",
    }
)
_EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "TokenRefreshRequired",
    }
)
UNTRUSTED = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotSignedUp",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "InvalidToken",
    }
)
"""Codes for wrong credentials; AWS gives them in regions that an account has not enabled too."""

_ABSENT_HERE = frozenset(
    {
        "UnsupportedOperation",
        "UnsupportedOperationException",
        "UnsupportedFeatureException",
        "OperationNotSupportedException",
        "UnknownOperationException",
    }
)


_PASSING = frozenset(
    {"RequestTimeout", "RequestTimeoutException", "TransientError", "InternalError"}
)
"""Codes of failures that the next try may not meet; beside statuses 500, 502, 503 and 504."""


def is_throttled(code: str, status: int) -> bool:
    """Whether an error answer says no more than "too fast"."""
    return code in _THROTTLED or status == 429


def is_passing(code: str, status: int) -> bool:
    """Whether an error answer is worth another try."""
    return code in _PASSING or status in (500, 502, 503, 504)


def code_of(error: Any) -> str:
    """The service's own code of a ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))


def refusal(error: Exception, operation: str, permission: str | None) -> Refused:
    """What one failed call means.

    error: anything that botocore raises. permission: the IAM action that the call needs; kept only
    where it is what is missing.
    """
    from botocore import exceptions as b

    if isinstance(error, b.ClientError):
        return _answered(error, operation, permission)
    if isinstance(error, b.SSLError):
        hint = "where a proxy inspects TLS, name its certificate authority in ca_bundle"
        return Refused("unreachable", operation, f"{hint}; {error}")
    reason: Reason = "broken"
    if isinstance(error, b.ReadTimeoutError | b.ConnectTimeoutError):
        reason = "timeout"
    elif isinstance(error, b.IncompleteReadError | b.PaginationError):
        reason = "truncated"
    elif isinstance(
        error,
        b.UnknownRegionError
        | b.NoRegionError
        | b.UnknownEndpointError
        | b.EndpointVariantError
        | b.EndpointProviderError
        | b.UnknownServiceError,
    ):
        reason = "not-in-this-cloud"
    elif isinstance(error, b.ConnectionError | b.HTTPClientError):
        reason = "unreachable"
    return Refused(reason, operation, str(error))


def _answered(error: Any, operation: str, permission: str | None) -> Refused:
    code = code_of(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    detail = f"{code}: {message}" if message else code
    if code in _DENIED or "explicit deny in a service control policy" in message:
        return Refused("denied", operation, detail, permission=permission)
    if code in _EXPIRED or "token included in the request is expired" in message.lower():
        return Refused("credentials", operation, detail, fatal=True)
    if code in UNTRUSTED:
        return Refused("credentials", operation, detail, fatal=True)
    if is_throttled(code, status):
        return Refused("throttled", operation, detail)
    if code == "SubscriptionRequiredException":
        return Refused("unlicensed", operation, detail)
    if code in _ABSENT_HERE:
        return Refused("not-in-this-cloud", operation, detail)
    if status == 403:
        return Refused("denied", operation, detail, permission=permission)
    if code in ("", "404") or status == 404:
        detail = f"an answer that names no error of the service (HTTP {status or '?'}) {detail}"
    return Refused("broken", operation, detail.strip())
