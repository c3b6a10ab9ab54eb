"""Who may make one request, by all the policies that speak of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collectors.aws.access import Place, Policies, may
from scanner.collectors.aws.callers import Caller, after, covers
from scanner.collectors.aws.rights import mask, reading

ME = "123456789012"
OTHER = "999999999999"
BUCKET = "arn:aws:s3:::logs"
RECORDS = Place(f"{BUCKET}/AWSLogs/", many=True)
GET = mask(["s3:GetObject"])
DECRYPT = mask(["kms:Decrypt"])
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"

EVE = Caller(f"arn:aws:iam::{ME}:user/staff/eve", ME, False, "AIDAEVE", {"team": "audit"})
READER = Caller(f"arn:aws:iam::{ME}:role/ops/Reader", ME, True, "AROAREADER", {})


def allow(resource: Any = "*", action: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(resource: Any = "*", action: Any = "s3:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def says(*statements: dict[str, Any]) -> Any:
    return reading({"Statement": list(statements)})


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


def asked(caller: Caller, **policies: Any) -> bool | None:
    return may(caller, GET, RECORDS, Policies(**{"own": (), **policies}))


@pytest.mark.parametrize(
    ("resource", "reads"),
    [
        ("*", True),
        (f"{BUCKET}/*", True),
        ("arn:aws:s3:::lo*", True),
        ("arn:aws:s3:::log?/AWSLogs/*", True),
        # Some of the records are records.
        (f"{BUCKET}/AWSLogs/{ME}/CloudTrail/us-east-1/2026/*", True),
        (BUCKET, False),
        (f"{BUCKET}/reports/*", False),
        ("arn:aws:s3:::logs-of-the-portal/*", False),
        (f"{BUCKET}/${{aws:username}}/*", None),
    ],
)
def test_a_right_to_some_of_the_records_is_a_right(resource: str, reads: bool | None) -> None:
    assert asked(EVE, own=says(allow(resource))) is reads


def test_all_resources_but_some() -> None:
    rest = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/*"}
    assert asked(EVE, own=says(rest)) is False
    assert asked(EVE, own=says(rest | {"NotResource": "arn:aws:s3:::hr/*"})) is True
    assert asked(EVE, own=says(rest | {"NotResource": f"{BUCKET}/AWSLogs/1/*"})) is True


def test_a_denial_counts_where_it_covers_every_record() -> None:
    everything = allow("*")
    assert asked(EVE, own=says(everything, deny(f"{BUCKET}/*"))) is False
    assert asked(EVE, own=says(everything, deny(f"{BUCKET}/AWSLogs/1/*"))) is True
    assert asked(EVE, own=says(everything), resource=says(deny(f"{BUCKET}/*", Principal="*"))) is (
        False
    )


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        # The caller is known: these hold always or never.
        (when("ArnNotLike", "aws:PrincipalArn", EVE.arn), True),
        (when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"), False),
        (when("StringNotEquals", "aws:PrincipalAccount", OTHER), False),
        (when("StringNotLike", "aws:userid", "AIDAEVE", "AROA1:*"), True),
        (when("StringNotLike", "aws:userid", "AROA1:*"), False),
        (when("StringNotEquals", "aws:PrincipalTag/team", "audit"), True),
        (when("StringNotEqualsIgnoreCase", "aws:PrincipalTag/Team", "AUDIT"), True),
        (when("StringNotEquals", "aws:PrincipalTag/floor", "2"), False),
        (when("StringEquals", "aws:PrincipalTag/floor", "2"), True),
        (when("StringEqualsIfExists", "aws:PrincipalTag/floor", "2"), False),
        (when("Null", "aws:PrincipalTag/team", "true"), True),
        (when("Null", "aws:PrincipalTag/team", "false"), False),
        (when("StringEquals", "aws:PrincipalType", "User"), False),
        (when("StringNotEquals", "aws:SourceAccount", ME), False),
        # It depends on the request: there are requests that it does not hold for.
        (when("Bool", "aws:SecureTransport", "false"), True),
        (when("StringNotEquals", "aws:SourceVpce", "vpce-1"), True),
        (when("BoolIfExists", "aws:MultiFactorAuthPresent", "false"), True),
        # Nothing that was read decides it.
        (when("StringNotEquals", "aws:PrincipalOrgID", "o-1"), None),
        (when("StringNotEquals", "aws:PrincipalTag/team", "${aws:username}"), None),
        (when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/*"), None),
        (when("StringEquals", "aws:ResourceTag/x", "y"), None),
        (when("StringEquals", "s3:DataAccessPointAccount", ME), None),
        # What is asked for is the account's own.
        (when("StringNotEquals", "aws:ResourceAccount", ME), True),
        (when("StringNotEquals", "s3:ResourceAccount", OTHER), False),
    ],
)
def test_denials_with_a_condition(condition: dict[str, Any], reads: bool | None) -> None:
    walled = says(deny(f"{BUCKET}/*", Principal="*", **condition))
    assert asked(EVE, own=says(allow()), resource=walled) is reads


@pytest.mark.parametrize(
    ("values", "reads"),
    [(["AROAREADER:*"], True), (["AROAREADER:bob"], True), (["AROA2:*"], False)],
)
def test_a_role_is_spared_by_its_unique_id(values: list[str], reads: bool) -> None:
    walled = says(
        deny(f"{BUCKET}/*", Principal="*", **when("StringNotLike", "aws:userid", *values))
    )
    assert asked(READER, own=says(allow()), resource=walled) is reads


def test_a_key_opens_by_the_service_that_asks_for_it() -> None:
    def opens(service: str) -> bool | None:
        condition = when("StringEquals", "kms:ViaService", service)
        own = says(allow("*", "kms:Decrypt", **condition))
        place = Place(KEY, given=(("kms:viaservice", "s3.us-east-1.amazonaws.com"),))
        return may(EVE, DECRYPT, place, Policies(own))

    assert opens("s3.us-east-1.amazonaws.com") is True
    assert opens("secretsmanager.us-east-1.amazonaws.com") is False


def test_a_right_under_a_condition() -> None:
    def holding(condition: dict[str, Any]) -> bool | None:
        return asked(EVE, own=says(allow(**condition)))

    assert holding(when("Bool", "aws:MultiFactorAuthPresent", "true")) is True
    assert holding(when("StringEquals", "aws:PrincipalTag/team", "finance")) is False
    assert holding(when("StringEquals", "aws:PrincipalOrgID", "o-1")) is None


@pytest.mark.parametrize(
    ("principal", "reads"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": EVE.arn}, True),
        ({"AWS": "AIDAEVE"}, True),
        # The account as a whole: its own policies decide, and here there are none.
        ({"AWS": ME}, False),
        ({"AWS": f"arn:aws:iam::{ME}:root"}, False),
        ({"AWS": f"arn:aws:iam::{OTHER}:user/staff/eve"}, False),
        ({"Service": "cloudtrail.amazonaws.com"}, False),
    ],
)
def test_what_the_resource_gives(principal: Any, reads: bool) -> None:
    assert asked(EVE, resource=says(allow(f"{BUCKET}/*", Principal=principal))) is reads


def test_a_session_of_a_role_named_by_the_resource() -> None:
    session = f"arn:aws:sts::{ME}:assumed-role/Reader/bob"
    given = says(allow(f"{BUCKET}/*", Principal={"AWS": session}))
    assert asked(READER, resource=given) is True
    assert asked(EVE, resource=given) is False
    barred = says(deny(f"{BUCKET}/*", Principal={"AWS": session}))
    assert asked(READER, own=says(allow()), resource=barred) is True


ACCOUNT = f"arn:aws:iam::{ME}:root"
SESSION = f"arn:aws:sts::{ME}:assumed-role/Reader/bob"


def test_denials_to_all_but_some() -> None:
    """Who is named has to be named with the account, and a role with its session."""

    def walled(*names: str) -> Any:
        return says(deny(f"{BUCKET}/*", NotPrincipal={"AWS": list(names)}))

    own = says(allow())
    assert asked(EVE, own=own, resource=walled(EVE.arn, ACCOUNT)) is True
    assert asked(EVE, own=own, resource=walled(EVE.arn)) is None
    assert asked(EVE, own=own, resource=walled(READER.arn)) is False
    assert asked(READER, own=own, resource=walled(READER.arn, SESSION, ACCOUNT)) is True
    assert asked(READER, own=own, resource=walled(READER.arn, ACCOUNT)) is None
    assert asked(READER, own=own, resource=walled(EVE.arn, ACCOUNT)) is False


def test_a_denial_to_all_but_some_bars_whoever_has_a_boundary() -> None:
    own = says(allow())
    spared = says(deny(f"{BUCKET}/*", NotPrincipal={"AWS": [EVE.arn, ACCOUNT]}))
    assert asked(EVE, own=own, boundary=own, resource=spared) is False


def test_a_denial_to_the_account_binds_everybody_in_it() -> None:
    own = says(allow())
    barred = says(deny(f"{BUCKET}/*", Principal={"AWS": f"arn:aws:iam::{ME}:root"}))
    assert asked(EVE, own=own, resource=barred) is False
    barred = says(deny(f"{BUCKET}/*", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"}))
    assert asked(EVE, own=own, resource=barred) is True


def test_a_boundary_leaves_what_it_allows() -> None:
    own, given = says(allow()), says(allow(f"{BUCKET}/*", Principal="*"))
    small = says(allow("arn:aws:s3:::portal/*"))
    assert asked(EVE, own=own, boundary=small) is False
    assert asked(EVE, own=own, boundary=own) is True
    assert asked(EVE, own=own, boundary=says(allow(), deny())) is False
    # What a resource gives goes past a user's boundary.
    assert asked(EVE, resource=given, boundary=small) is True


def test_a_boundary_limits_a_role_that_is_named_and_no_session_of_it() -> None:
    small = says(allow("arn:aws:s3:::portal/*"))

    def given(principal: Any, **more: Any) -> bool | None:
        resource = says(allow(f"{BUCKET}/*", Principal=principal, **more))
        return asked(READER, resource=resource, boundary=small)

    assert given({"AWS": READER.arn}) is False
    assert given({"AWS": SESSION}) is True
    assert given("*", **when("ArnEquals", "aws:PrincipalArn", READER.arn)) is True
    assert given("*", **when("ArnEquals", "aws:PrincipalArn", EVE.arn)) is False
    assert given("*") is None


@pytest.mark.parametrize(
    ("principal", "condition", "own", "decrypts"),
    [
        ({"AWS": f"arn:aws:iam::{ME}:root"}, {}, True, True),
        ({"AWS": f"arn:aws:iam::{ME}:root"}, {}, False, False),
        ({"AWS": READER.arn}, {}, True, False),
        ({"AWS": EVE.arn}, {}, False, True),
        ({"AWS": "*"}, when("StringEquals", "kms:CallerAccount", ME), False, True),
        ({"AWS": "*"}, when("StringEquals", "kms:CallerAccount", OTHER), True, False),
    ],
)
def test_a_key_counts_own_policies_only_where_its_policy_says_so(
    principal: Any, condition: dict[str, Any], own: bool, decrypts: bool
) -> None:
    policies = Policies(
        own=says(allow(KEY, "kms:Decrypt")) if own else (),
        resource=says(allow("*", "kms:*", Principal=principal, **condition)),
        only_by_resource=True,
    )
    assert may(EVE, DECRYPT, Place(KEY), policies) is decrypts


def test_nothing_is_allowed_that_nothing_allows() -> None:
    assert asked(EVE) is False


_WORD = st.text(alphabet="ab:/", max_size=6)
_PATTERN = st.text(alphabet="ab:/*?", max_size=6)


@given(_PATTERN, _WORD)
def test_patterns_cover_what_a_shell_would_say(pattern: str, text: str) -> None:
    from fnmatch import fnmatchcase

    assert covers(pattern, text) == fnmatchcase(text, pattern)


@given(_PATTERN, _WORD, _WORD)
def test_a_pattern_that_covers_a_longer_text_goes_through_its_beginning(
    pattern: str, text: str, rest: str
) -> None:
    if covers(pattern, text + rest):
        assert after(pattern, text)


@given(st.lists(st.sampled_from([allow(), deny(), allow("arn:aws:s3:::portal/*")])), st.booleans())
def test_a_denial_wins_over_all_that_is_allowed(
    statements: list[dict[str, Any]], role: bool
) -> None:
    caller = READER if role else EVE
    assert asked(caller, own=says(*statements, deny(f"{BUCKET}/*"))) is False
