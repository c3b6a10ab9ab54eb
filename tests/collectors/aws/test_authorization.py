"""Users and roles with their rights, from the one bulk listing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from scanner.collectors.aws.holders import Details, Holder
from scanner.collectors.aws.rights import NONE
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

ME = "123456789012"


def _allow(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _trust(principal: Any, condition: Any = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition is not None:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_users_hold_what_their_groups_hold(empty: Emulator, client: Any, read: Any) -> None:
    iam = client("iam")
    plain = iam.create_user(UserName="plain")["User"]["Arn"]
    boss = iam.create_user(UserName="boss", Tags=[{"Key": "Owner", "Value": "Ann"}])["User"]["Arn"]
    iam.create_group(GroupName="admins")
    made = iam.create_policy(PolicyName="all", PolicyDocument=_allow("*"))
    iam.attach_group_policy(GroupName="admins", PolicyArn=made["Policy"]["Arn"])
    iam.add_user_to_group(GroupName="admins", UserName="boss")

    accounts = read("user-rights")
    assert accounts[plain].privileged is False
    assert accounts[boss].privileged is True
    assert accounts[boss].owner == "Ann"

    grants = read("role-grants")
    assert "admin" in grants[f"{boss}#rights"].action_class
    assert grants[f"{boss}#rights"].role == "admins"
    assert grants[f"{plain}#rights"].action_class == ()


def test_roles_by_whom_they_trust(empty: Emulator, client: Any, read: Any) -> None:
    iam = client("iam")

    def role(name: str, trust: str, action: str = "iam:*") -> str:
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=_allow(action))
        return str(arn)

    other = "arn:aws-us-gov:iam::210987654321:root"
    outer = role("outer", _trust({"AWS": other}))
    own = role("own", _trust({"AWS": f"arn:aws-us-gov:iam::{ME}:root"}))
    open_ = role("open", _trust({"AWS": "*"}), "s3:List*")
    service = role("service", _trust({"Service": "ec2.amazonaws.com"}), "s3:List*")
    guarded = role(
        "guarded",
        _trust({"AWS": other}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    )
    found = read("role-grants")

    assert found[f"{outer}#{other}"].external is True
    assert found[f"{outer}#{other}"].mfa_condition is False
    assert found[f"{guarded}#{other}"].mfa_condition is True
    assert found[f"{own}#arn:aws-us-gov:iam::{ME}:root"].external is False
    assert found[f"{open_}#*"].principal_kind == "anybody"
    assert found[f"{open_}#*"].external is True
    assert found[f"{service}#ec2.amazonaws.com"].principal_kind == "service"
    assert found[f"{service}#ec2.amazonaws.com"].external is False
    assert found[f"{service}#ec2.amazonaws.com"].last_used_days is None


def test_an_attached_policy_that_is_not_in_the_answer_leaves_rights_unread() -> None:
    gone = "arn:aws-us-gov:iam::123456789012:policy/gone"
    holder = Holder("arn", "u", "/", NONE, (gone,), (), None, None, None, {})

    assert Details([holder], {}, [], {}).of(holder) == (NONE, gone)
    # AWS names its own administrator policy the same everywhere.
    full = replace(holder, attached=("arn:aws-us-gov:iam::aws:policy/AdministratorAccess",))
    rights, missing = Details([full], {}, [], {}).of(full)
    assert rights.privileged
    assert missing is None


def test_root_is_privileged(empty: Emulator, read: Any) -> None:
    (root,) = [a for a in read("accounts").values() if a.category == "root"]
    assert root.privileged is True
    assert root.password_change_required is UNSET


def test_one_listing_serves_users_and_grants(empty: Emulator, read_again: Any) -> None:
    read_again("user-rights")
    read_again("role-grants")
    assert empty.calls.count("iam:GetAccountAuthorizationDetails") == 1
