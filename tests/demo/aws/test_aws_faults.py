"""Faults reach the client as botocore's errors, in every protocol."""

from __future__ import annotations

import threading
import time
from typing import Any

import botocore.exceptions
import botocore.parsers
import pytest
from botocore.retries.standard import ThrottledRetryableChecker

from scanner.demo.aws import Emulator
from scanner.errors import InputError

# One read in each of the five protocols.
READS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "query": ("iam", "list_users", {}),
    "ec2": ("ec2", "describe_vpcs", {}),
    "json": ("logs", "describe_log_groups", {}),
    "rest-json": ("lambda", "list_functions", {}),
    "rest-xml": ("s3", "list_buckets", {}),
}
CODES = {
    "denied": {
        "query": (403, "AccessDenied"),
        "ec2": (403, "UnauthorizedOperation"),
        "json": (400, "AccessDeniedException"),
        "rest-json": (403, "AccessDeniedException"),
        "rest-xml": (403, "AccessDenied"),
    },
    "throttled": {
        "query": (400, "Throttling"),
        "ec2": (503, "RequestLimitExceeded"),
        "json": (400, "ThrottlingException"),
        "rest-json": (429, "TooManyRequestsException"),
        "rest-xml": (503, "SlowDown"),
    },
    "expired": {
        "query": (403, "ExpiredToken"),
        "ec2": (400, "RequestExpired"),
        "json": (400, "ExpiredTokenException"),
        "rest-json": (403, "ExpiredTokenException"),
        "rest-xml": (400, "ExpiredToken"),
    },
    "unrecognized": {
        "query": (403, "InvalidClientTokenId"),
        "ec2": (401, "AuthFailure"),
        "json": (400, "UnrecognizedClientException"),
        "rest-json": (403, "UnrecognizedClientException"),
        "rest-xml": (403, "InvalidAccessKeyId"),
    },
    "error-500": {
        "query": (500, "InternalFailure"),
        "ec2": (500, "InternalError"),
        "json": (500, "InternalFailure"),
        "rest-json": (500, "InternalFailure"),
        "rest-xml": (500, "InternalError"),
    },
}


def _read(client: Any, protocol: str, **config: Any) -> Any:
    service, method, params = READS[protocol]
    return getattr(client(service, **config), method)(**params)


@pytest.mark.parametrize("protocol", READS)
@pytest.mark.parametrize("effect", CODES)
def test_an_error_has_the_status_and_code_of_its_protocol(
    empty: Emulator, client: Any, effect: str, protocol: str
) -> None:
    empty.faults.add("*", effect)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        _read(client, protocol)
    answer = caught.value.response
    found = (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"])
    assert found == CODES[effect][protocol]


def test_a_refusal_names_the_permission_and_an_scp_itself(empty: Emulator, client: Any) -> None:
    empty.faults.add("s3:GetBucketEncryption", "denied")
    empty.faults.add("iam:ListUsers", "scp-denied")
    with pytest.raises(botocore.exceptions.ClientError, match="s3:GetEncryptionConfiguration"):
        client("s3").get_bucket_encryption(Bucket="anything")
    with pytest.raises(botocore.exceptions.ClientError, match="service control policy"):
        client("iam").list_users()


def test_botocore_knows_the_throttling_codes() -> None:
    retried = ThrottledRetryableChecker._THROTTLED_ERROR_CODES
    assert {code for _, code in CODES["throttled"].values()} <= set(retried)


@pytest.mark.parametrize("protocol", READS)
def test_a_dropped_connection_is_an_error(empty: Emulator, client: Any, protocol: str) -> None:
    empty.faults.add("*", "dropped")
    with pytest.raises(botocore.exceptions.HTTPClientError):
        _read(client, protocol)
    assert next(iter(empty.calls)).status == 0


@pytest.mark.parametrize("effect", ["truncated", "garbage"])
def test_botocore_makes_an_empty_output_of_broken_json(
    empty: Emulator, client: Any, effect: str
) -> None:
    """It raises for XML, but asks nobody for the length and takes any text for JSON.

    So a client has to look for the members that an answer must have, or it reads "none".
    """
    client("logs").create_log_group(logGroupName="orders")
    empty.faults.add("*", effect)
    for protocol in ("query", "ec2"):
        with pytest.raises(botocore.parsers.ResponseParserError):
            _read(client, protocol)
    with pytest.raises(botocore.exceptions.ClientError, match="500"):
        _read(client, "rest-xml")
    for protocol in ("json", "rest-json"):
        assert set(_read(client, protocol)) == {"ResponseMetadata"}


def test_a_bare_404_has_no_code_of_the_service(empty: Emulator, client: Any) -> None:
    empty.faults.add("*", "not-found")
    for protocol in READS:
        with pytest.raises(Exception, match=r"404|parse") as caught:
            _read(client, protocol)
        code = getattr(caught.value, "response", {}).get("Error", {}).get("Code", "404")
        assert code == "404"


def test_latency_is_added_and_reported(empty: Emulator, client: Any) -> None:
    empty.faults.add("logs:*", latency_ms=60)
    empty.faults.add("*", latency_ms=20)
    started = time.monotonic()
    client("logs").describe_log_groups()
    assert time.monotonic() - started >= 0.08
    assert next(iter(empty.calls)).milliseconds >= 80


def test_a_hang_ends_with_the_client_or_the_fault(empty: Emulator, client: Any) -> None:
    empty.faults.add("logs:*", "hung")
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        client("logs", read_timeout=0.1).describe_log_groups()
    record = next(iter(empty.calls))
    assert (record.status, record.fault) == (0, "hung")


def test_a_fault_may_be_of_one_region_and_one_resource(empty: Emulator, client: Any) -> None:
    for region in ("us-gov-west-1", "us-gov-east-1"):
        for name in ("orders", "drawings"):
            client("logs", region).create_log_group(logGroupName=name)
    empty.faults.add("logs:*", "denied", region="us-gov-east-1", containing="drawings")
    seen = []
    for region in ("us-gov-west-1", "us-gov-east-1"):
        for name in ("orders", "drawings"):
            try:
                client("logs", region).list_tags_log_group(logGroupName=name)
            except botocore.exceptions.ClientError as error:
                seen.append((region, name, error.response["Error"]["Code"]))
    assert seen == [("us-gov-east-1", "drawings", "AccessDeniedException")]


def test_a_share_is_seeded(empty: Emulator, client: Any) -> None:
    logs = client("logs")

    def statuses() -> list[int]:
        empty.faults.clear()
        empty.calls.clear()
        empty.faults.add("logs:*", "throttled", share=0.3, seed=7)
        for _ in range(40):
            try:
                logs.describe_log_groups()
            except botocore.exceptions.ClientError:
                continue
        return [call.status for call in empty.calls]

    first = statuses()
    assert 4 <= first.count(400) <= 20
    assert statuses() == first


def test_a_token_may_expire_half_way(empty: Emulator, client: Any) -> None:
    fault = empty.faults.add("*", "expired", after=2)
    sts = client("sts")
    sts.get_caller_identity()
    sts.get_caller_identity()
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ClientError, match="ExpiredToken"):
            sts.get_caller_identity()
    assert (fault.seen, fault.hits) == (4, 2)


def test_the_newest_fault_wins_and_can_be_taken_back(empty: Emulator, client: Any) -> None:
    empty.faults.add("*", "error-503")
    with (
        empty.faults.injected("iam:*", "error", code="NoSuchEntity", status=404, message="gone"),
        pytest.raises(client("iam").exceptions.NoSuchEntityException),
    ):
        client("iam").list_users()
    with pytest.raises(botocore.exceptions.ClientError, match="ServiceUnavailable"):
        client("iam").list_users()
    empty.faults.clear()
    assert client("iam").list_users()["Users"] == []


def test_an_unknown_fault_says_what_there_is(empty: Emulator) -> None:
    with pytest.raises(InputError, match="one of none, denied"):
        empty.faults.add("*", "explode")
    with pytest.raises(InputError, match="latency_sec"):
        empty.faults.add("*", latency_sec=1)


def test_many_threads_are_served_at_once(empty: Emulator, client: Any) -> None:
    empty.faults.add("*", latency_ms=100)
    sts = client("sts", max_pool_connections=32)
    threads = [threading.Thread(target=sts.get_caller_identity) for _ in range(24)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - started
    assert empty.calls.count("sts:GetCallerIdentity") == 24
    # One after another, the calls would take as long as they do together, however long that is.
    assert sum(call.milliseconds for call in empty.calls) / 1000 > 2 * took
