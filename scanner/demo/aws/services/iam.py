"""IAM: the credential report with root and with ages, and central root access.

Tables, both global: iam.credential_report (user name or `<root_account>`: columns of the report;
`<column>_days` is an age from today), iam.organizations_features (feature name).
"""

from __future__ import annotations

import csv
import datetime
import io
from typing import Any

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.records import now
from scanner.demo.aws.registry import Call, Output, ours, overlay

ROOT = "<root_account>"
_TABLE = "iam.credential_report"
_FEATURES = "iam.organizations_features"
_ROOT_DEFAULTS = {
    "user_creation_time_days": 2200,
    "password_enabled": "not_supported",
    "password_last_used": "no_information",
    "password_last_changed": "not_supported",
    "password_next_rotation": "not_supported",
    "mfa_active": "false",
}
_KEY_COLUMNS = tuple(
    f"access_key_{number}_{column}"
    for number in (1, 2)
    for column in ("last_rotated", "last_used_date", "last_used_region", "last_used_service")
)


def _columns(record: dict[str, Any]) -> dict[str, str]:
    """A record's columns as the report writes them."""
    found = {}
    for column, value in record.items():
        if column.endswith("_days"):
            at = now() - datetime.timedelta(days=value)
            found[column.removesuffix("_days")] = at.isoformat()
        else:
            found[column] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def _root(call: Call) -> dict[str, str]:
    record = _ROOT_DEFAULTS | call.global_table(_TABLE).get(ROOT, {})
    return {"user": ROOT, "arn": f"arn:{call.partition}:iam::{call.account}:root"} | _columns(
        record
    )


@overlay("iam:GetCredentialReport", "moto has no <root_account> row, and everything happened today")
def get_credential_report(call: Call, output: Output) -> Output:
    rows = list(csv.DictReader(io.StringIO(output["Content"].decode())))
    records = call.global_table(_TABLE)
    columns = output["Content"].decode().splitlines()[0].split(",")
    root = dict.fromkeys(columns, "N/A")
    for column in columns:
        if column.endswith("_active"):
            root[column] = "false"
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerow(root | _root(call))
    for row in rows:
        for column in _KEY_COLUMNS:
            if row[column] in {"not_supported", "no_information"}:
                row[column] = "N/A"
        if row["password_enabled"] != "true":
            for column in ("password_last_used", "password_last_changed", "password_next_rotation"):
                row[column] = "N/A"
        writer.writerow(row | _columns(records.get(row["user"], {})))
    content = written.getvalue().rstrip("\n").encode()
    return output | {"Content": content, "GeneratedTime": now()}


@overlay("iam:ListUsers", "moto pages not, and everything happened today")
def list_users(call: Call, output: Output) -> Output:
    records = call.global_table(_TABLE)
    for user in output["Users"]:
        record = records.get(user["UserName"], {})
        for member, column in (
            ("CreateDate", "user_creation_time_days"),
            ("PasswordLastUsed", "password_last_used_days"),
        ):
            if column in record:
                user[member] = now() - datetime.timedelta(days=record[column])
    return output


@overlay(
    "iam:GetAccountSummary", "root's second factor and keys are those of the report's root row"
)
def get_account_summary(call: Call, output: Output) -> Output:
    root = _root(call)
    keys = sum(root.get(f"access_key_{n}_active") == "true" for n in (1, 2))
    output["SummaryMap"] |= {
        "AccountMFAEnabled": int(root["mfa_active"] == "true"),
        "AccountAccessKeysPresent": keys,
    }
    return output


@ours("iam:ListOrganizationsFeatures")
def list_organizations_features(call: Call) -> Output:
    features = sorted(call.global_table(_FEATURES))
    if not features:
        raise Refusal(
            "ServiceAccessNotEnabled",
            "Trusted access for IAM in AWS Organizations is not enabled.",
        )
    return {"OrganizationId": "o-exampleorg1", "EnabledFeatures": features}


@ours("iam:EnableOrganizationsRootCredentialsManagement")
def enable_root_credentials_management(call: Call) -> Output:
    call.global_table(_FEATURES)["RootCredentialsManagement"] = True
    return list_organizations_features(call)
