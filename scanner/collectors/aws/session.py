"""The way into a target: one account, or every account of an organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from scanner.collectors.aws.client import Account, Aws
from scanner.collectors.aws.clients import Clients, Options
from scanner.collectors.aws.cloud import PARTITIONS
from scanner.collectors.aws.models import loader
from scanner.collectors.aws.regions import faults, partition_named
from scanner.collectors.aws.sign_in import Unsigned, unsigned
from scanner.collectors.base import Job, Refused, Scope, Source, Target
from scanner.errors import InputError

ENTERING = 16
"""Accounts of an organisation that are entered at once."""

OPTIONS: Mapping[str, Any] = {
    "partition": {"enum": sorted(PARTITIONS)},
    "regions": {
        "oneOf": [
            {"const": "all"},
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string"}},
        ],
        "x-form": "all, or a list: [us-gov-west-1]",
    },
    "profile": {"type": "string"},
    "role_arn": {
        "type": "string",
        "pattern": "^arn:[a-z-]+:iam::[0-9]{12}:role/.+$",
        "x-form": "a role's ARN: arn:aws-us-gov:iam::123456789012:role/audit",
    },
    "external_id": {"type": "string"},
    "accounts": {
        "oneOf": [
            {"const": "all"},
            {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {
                    "type": "string",
                    "pattern": "^[0-9]{12}$",
                    "x-form": "an account's twelve digits",
                },
            },
        ],
        "x-form": "all, or a list: ['123456789012']",
    },
    "role_name": {"type": "string"},
    "fips": {"type": "boolean"},
    "endpoint": {"type": "string"},
    "proxy": {"type": "string"},
    "ca_bundle": {"type": "string"},
}


class AwsSession:
    """An open target. Accounts are entered when `scopes` is asked, once."""

    def __init__(self, target: Target, clients: Clients, credentials: Callable[[], Any]) -> None:
        self._target = target
        self._clients = clients
        self._partition = clients.partition
        self._root = Account("", clients, credentials)
        self._accounts: dict[str, Account] = {}
        self._scopes: list[Scope] | None = None

    def scopes(self) -> Iterable[Scope]:
        if self._scopes is None:
            self._scopes = self._enter()
        return self._scopes

    def _enter(self) -> list[Scope]:
        given = self._target.options
        role = given.get("role_arn")
        if role is not None:
            self._root = self._assume(self._root, "", str(role))
        identity = self._ask(self._root, "sts:GetCallerIdentity")
        self._root.id = str(identity["Account"])
        found = str(identity["Arn"]).split(":")[1]
        if found != self._partition.name:
            raise InputError(
                f"{self._target.where}: target {self._target.id}: the credentials lead into "
                f"partition {found}, the target says {self._partition.name}: correct one of them"
            )
        if "accounts" not in given:
            return [self._entered(self._root, self._root.id)]
        return self._organization(given["accounts"], str(given["role_name"]))

    def _organization(self, accounts: Any, role_name: str) -> list[Scope]:
        listed: dict[str, tuple[str, str]] = {}
        if accounts == "all":
            for page in self._pages(self._root, "organizations:ListAccounts"):
                for each in page["Accounts"]:
                    # Status is being replaced by State; a response may hold either.
                    state = str(each.get("State") or each.get("Status") or "")
                    listed[str(each["Id"])] = (str(each.get("Name", each["Id"])), state)
        else:
            listed = {str(each): (str(each), "ACTIVE") for each in accounts}

        number, of = self._target.part
        listed = {each: told for each, told in listed.items() if _part_of(each, of) == number}

        def enter(item: tuple[str, tuple[str, str]]) -> Scope:
            account, (name, state) = item
            scope = f"aws:{self._partition.name}:{account}"
            if state != "ACTIVE":
                refused = Refused("denied", "sts:AssumeRole", f"the account is {state.lower()}")
                return Scope(scope, name, refused=refused)
            if account == self._root.id:
                return self._entered(self._root, name)
            arn = f"arn:{self._partition.name}:iam::{account}:role/{role_name}"
            try:
                return self._entered(self._assume(self._root, account, arn), name)
            except Refused as refused:
                return Scope(scope, name, refused=refused)

        with ThreadPoolExecutor(ENTERING, thread_name_prefix="aws-enter") as pool:
            return list(pool.map(enter, sorted(listed.items())))

    def _entered(self, account: Account, name: str) -> Scope:
        scope = f"aws:{self._partition.name}:{account.id}"
        self._accounts[scope] = account
        given = self._target.options.get("regions", [self._partition.home])
        if given != "all":
            return Scope(scope, name, tuple(given), leave=account.leave)
        try:
            answer = self._ask(account, "ec2:DescribeRegions")
        except Refused as refused:
            if refused.fatal:
                return Scope(scope, name, refused=refused)
            return Scope(scope, name, regions_refused=refused, leave=account.leave)
        regions = sorted(
            str(each["RegionName"])
            for each in answer["Regions"]
            if each.get("OptInStatus") != "not-opted-in"
        )
        return Scope(scope, name, tuple(regions), leave=account.leave)

    def place(self, job: Job) -> Aws:
        return Aws(self._accounts[job.scope.id], job)

    def close(self) -> None:
        self._accounts.clear()
        self._clients.close()

    def _ask(self, account: Account, operation: str, **params: Any) -> dict[str, Any]:
        method = _method(operation)
        answer: dict[str, Any] | None = account.ask(
            operation,
            self._partition.home,
            operation,
            lambda client: getattr(client, method)(**params),
        )
        assert answer is not None
        return answer

    def _pages(self, account: Account, operation: str) -> list[dict[str, Any]]:
        pages: list[dict[str, Any]] | None = account.ask(
            operation,
            self._partition.home,
            operation,
            lambda client: list(client.get_paginator(_method(operation)).paginate()),
        )
        return pages or []

    def _assume(self, via: Account, account: str, role_arn: str) -> Account:
        """The account behind a role; credentials renew themselves. Raises Refused."""
        from botocore.credentials import DeferredRefreshableCredentials

        external = self._target.options.get("external_id")
        extra = {} if external is None else {"ExternalId": str(external)}

        def renew() -> dict[str, str]:
            answer = self._ask(
                via,
                "sts:AssumeRole",
                RoleArn=role_arn,
                RoleSessionName="cmmc-scan",
                **extra,
            )
            given = answer["Credentials"]
            return {
                "access_key": given["AccessKeyId"],
                "secret_key": given["SecretAccessKey"],
                "token": given["SessionToken"],
                "expiry_time": given["Expiration"].isoformat(),
            }

        credentials = DeferredRefreshableCredentials(renew, "assume-role")
        entered = Account(account, self._clients, lambda: credentials)
        try:
            entered.frozen()
        except Unsigned as error:
            raise unsigned(error.cause, "sts:AssumeRole") from error.cause
        return entered


def _part_of(account: str, of: int) -> int:
    """Which of `of` parts an account belongs to, from 1.

    By its id, so that an account which comes between two shards moves no other one.
    """
    return int.from_bytes(sha256(account.encode()).digest()[:8], "big") % of + 1


def _method(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation.partition(":")[2]))


def open_account(target: Target, sources: Iterable[Source] | None = None) -> AwsSession:
    """Prepare a target; nothing is sent yet. Raises InputError for options that contradict.

    sources: clients can send nothing but what these declare (None: whatever may be declared).
    """
    try:
        import botocore.exceptions
        from botocore.session import Session
    except ImportError:
        raise InputError(
            f"target {target.id}: scanning AWS needs the extra: pip install 'cmmc-scan[aws]'"
        ) from None

    given = target.options
    where = f"{target.where}: target {target.id}"
    for _, fault in faults(given):
        raise InputError(f"{where}: {fault}")
    partition = PARTITIONS[partition_named(given)]
    endpoint = given.get("endpoint")
    if endpoint is not None:
        _check_endpoint(str(endpoint), where)
    if "accounts" in given and "role_name" not in given:
        raise InputError(f"{where}: accounts needs role_name, the role to assume in each of them")
    options = Options(
        endpoint=endpoint,
        proxy=given.get("proxy"),
        ca_bundle=given.get("ca_bundle"),
        fips=bool(given.get("fips", True)),
    )
    own, core = Session(profile=given.get("profile")), Session(profile=given.get("profile"))
    try:
        own.get_scoped_config()
    except botocore.exceptions.ProfileNotFound as error:
        raise InputError(f"{where}: {error}") from None
    except botocore.exceptions.ConfigParseError as error:
        raise InputError(f"{where}: {error}; correct that file of the AWS SDK") from None
    core.register_component("data_loader", loader(_declared(sources)))
    return AwsSession(target, Clients(core, partition, options), own.get_credentials)


def _declared(sources: Iterable[Source] | None) -> frozenset[str] | None:
    if sources is None:
        return None
    return frozenset(operation for s in sources for operation, _ in s.needs(s.serves))


def _check_endpoint(endpoint: str, where: str) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"):
        return
    raise InputError(f"{where}: endpoint {endpoint!r}: https, or http on the loopback address only")
