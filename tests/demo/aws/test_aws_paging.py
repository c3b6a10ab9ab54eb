"""Listings come in pages, whole, in order, and a page can be asked for twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scanner.demo.aws import Emulator, models, paging
from scanner.demo.aws.errors import Refusal


def _users(client: Any, emulator: Emulator) -> None:
    for n in range(5):
        client("iam").create_user(UserName=f"user-{n}")


def _keys(client: Any, emulator: Emulator) -> None:
    for n in range(5):
        client("kms").create_key(Description=str(n))


def _instances(client: Any, emulator: Emulator) -> None:
    for _ in range(5):
        client("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)


def _accounts(client: Any, emulator: Emulator) -> None:
    client("organizations").create_organization()
    for n in range(4):
        client("organizations").create_account(AccountName=f"a{n}", Email=f"a{n}@halyard.example")


def _domains(client: Any, emulator: Emulator) -> None:
    for n in range(5):
        client("apigateway").create_domain_name(domainName=f"d{n}.halyard.example")


def _managed(client: Any, emulator: Emulator) -> None:
    for n in range(11):
        record = {"InstanceId": f"i-{n}", "PingStatus": "Online"}
        emulator.put("ssm.instances", f"i-{n}", record)


def _coverage(client: Any, emulator: Emulator) -> None:
    for n in range(5):
        emulator.put(
            "inspector2.coverage",
            str(n),
            {
                "resourceType": "AWS_EC2_INSTANCE",
                "resourceId": f"i-{n}",
                "accountId": "123456789012",
                "scanType": "PACKAGE",
                "scanStatus": {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"},
                "lastScannedAt": {"days_ago": 1},
            },
        )


Seeder = Callable[[Any, Emulator], None]
# seeder, sizes of the pages (SSM takes no limit under five)
LISTINGS: dict[str, tuple[Seeder, list[int]]] = {
    "apigateway:GetDomainNames": (_domains, [2, 2, 1]),
    "ec2:DescribeInstances": (_instances, [2, 2, 1]),
    "iam:ListUsers": (_users, [2, 2, 1]),
    "inspector2:ListCoverage": (_coverage, [2, 2, 1]),
    "kms:ListKeys": (_keys, [2, 2, 1]),
    "organizations:ListAccounts": (_accounts, [2, 2, 1]),
    "ssm:DescribeInstanceInformation": (_managed, [5, 5, 1]),
}


def _method(api: Any, operation: str) -> str:
    return str(next(m for m, o in api.meta.method_to_api_mapping.items() if o == operation))


@pytest.mark.parametrize("name", LISTINGS)
def test_boto3_pages_to_the_end(empty: Emulator, client: Any, name: str) -> None:
    service, operation = name.split(":")
    seeder, sizes = LISTINGS[name]
    seeder(client, empty)
    api = client(service)
    method = _method(api, operation)
    how = paging.pager(service, operation)
    assert how is not None
    large = {} if how.limit is None else {how.limit: 20}
    whole = getattr(api, method)(**large)[how.lists[0]]
    empty.calls.clear()
    pages = list(api.get_paginator(method).paginate(PaginationConfig={"PageSize": sizes[0]}))
    assert [len(page[how.lists[0]]) for page in pages] == sizes
    assert [item for page in pages for item in page[how.lists[0]]] == whole
    assert empty.calls.by_operation() == {name: 3}


def test_a_page_can_be_asked_for_again_and_more_says_so(empty: Emulator, client: Any) -> None:
    _users(client, empty)
    first = client("iam").list_users(MaxItems=3)
    assert first["IsTruncated"] is True
    second = client("iam").list_users(MaxItems=3, Marker=first["Marker"])
    assert second["IsTruncated"] is False
    assert "Marker" not in second
    again = client("iam").list_users(MaxItems=3, Marker=first["Marker"])
    assert again["Users"] == second["Users"]


def test_the_default_size_is_awss(empty: Emulator, client: Any) -> None:
    _accounts(client, empty)
    for n in range(4, 24):
        client("organizations").create_account(AccountName=f"a{n}", Email=f"a{n}@halyard.example")
    listed = client("organizations").list_accounts()
    assert (len(listed["Accounts"]), "NextToken" in listed) == (20, True)


def test_a_strange_marker_is_refused(empty: Emulator, client: Any) -> None:
    with pytest.raises(client("iam").exceptions.ClientError, match="ValidationError"):
        client("iam").list_users(Marker="nonsense")
    with pytest.raises(client("kms").exceptions.ClientError, match="InvalidNextToken"):
        client("kms").list_keys(Marker="listing00000001.2")


def test_several_lists_are_paged_as_one() -> None:
    how = paging.pager("iam", "GetAccountAuthorizationDetails")
    assert how is not None
    listings = paging.Listings()
    whole = {"UserDetailList": [{"UserName": "a"}, {"UserName": "b"}], "Policies": [{"Arn": "p"}]}

    def page(**params: Any) -> Any:
        return listings.page("iam", how, params, lambda: whole)

    first = page(MaxItems=1)
    second = page(MaxItems=2, Marker=first["Marker"])
    assert [u["UserName"] for u in first["UserDetailList"]] == ["a"]
    assert (len(second["UserDetailList"]), len(second["Policies"])) == (1, 1)
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    with pytest.raises(Refusal):
        page(Marker="listing99999999.1")


@pytest.mark.parametrize("name", paging.PAGED)
def test_every_paged_operation_is_described_by_the_model(name: str) -> None:
    service, operation = name.split(":")
    how = paging.pager(service, operation)
    assert how is not None
    model = models.operation_model(service, operation)
    assert how.token_in in model.input_shape.members
    assert {how.token_out, *how.lists} <= model.output_shape.members.keys()
    assert how.limit is None or how.limit in model.input_shape.members
    assert how.more is None or how.more in model.output_shape.members
