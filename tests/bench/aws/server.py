"""A synthetic AWS of any size: pages that are made when they are asked for.

`python -m tests.bench.aws.server '{"log_groups": 100000}'` prints its endpoint and serves until
its standard input ends. A request costs it a few tenths of a millisecond where moto takes five,
so that what a client costs can be seen, and it holds nothing, however large the account is.
What it does not know is answered with an empty list.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from scanner.demo.aws import outputs
from scanner.demo.aws.identify import identify
from scanner.demo.aws.models import operation_model
from scanner.demo.aws.wire import Request

HOME_ACCOUNT = "100000000000"
_DAY = "2026-11-24T07:00:00+00:00"
_PAGE = 50


@dataclass(frozen=True)
class Sizes:
    """How much there is, in each account (log groups in each region too)."""

    log_groups: int = 0
    users: int = 0
    buckets: int = 0
    accounts: int = 1
    latency_ms: float = 0


_SUBRESOURCES = {
    "encryption": "GetBucketEncryption",
    "publicAccessBlock": "GetPublicAccessBlock",
    "policyStatus": "GetBucketPolicyStatus",
    "acl": "GetBucketAcl",
    "policy": "GetBucketPolicy",
    "versioning": "GetBucketVersioning",
    "lifecycle": "GetBucketLifecycleConfiguration",
    "object-lock": "GetObjectLockConfiguration",
    "logging": "GetBucketLogging",
}
_KEY = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/")


class Account:
    """Answers for one account; nothing is kept."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes

    def answer(
        self, service: str, operation: str, account: str, region: str, asked: dict[str, Any]
    ) -> dict[str, Any] | bytes:
        """The output as botocore's model has it, or bytes as they are."""
        sizes = self._sizes
        match f"{service}:{operation}":
            case "sts:GetCallerIdentity":
                arn = f"arn:aws:iam::{account}:user/scanner"
                return {"UserId": "AIDA", "Account": account, "Arn": arn}
            case "sts:AssumeRole":
                return _assumed(asked["RoleArn"])
            case "organizations:ListAccounts":
                numbers = range(sizes.accounts)
                return {"Accounts": [_listed(int(HOME_ACCOUNT) + n) for n in numbers]}
            case "iam:GenerateCredentialReport":
                return {"State": "COMPLETE"}
            case "iam:GetCredentialReport":
                return _report(account, sizes.users)
            case "iam:GetAccountSummary":
                return {"SummaryMap": {"AccountMFAEnabled": 1, "AccountPasswordPresent": 1}}
            case "logs:DescribeLogGroups":
                start = int(asked.get("nextToken") or 0)
                return _log_groups(account, region, start, sizes.log_groups)
            case "s3:ListBuckets":
                start = int(asked.get("continuation-token") or 0)
                return _buckets(account, region, start, sizes.buckets)
            case "s3:GetBucketPolicyStatus":
                return {"PolicyStatus": {"IsPublic": False}}
            case "s3:GetBucketPolicy":
                return {"Policy": _POLICY.replace("BUCKET", asked["Bucket"])}
            case "s3:GetBucketEncryption":
                default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                return {"ServerSideEncryptionConfiguration": {"Rules": [default]}}
            case "s3:GetPublicAccessBlock" | "s3control:GetPublicAccessBlock":
                names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy")
                values = dict.fromkeys(names, True) | {"RestrictPublicBuckets": False}
                return {"PublicAccessBlockConfiguration": values}
            case "ec2:GetEbsEncryptionByDefault":
                return {"EbsEncryptionByDefault": True}
        return _empty(service, operation)


@cache
def _empty(service: str, operation: str) -> bytes:
    shape = operation_model(service, operation).output_shape
    members = shape.members if shape is not None else {}
    lists: dict[str, Any] = {n: [] for n, member in members.items() if member.type_name == "list"}
    required = shape.required_members if shape is not None else ()
    lists |= {n: False for n in required if members[n].type_name == "boolean"}
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is not None and members[payload].type_name == "structure":
        lists[payload] = {}
    return outputs.answer(service, operation, lists, "0").body


_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)


def _assumed(role: str) -> dict[str, Any]:
    from datetime import UTC, datetime, timedelta

    account = role.split(":")[4]
    return {
        "Credentials": {
            "AccessKeyId": f"ASIA{account}",
            "SecretAccessKey": "x",
            "SessionToken": "x",
            "Expiration": datetime.now(UTC) + timedelta(hours=1),
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROA:x", "Arn": role},
    }


def _listed(account: int) -> dict[str, Any]:
    return {"Id": str(account), "Name": f"account-{account % 1000}", "State": "ACTIVE"}


_COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


@cache
def _report(account: str, users: int) -> bytes:
    from datetime import UTC, datetime

    no_key = "false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    key = f"true,{_DAY},{_DAY},us-east-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    rows = [
        _COLUMNS,
        f"<root_account>,arn:aws:iam::{account}:root,{_DAY},not_supported,no_information,"
        f"not_supported,not_supported,true,{no_key}",
    ]
    for number in range(users):
        name = f"user-{number:06}"
        mfa, keys = ("false", key) if number % 10 == 0 else ("true", no_key)
        rows.append(
            f"{name},arn:aws:iam::{account}:user/{name},{_DAY},true,{_DAY},{_DAY},N/A,{mfa},{keys}"
        )
    output = {
        "Content": "\n".join(rows).encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": datetime(2026, 11, 24, 7, tzinfo=UTC),
    }
    return outputs.answer("iam", "GetCredentialReport", output, "0").body


def _log_groups(account: str, region: str, start: int, size: int) -> bytes:
    end = min(start + _PAGE, size)
    groups = []
    for number in range(start, end):
        name = f"/app/{number:06}"
        arn = f"arn:aws:logs:{region}:{account}:log-group:{name}"
        group: dict[str, Any] = {
            "logGroupName": name,
            "arn": f"{arn}:*",
            "logGroupArn": arn,
            "creationTime": 1780000000000,
            "storedBytes": 0,
            "metricFilterCount": 0,
        }
        if number % 3:
            group["retentionInDays"] = 30 if number % 3 == 1 else 365
        groups.append(group)
    page: dict[str, Any] = {"logGroups": groups}
    if end < size:
        page["nextToken"] = str(end)
    return json.dumps(page).encode()


def _buckets(account: str, region: str, start: int, size: int) -> dict[str, Any]:
    end = min(start + 1000, size)
    names = [f"box-{account}-{number:06}" for number in range(start, end)]
    page: dict[str, Any] = {"Buckets": [{"Name": n, "BucketRegion": region} for n in names]}
    if end < size:
        page["ContinuationToken"] = str(end)
    return page


class _Front:
    def __init__(self, sizes: Sizes) -> None:
        self.sizes, self.calls = sizes, Counter[str]()
        self._account = Account(sizes)

    def __call__(self, head: str, body: bytes) -> bytes:
        line, *rest = head.split("\r\n")
        method, target, _ = line.split(" ")
        path, _, query = target.partition("?")
        headers = {}
        for each in rest:
            name, _, value = each.partition(":")
            headers[name.lower()] = value.strip()
        if path == "/_calls":
            counted = dict(self.calls)
            if method == "DELETE":
                self.calls.clear()
            return json.dumps(counted).encode()
        key = _KEY.search(headers.get("authorization", ""))
        account = HOME_ACCOUNT
        if key is not None and key[1].startswith("ASIA"):
            account = key[1][4:]
        asked: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
        if key is not None and key[3] == "s3" and not path.startswith("/v20180820/"):
            service, region = "s3", key[2]
            asked["Bucket"] = unquote(path.strip("/"))
            named = next((_SUBRESOURCES[n] for n in asked if n in _SUBRESOURCES), None)
            operation = named or "ListBuckets"
        else:
            found = identify(Request(method, path, query, headers, body))
            service, operation, region = found.service, found.operation, found.region
            if body[:1] == b"{":
                asked |= json.loads(body)
            elif body:
                asked |= dict(parse_qsl(body.decode()))
        self.calls[f"{service}:{operation}"] += 1
        output = self._account.answer(service, operation, account, region, asked)
        if isinstance(output, bytes):
            return output
        return outputs.answer(service, operation, output, "0").body


class _Connection(asyncio.Protocol):
    def __init__(self, front: _Front) -> None:
        self._front, self._data = front, b""
        self._latency = front.sizes.latency_ms / 1000

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        text = head.decode("latin-1")
        length = re.search(r"\r\ncontent-length:\s*(\d+)", text, re.IGNORECASE)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self._data = rest[size:]
        answer = self._front(text, rest[:size])
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
        if self._latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency, self._transport.write, whole)
        else:
            self._transport.write(whole)


async def _serve(sizes: Sizes) -> None:
    front = _Front(sizes)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(front), "127.0.0.1", 0, backlog=512)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"endpoint": f"http://127.0.0.1:{port}"}), flush=True)
    ended = asyncio.Event()

    def until_input_ends() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=until_input_ends, daemon=True).start()
    await ended.wait()


class Server:
    """The server in a process of its own."""

    def __init__(self, sizes: Sizes) -> None:
        import subprocess

        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.aws.server", json.dumps(asdict(sizes))],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        self.endpoint: str = json.loads(self._child.stdout.readline())["endpoint"]

    def calls(self) -> dict[str, int]:
        """Calls by operation since the last time this was asked."""
        import urllib.request

        request = urllib.request.Request(f"{self.endpoint}/_calls", method="DELETE")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return dict(json.load(answer))

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(timeout=10)


if __name__ == "__main__":
    asyncio.run(_serve(Sizes(**json.loads(sys.argv[1]) if len(sys.argv) > 1 else {})))
