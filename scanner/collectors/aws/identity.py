"""IAM: accounts, their credentials and the password policy, all in bulk."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanner.collectors.aws.authorization import key_works_alone
from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.times import days_since, moment, utc_text
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.identity import Account, Credential, Policy

_ROOT = "<root_account>"
_REPORT_CALLS = {
    "iam:GenerateCredentialReport": "iam:GenerateCredentialReport",
    "iam:GetCredentialReport": "iam:GetCredentialReport",
}
_WAITS = 20
_WAIT_SECONDS = 1.0
_DEFAULT_LENGTH = 8
_DEFAULT_CLASSES = 3
_NOT_YET = ("ReportInProgress", "ReportNotPresent", "ReportExpired")


@dataclass(frozen=True)
class _Report:
    rows: list[dict[str, str]]
    made_at: str
    """UTC; ages are counted to it, since AWS keeps one report for up to four hours."""


def _report(aws: Aws) -> _Report:
    return aws.shared("credential-report", lambda: _read_report(aws))


def _read_report(aws: Aws) -> _Report:
    for _ in range(_WAITS):
        state = aws.call("iam:GenerateCredentialReport").get("State")
        if state == "COMPLETE":
            break
        time.sleep(_WAIT_SECONDS)
    answer = aws.maybe("iam:GetCredentialReport", *_NOT_YET)
    if answer is None:
        raise Refused(
            "timeout", "iam:GetCredentialReport", f"the report was not ready in {_WAITS} seconds"
        )
    rows = list(csv.DictReader(io.StringIO(answer["Content"].decode())))
    if rows and not {"user", "arn", "mfa_active"} <= rows[0].keys():
        raise Refused("broken", "iam:GetCredentialReport", "the report lacks known columns")
    made = answer.get("GeneratedTime")
    return _Report(rows, utc_text(made) if isinstance(made, datetime) else aws.now())


def _flag(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _age(text: str, made_at: str) -> int | None:
    """Days since a time of the report; None for its words for "never"."""
    if text in ("", "N/A", "no_information", "not_supported"):
        return None
    return days_since(moment(text), made_at)


@source(
    Account,
    fields=[
        "category",
        "enabled",
        "privileged",
        "created_days",
        "last_used_days",
        "password_enabled",
        "password_used",
        "password_age_days",
        "mfa_registered",
        "mfa_enforced",
        "mfa_open",
    ],
    calls={**_REPORT_CALLS, "iam:GetAccountSummary": "iam:GetAccountSummary"},
)
def accounts(aws: Aws) -> Iterator[Account | Partial]:
    """IAM users and the root user, from the credential report and the account summary.

    A user with a console password is taken for a person; one without signs in with keys only and
    is a service.
    """
    report = _report(aws)
    where = {**aws.here("iam:GetCredentialReport"), "observed_at": report.made_at, "region": None}
    seen_root = False
    for row in report.rows:
        if row["user"] == _ROOT:
            seen_root = True
            yield _root(aws, where, row, report.made_at)
        else:
            yield _user(where, row, report.made_at)
    if not seen_root:
        yield _root(aws, where, None, report.made_at)


_PASSWORD_ALONE = "the console takes the password alone"
_KEY_ALONE = "an access key takes no second factor"


def _keys_active(row: dict[str, str]) -> bool:
    return any(_flag(row.get(f"access_key_{n}_active", "")) is True for n in (1, 2))


@accounts.detail(
    fields=["mfa_enforced", "mfa_open"],
    calls={
        **_REPORT_CALLS,
        "iam:GetAccountAuthorizationDetails": "iam:GetAccountAuthorizationDetails",
    },
)
def second_factor(aws: Aws, account: Account) -> dict[str, object]:
    """Which of a person's sign-ins go without a second factor.

    The console asks for the device that is registered. A request signed with an access key carries
    none, unless a policy in force for the user denies what comes without.
    """
    if account.category != "human":
        return {}
    found = [] if account.mfa_registered else [_PASSWORD_ALONE]
    keyed = aws.shared("keyed", lambda: {r["arn"] for r in _report(aws).rows if _keys_active(r)})
    if account.subject in keyed:
        try:
            if key_works_alone(aws, account.subject):
                found.append(_KEY_ALONE)
        except Refused:
            if not found:
                raise
    return {"mfa_enforced": not found, "mfa_open": tuple(found) or None}


def _user(where: dict[str, Any], row: dict[str, str], made_at: str) -> Account:
    password = _flag(row["password_enabled"]) is True
    registered = _flag(row["mfa_active"]) is True
    certificates = any(_flag(row.get(f"cert_{n}_active", "")) is True for n in (1, 2))
    used = [
        age
        for column in ("password_last_used", *(f"access_key_{n}_last_used_date" for n in (1, 2)))
        if (age := _age(row.get(column, ""), made_at)) is not None
    ]
    facts: dict[str, Any] = {}
    if password:
        facts["password_used"] = _age(row.get("password_last_used", ""), made_at) is not None
    return Account(
        **where,
        subject=row["arn"],
        name=row["user"],
        category="human" if password else "service",
        enabled=password or _keys_active(row) or certificates,
        created_days=_age(row.get("user_creation_time", ""), made_at),
        last_used_days=min(used, default=None),
        password_enabled=password,
        password_age_days=_age(row.get("password_last_changed", ""), made_at),
        mfa_registered=registered,
        **facts,
    )


@accounts.detail(fields=["password_change_required"], calls=["iam:GetLoginProfile"])
def first_password(aws: Aws, account: Account) -> dict[str, object]:
    """Asked only for users who have a password and have never signed in with it."""
    if account.category == "root" or account.password_used is not False:
        return {}
    answer = aws.maybe("iam:GetLoginProfile", "NoSuchEntity", UserName=account.name)
    if answer is None:
        # The password was taken away after the report was made.
        return {}
    # Absent where the profile was made before the flag existed: then it is off.
    return {"password_change_required": answer["LoginProfile"].get("PasswordResetRequired", False)}


def _root(
    aws: Aws, where: dict[str, Any], row: dict[str, str] | None, made_at: str
) -> Account | Partial:
    facts: dict[str, Any] = {}
    refused: dict[str, Refused] = {}
    registered: bool | None = None
    if row is not None:
        registered = _flag(row["mfa_active"]) is True
        used = [
            age
            for column in (
                "password_last_used",
                *(f"access_key_{n}_last_used_date" for n in (1, 2)),
            )
            if (age := _age(row.get(column, ""), made_at)) is not None
        ]
        facts["created_days"] = _age(row.get("user_creation_time", ""), made_at)
        facts["last_used_days"] = min(used, default=None)
    try:
        summary = aws.call("iam:GetAccountSummary")["SummaryMap"]
    except Refused as error:
        refused = {"enabled": error, "password_enabled": error}
        if registered is None:
            refused["mfa_registered"] = error
        if registered is False:
            facts |= {"mfa_enforced": False, "mfa_open": (_PASSWORD_ALONE,)}
        else:
            refused |= {"mfa_enforced": error, "mfa_open": error}
    else:
        if registered is None:
            registered = summary.get("AccountMFAEnabled") == 1
        # Absent in partitions that do not know central root access: then root has its password.
        password = summary.get("AccountPasswordPresent", 1) == 1
        keys = summary.get("AccountAccessKeysPresent", 0) != 0
        facts["password_enabled"] = password
        facts["enabled"] = password or keys
        open_ = [] if registered else [_PASSWORD_ALONE]
        open_ += [_KEY_ALONE] if keys else []
        facts |= {"mfa_enforced": not open_, "mfa_open": tuple(open_) or None}
    if registered is not None:
        facts["mfa_registered"] = registered
    root = Account(
        **where,
        privileged=True,
        subject=row["arn"] if row is not None else f"arn:{aws.partition}:iam::{aws.account}:root",
        name="root user",
        category="root",
        **facts,
    )
    return Partial(root, refused) if refused else root


@source(
    Credential,
    fields=["account", "kind_of_secret", "active", "last_used_days", "rotated_days", "root"],
    calls=_REPORT_CALLS,
)
def credentials(aws: Aws) -> Iterator[Credential]:
    """Passwords, access keys and signing certificates that IAM users and root have."""
    report = _report(aws)
    where = {**aws.here("iam:GetCredentialReport"), "observed_at": report.made_at, "region": None}
    at = report.made_at
    for row in report.rows:
        root = row["user"] == _ROOT
        common = {**where, "account": row["arn"], "root": root}
        owner = "root user" if root else row["user"]
        if _flag(row["password_enabled"]) is True:
            yield Credential(
                **common,
                subject=f"{row['arn']}#password",
                name=f"password of {owner}",
                kind_of_secret="password",
                active=True,
                last_used_days=_age(row.get("password_last_used", ""), at),
                rotated_days=_age(row.get("password_last_changed", ""), at),
            )
        for n in (1, 2):
            rotated = _age(row.get(f"access_key_{n}_last_rotated", ""), at)
            active = _flag(row.get(f"access_key_{n}_active", "")) is True
            if active or rotated is not None:
                yield Credential(
                    **common,
                    subject=f"{row['arn']}#access-key-{n}",
                    name=f"access key {n} of {owner}",
                    kind_of_secret="access-key",
                    active=active,
                    last_used_days=_age(row.get(f"access_key_{n}_last_used_date", ""), at),
                    rotated_days=rotated,
                )
            rotated = _age(row.get(f"cert_{n}_last_rotated", ""), at)
            active = _flag(row.get(f"cert_{n}_active", "")) is True
            if active or rotated is not None:
                yield Credential(
                    **common,
                    subject=f"{row['arn']}#certificate-{n}",
                    name=f"signing certificate {n} of {owner}",
                    kind_of_secret="certificate",
                    active=active,
                    rotated_days=rotated,
                )


@source(
    Policy,
    fields=["min_length", "char_classes", "history", "max_age_days"],
    calls=["iam:GetAccountPasswordPolicy"],
)
def password_policy(aws: Aws) -> Iterator[Policy]:
    """The password rules for IAM users.

    An account without a policy of its own has AWS's default: eight characters of three classes,
    none remembered, no end (IAM user guide, "Default password policy").
    """
    answer = aws.maybe("iam:GetAccountPasswordPolicy", "NoSuchEntity")
    here = {**aws.here("iam:GetAccountPasswordPolicy"), "region": None}
    subject, name = f"{aws.account}/password-policy", "IAM password policy"
    if answer is None:
        yield Policy(
            **here,
            subject=subject,
            name=name,
            min_length=_DEFAULT_LENGTH,
            char_classes=_DEFAULT_CLASSES,
            history=None,
            max_age_days=None,
        )
        return
    policy = answer["PasswordPolicy"]
    classes = ("Symbols", "Numbers", "UppercaseCharacters", "LowercaseCharacters")
    yield Policy(
        **here,
        subject=subject,
        name=name,
        min_length=policy["MinimumPasswordLength"],
        char_classes=sum(policy[f"Require{each}"] is True for each in classes),
        history=policy.get("PasswordReusePrevention") or None,
        max_age_days=policy.get("MaxPasswordAge") or None,
    )
