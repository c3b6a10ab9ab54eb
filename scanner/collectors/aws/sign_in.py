"""What it means that credentials cannot be had: the reason, and what whoever runs the scan mends.

Credentials are fetched and renewed while a request is being signed, by files, programs and
services of botocore's chain. None of their failures is about the operation that was to be sent.
"""

from __future__ import annotations

import os
from typing import Any

from scanner.collectors.aws.errors import code_of, refusal
from scanner.collectors.base import Refused

_PASSES = frozenset({"throttled", "timeout", "unreachable"})
"""Reasons that say nothing against the credentials: the next try may have them."""
_TOKEN_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE"
_BY_PERSON = frozenset({"SSOError", "LoginError", "TokenRetrievalError"})
"""Exceptions about the sign-in of a person, by name: older botocore does not have all of them."""
_TOO_OLD = frozenset({"ExpiredToken", "ExpiredTokenException"})


class Unsigned(Exception):
    """No credentials for a request; `cause` is what fetching them raised."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
        super().__init__(str(cause))


def unsigned(error: Exception, operation: str) -> Refused:
    """The refusal of an operation that could not be signed.

    error: what was raised while credentials were fetched, by botocore, the system or a parser.
    """
    from botocore import exceptions as b

    if isinstance(error, b.ClientError | b.BotoCoreError):
        meant = refusal(error, operation, None)
        if meant.reason in _PASSES:
            detail = f"credentials could not be fetched; {meant.detail}"
            return Refused(meant.reason, operation, detail)
    return Refused("credentials", operation, _to_mend(error), fatal=True)


def _to_mend(error: Exception) -> str:
    from botocore import exceptions as b

    if isinstance(error, b.ClientError):
        return _exchange(error)
    if isinstance(error, OSError) and error.filename is not None:
        return _file(str(error.filename), (error.strerror or str(error)).lower())
    if isinstance(error, b.NoCredentialsError):
        return (
            f"{error}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in the"
            " target, or run where a role is given"
        )
    if isinstance(error, b.PartialCredentialsError):
        return f"{error}; set what is missing, or unset the rest"
    if isinstance(error, b.NoRegionError):
        return f"{error} Set AWS_REGION to where the role's token is exchanged"
    if not _BY_PERSON.isdisjoint(each.__name__ for each in type(error).__mro__):
        return f"sign in again with the AWS command line and the target's profile; {error}"
    if isinstance(error, b.InvalidConfigError | b.ConfigParseError | b.ProfileNotFound):
        return f"correct the profile in AWS's configuration file; {error}"
    return f"correct the environment or profile that gives them; {type(error).__name__}: {error}"


def _file(name: str, fault: str) -> str:
    if name == os.environ.get(_TOKEN_FILE):
        return (
            f"{_TOKEN_FILE}: {name}: {fault}; write the run's identity token there, or unset"
            " the variable to sign in another way"
        )
    return (
        f"{name}: {fault}; correct what names it: web_identity_token_file or credential_process"
        " of the profile, or a variable"
    )


def _exchange(error: Any) -> str:
    """A service that gives credentials gave none: mostly a token that a role does not accept."""
    code = code_of(error)
    # STS quotes a malformed parameter in its message, and the parameter is a token.
    words = "" if code == "ValidationError" else error.response.get("Error", {}).get("Message", "")
    told = ": ".join(filter(None, (error.operation_name, code, words)))
    if code in _TOO_OLD:
        return f"fetch a new token for this run; {told}"
    if error.operation_name == "AssumeRoleWithWebIdentity":
        return (
            "compare the token's issuer, audience and subject with the trust policy of the role"
            f" that AWS_ROLE_ARN names; {told}"
        )
    return f"look at the trust policy of the role, and at who may assume it; {told}"
