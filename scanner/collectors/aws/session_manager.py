"""Sessions of Session Manager: whether they are recorded, and when they end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import MANAGED_CALLS, managed_machines
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.host import Session
from scanner.facts.network import RemoteAccess

_PREFERENCES = "SSM-SessionManagerRunShell"
_DEFAULT_IDLE = 20
"""Minutes until an idle session ends where nothing is set (Systems Manager user guide)."""

_SESSION_CALLS = {**MANAGED_CALLS, "ssm:GetDocument": "ssm:GetDocument"}


def _session_preferences(aws: Aws) -> dict[str, Any] | None:
    """The inputs of the preferences document; None where no machine can be reached by sessions."""

    def read() -> dict[str, Any] | None:
        if not managed_machines(aws):
            return None
        answer = aws.maybe("ssm:GetDocument", "InvalidDocument", Name=_PREFERENCES)
        if answer is None:
            return {}
        try:
            return dict(json.loads(answer["Content"]).get("inputs") or {})
        except ValueError:
            raise Refused("broken", "ssm:GetDocument", "the preferences are no JSON") from None

    return aws.shared(("session-preferences", aws.region), read)


def _minutes(text: Any) -> int | None:
    return int(text) if text not in (None, "") else None


def _limits(preferences: dict[str, Any]) -> dict[str, Any]:
    return {
        "idle_minutes": _minutes(preferences.get("idleSessionTimeout")) or _DEFAULT_IDLE,
        "max_minutes": _minutes(preferences.get("maxSessionDuration")),
    }


def _session_facts(aws: Aws) -> dict[str, Any]:
    return {
        **aws.here("ssm:GetDocument"),
        "subject": f"{aws.account}/{aws.region}/session-manager",
        "name": f"Session Manager in {aws.region}",
    }


@source(
    RemoteAccess,
    fields=[
        "category",
        "enabled",
        "exposed_directly",
        "encryption",
        "mfa_required",
        "restricted_to",
        "logged",
        "idle_minutes",
        "max_minutes",
    ],
    calls=_SESSION_CALLS,
    always={"category": "session-service"},
    per="region",
)
def session_manager(aws: Aws) -> Iterator[Partial]:
    """Session Manager, where machines answer to it; sessions always run over TLS 1.2 or later."""
    preferences = _session_preferences(aws)
    if preferences is None:
        return
    logged = preferences.get("s3BucketName") or preferences.get("cloudWatchLogGroupName")
    access = RemoteAccess(
        **_session_facts(aws),
        category="session-service",
        enabled=True,
        exposed_directly=False,
        restricted_to=("whoever IAM allows ssm:StartSession",),
        encryption=("TLS", "KMS") if preferences.get("kmsKeyId") else ("TLS",),
        logged=bool(logged),
        **_limits(preferences),
    )
    unsaid = Refused("not-supported", "ssm:GetDocument", "the sign-in to AWS decides on factors")
    yield Partial(access, {"mfa_required": unsaid})


@source(
    Session,
    fields=["session", "idle_minutes", "max_minutes"],
    calls=_SESSION_CALLS,
    always={"session": "session-service"},
    per="region",
)
def session_manager_times(aws: Aws) -> Iterator[Session]:
    """When sessions of Session Manager end by themselves."""
    preferences = _session_preferences(aws)
    if preferences is not None:
        yield Session(
            **_session_facts(aws),
            session="session-service",
            **_limits(preferences),
        )
