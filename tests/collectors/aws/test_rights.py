"""What policies let somebody do, and what resource policies let in."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.aws.grants import outside, refuses_plaintext
from scanner.collectors.aws.rights import NONE, rights_of

ME = "123456789012"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("document", "classes"),
    [
        (policy(), ()),
        (policy(allow("*")), ("admin", "audit", "change", "data", "iam", "keys", "network")),
        (policy(allow("s3:GetObject", "arn:aws:s3:::one/*")), ()),
        (policy(allow("s3:Get*")), ("data",)),
        (policy(allow("iam:Attach*")), ("iam",)),
        (policy(allow("iam:GetUser")), ()),
        (policy(allow("CloudTrail:stoplogging")), ("audit",)),
        (policy(allow("logs:CreateLogStream")), ()),
        (policy(allow(["iam:PassRole", "lambda:CreateFunction"])), ("iam",)),
        (policy(allow("iam:PassRole")), ()),
        (policy(allow("kms:?isableKey")), ("keys",)),
        # Everything but IAM is no administration of the account, and still a lot.
        (
            policy(
                {
                    "Effect": "Allow",
                    "NotAction": ["iam:*", "sso:*", "organizations:*"],
                    "Resource": "*",
                }
            ),
            ("audit", "change", "data", "keys", "network"),
        ),
        (
            policy(allow("*"), {"Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*"}),
            ("audit", "change", "data", "iam", "keys", "network"),
        ),
        # A denial that holds sometimes takes nothing away for sure.
        (
            policy(
                allow("cloudtrail:StopLogging"),
                {
                    "Effect": "Deny",
                    "Action": "cloudtrail:*",
                    "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "sec"}},
                },
            ),
            ("audit",),
        ),
    ],
)
def test_kinds_of_action(document: dict[str, Any], classes: tuple[str, ...]) -> None:
    assert rights_of(document).classes == classes


def test_a_statement_alone_need_not_stand_in_a_list() -> None:
    assert rights_of({"Statement": allow("*")}).privileged


def test_rights_add_up_over_policies_and_denials_win() -> None:
    one = rights_of(policy(allow("iam:PassRole")))
    other = rights_of(policy(allow("ec2:RunInstances")))
    deny = rights_of(policy({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}))

    assert (one | other).privileged
    assert not (one | other | deny).privileged
    assert NONE.classes == ()


def test_a_boundary_leaves_what_it_allows() -> None:
    everything = rights_of(policy(allow("*")))
    boundary = rights_of(policy(allow("s3:*")))

    assert everything.within(boundary).classes == ("change", "data")


@pytest.mark.parametrize(
    ("document", "needs"),
    [
        (policy(allow("iam:*", Condition=MFA)), True),
        (policy(allow("iam:*")), False),
        (policy(allow("iam:*", Condition=MFA), allow("iam:CreateAccessKey")), False),
        (
            policy(
                allow("*"),
                {
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                },
            ),
            True,
        ),
        # Bool without IfExists says nothing of keys, which carry no such value at all.
        (
            policy(
                allow("*"),
                {
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
                },
            ),
            False,
        ),
    ],
)
def test_a_demand_for_a_second_factor(document: dict[str, Any], needs: bool) -> None:
    assert rights_of(document).needs_mfa is needs


def shared(principal: Any, **more: Any) -> dict[str, Any]:
    return policy(
        {"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*", **more}
    )


@pytest.mark.parametrize(
    ("document", "parties"),
    [
        (shared({"AWS": f"arn:aws:iam::{ME}:root"}), ()),
        (shared({"AWS": ME}), ()),
        (shared({"AWS": "arn:aws:iam::210987654321:root"}), ("arn:aws:iam::210987654321:root",)),
        (shared("*"), ("*",)),
        (shared({"AWS": "*"}), ("*",)),
        (shared({"Service": "cloudtrail.amazonaws.com"}), ()),
        (shared("*", Condition={"StringEquals": {"aws:PrincipalAccount": ME}}), ()),
        (
            shared("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            ("aws:principalorgid=o-1",),
        ),
        (shared("*", Condition={"StringLike": {"aws:PrincipalArn": "*"}}), ("*",)),
        (shared("*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), ("*",)),
        (
            policy(
                {"Effect": "Allow", "NotPrincipal": {"AWS": ME}, "Action": "*", "Resource": "*"}
            ),
            ("*",),
        ),
        (policy({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}), ()),
    ],
)
def test_who_is_let_in_from_outside(document: dict[str, Any], parties: tuple[str, ...]) -> None:
    assert outside(document, ME) == parties


BUCKET = "arn:aws:s3:::box"


def deny_plain(**change: Any) -> dict[str, Any]:
    return policy(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [BUCKET, f"{BUCKET}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            **change,
        }
    )


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        (deny_plain(), True),
        (deny_plain(Principal={"AWS": "*"}), True),
        (deny_plain(Resource="*"), True),
        (deny_plain(Action="*"), True),
        (deny_plain(Action="s3:PutObject"), False),
        (deny_plain(Principal={"AWS": f"arn:aws:iam::{ME}:root"}), False),
        (deny_plain(Resource=BUCKET), False),
        (deny_plain(Condition={"Bool": {"aws:SecureTransport": "true"}}), False),
        (
            deny_plain(
                Condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "StringEquals": {"aws:PrincipalTag/a": "b"},
                }
            ),
            False,
        ),
        (deny_plain(Effect="Allow"), False),
    ],
)
def test_a_bucket_that_answers_over_tls_only(document: dict[str, Any], refused: bool) -> None:
    assert refuses_plaintext(document, BUCKET) is refused
