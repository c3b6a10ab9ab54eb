"""IAM accounts, credentials and the password policy."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.base import Refused
from scanner.demo.aws import Emulator
from scanner.facts import UNSET


def _user(client: Any, name: str, *, password: bool = True, mfa: bool = False) -> str:
    iam = client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if password:
        iam.create_login_profile(UserName=name, Password="Example-Pass-1")
    if mfa:
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=serial["SerialNumber"],
            AuthenticationCode1="123456",
            AuthenticationCode2="123457",
        )
    return str(arn)


def test_a_console_user_without_a_device_signs_in_without_a_second_factor(
    empty: Emulator, client: Any, read: Any
) -> None:
    bare = _user(client, "bare")
    guarded = _user(client, "guarded", mfa=True)
    robot = _user(client, "robot", password=False)
    client("iam").create_access_key(UserName="robot")

    found = read("accounts")

    assert (found[bare].category, found[bare].mfa_enforced) == ("human", False)
    assert (found[guarded].mfa_registered, found[guarded].mfa_enforced) == (True, True)
    # Without a password there is no sign-in that a factor could be asked at.
    assert found[robot].category == "service"
    assert found[robot].mfa_enforced is UNSET
    assert found[robot].enabled is True


def test_the_root_row_is_read_with_its_own_meaning(empty: Emulator, read: Any) -> None:
    empty.put(
        "iam.credential_report",
        "<root_account>",
        {"mfa_active": True, "password_last_used_days": 3},
        region="global",
    )
    (root,) = [a for a in read("accounts").values() if a.category == "root"]

    assert root.enabled is True
    assert root.mfa_enforced is True
    assert root.last_used_days == 3
    assert ":root" in root.subject


def test_root_without_the_summary_keeps_what_the_report_says(empty: Emulator, read: Any) -> None:
    with empty.faults.injected(on="iam:GetAccountSummary", effect="denied"):
        (root,) = [a for a in read("accounts").values() if a.category == "root"]

    assert root.mfa_enforced is False
    assert root.enabled is UNSET
    assert root.unread == {"enabled": "denied", "password_enabled": "denied"}


def test_a_refused_report_is_a_refusal_and_no_empty_list(empty: Emulator, read: Any) -> None:
    denied = empty.faults.injected(on="iam:GetCredentialReport", effect="denied")
    with denied, pytest.raises(Refused) as refused:
        read("accounts")

    assert refused.value.reason == "denied"
    assert refused.value.permission == "iam:GetCredentialReport"


def test_ages_of_keys_are_whole_days(empty: Emulator, client: Any, read: Any) -> None:
    arn = _user(client, "old", password=False)
    client("iam").create_access_key(UserName="old")
    empty.put(
        "iam.credential_report",
        "old",
        {
            "access_key_1_active": True,
            "access_key_1_last_rotated_days": 400,
            "access_key_1_last_used_date_days": 120,
        },
        region="global",
    )
    key = read("credentials")[f"{arn}#access-key-1"]

    assert (key.rotated_days, key.last_used_days, key.active) == (400, 120, True)
    assert key.account == arn


def test_one_report_serves_accounts_and_credentials(empty: Emulator, read_again: Any) -> None:
    read_again("accounts")
    read_again("credentials")

    assert empty.calls.count("iam:GetCredentialReport") == 1


def test_an_account_without_a_policy_of_its_own_has_the_default(
    empty: Emulator, client: Any, read: Any
) -> None:
    (default,) = read("password-policy").values()
    assert (default.min_length, default.char_classes, default.history) == (8, 3, None)

    client("iam").update_account_password_policy(
        MinimumPasswordLength=16, RequireNumbers=True, PasswordReusePrevention=24, MaxPasswordAge=60
    )
    (own,) = read("password-policy").values()
    assert (own.min_length, own.char_classes, own.history, own.max_age_days) == (16, 1, 24, 60)
