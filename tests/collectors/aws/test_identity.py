"""IAM accounts, credentials and the password policy."""

from __future__ import annotations

import json
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


_ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
_WITH_FACTOR = {**_ALLOW, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
_UNLESS_FACTOR = {
    "Effect": "Deny",
    "NotAction": ["iam:EnableMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"],
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}
_ONLY_IF_TOLD = {**_UNLESS_FACTOR, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
_SPARES_MORE = {**_UNLESS_FACTOR, "NotAction": ["s3:GetObject"]}


@pytest.mark.parametrize(
    ("statements", "enforced"),
    [
        ([_ALLOW], False),
        ([_ALLOW, _UNLESS_FACTOR], True),
        ([_ALLOW, {**_UNLESS_FACTOR, "Action": "*", "NotAction": []}], True),
        ([_WITH_FACTOR], True),
        ([_WITH_FACTOR, _ALLOW], False),
        ([_ALLOW, _ONLY_IF_TOLD], UNSET),
        ([_ALLOW, _SPARES_MORE], UNSET),
        ([_ALLOW, {**_UNLESS_FACTOR, "Resource": "arn:aws:s3:::one/*"}], UNSET),
    ],
)
def test_a_key_is_a_sign_in_without_a_second_factor_unless_a_policy_asks_for_one(
    empty: Emulator, client: Any, read: Any, statements: list[Any], enforced: Any
) -> None:
    who = _user(client, "guarded", mfa=True)
    client("iam").create_access_key(UserName="guarded")
    document = [{k: v for k, v in each.items() if v != []} for each in statements]
    policy = json.dumps({"Version": "2012-10-17", "Statement": document})
    client("iam").put_user_policy(UserName="guarded", PolicyName="own", PolicyDocument=policy)

    found = read("accounts")[who]

    assert found.mfa_registered is True
    assert found.mfa_enforced is enforced
    if enforced is False:
        assert found.mfa_open == ("an access key takes no second factor",)
    assert set(found.unread) == ({"mfa_enforced", "mfa_open"} if enforced is UNSET else set())


def test_a_key_is_judged_by_what_the_users_groups_and_boundary_say(
    empty: Emulator, client: Any, read: Any
) -> None:
    iam = client("iam")
    who = _user(client, "guarded", mfa=True)
    iam.create_access_key(UserName="guarded")
    text = json.dumps({"Version": "2012-10-17", "Statement": [_ALLOW, _UNLESS_FACTOR]})
    iam.create_group(GroupName="all")
    iam.put_group_policy(GroupName="all", PolicyName="own", PolicyDocument=text)
    iam.add_user_to_group(GroupName="all", UserName="guarded")
    assert read("accounts")[who].mfa_enforced is True


def test_a_key_without_the_policies_is_not_judged(empty: Emulator, client: Any, read: Any) -> None:
    keyed = _user(client, "keyed", mfa=True)
    bare = _user(client, "bare")
    free = _user(client, "free", mfa=True)
    for name in ("keyed", "bare"):
        client("iam").create_access_key(UserName=name)
    with empty.faults.injected(on="iam:GetAccountAuthorizationDetails", effect="denied"):
        found = read("accounts")
    assert found[keyed].unread == {"mfa_enforced": "denied", "mfa_open": "denied"}
    assert found[bare].mfa_enforced is False, "the password is enough to know"
    assert found[free].mfa_enforced is True, "no key is active"


def test_the_root_users_key_takes_no_second_factor(empty: Emulator, read: Any) -> None:
    row = {"mfa_active": True, "access_key_1_active": True}
    empty.put("iam.credential_report", "<root_account>", row, region="global")
    (root,) = [a for a in read("accounts").values() if a.category == "root"]
    assert root.mfa_enforced is False
    assert root.mfa_open == ("an access key takes no second factor",)


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
