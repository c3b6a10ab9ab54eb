"""Streams of Kinesis, delivery streams and clusters of MSK, which keep what passes for a while."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import opened_by
from scanner.collectors.base import Refused, source
from scanner.facts.storage import Store

_STREAM = {"category": "stream"}
_SHARED = ["public", "external_principals"]
_STREAMS = "kinesis:ListStreams"
_SUMMARY = "kinesis:DescribeStreamSummary"
_KINESIS_POLICY = "kinesis:GetResourcePolicy"


@source(
    Store,
    fields=["category", "tls_required"],
    calls=[_STREAMS],
    always=_STREAM,
    per="region",
)
def data_streams(aws: Aws) -> Iterator[Store]:
    """Streams of Kinesis, whose interface speaks TLS only."""
    for page in aws.pages(_STREAMS, Limit=1000):
        for stream in page["StreamSummaries"]:
            yield Store(
                **aws.here(_STREAMS),
                subject=stream["StreamARN"],
                name=stream["StreamName"],
                category="stream",
                tls_required=True,
            )


@data_streams.detail(fields=["encrypted", "key_id"], calls=[_SUMMARY])
def data_stream_key(aws: Aws, stream: Store) -> dict[str, object]:
    found = aws.call(_SUMMARY, StreamARN=stream.subject)["StreamDescriptionSummary"]
    # Absent from streams that never had a key.
    return {
        "encrypted": found.get("EncryptionType", "NONE") != "NONE",
        "key_id": found.get("KeyId"),
    }


@data_streams.detail(fields=_SHARED, calls=[_KINESIS_POLICY])
def data_stream_policy(aws: Aws, stream: Store) -> dict[str, object]:
    answer = aws.maybe(_KINESIS_POLICY, "ResourceNotFoundException", ResourceARN=stream.subject)
    return opened_by(_KINESIS_POLICY, (answer or {}).get("Policy"), aws.account)


_DELIVERIES = "firehose:ListDeliveryStreams"
_DELIVERY = "firehose:DescribeDeliveryStream"


@source(
    Store,
    fields=["category", "tls_required", *_SHARED],
    calls=[_DELIVERIES],
    always=_STREAM,
    per="region",
)
def delivery_streams(aws: Aws) -> Iterator[Store]:
    """Delivery streams of Firehose that are written to directly; others keep nothing themselves.

    Their interface speaks TLS only, and no policy can be put on one.
    """
    for name in _delivery_names(aws):
        yield Store(
            **aws.here(_DELIVERIES),
            subject=f"arn:{aws.partition}:firehose:{aws.region}:{aws.account}:deliverystream/{name}",
            name=name,
            category="stream",
            tls_required=True,
            public=False,
            external_principals=(),
        )


def _delivery_names(aws: Aws) -> Iterator[str]:
    """By name, page after page: where the last one ended is what the next one is asked with."""
    after: dict[str, str] = {}
    while True:
        page = aws.call(_DELIVERIES, DeliveryStreamType="DirectPut", Limit=10_000, **after)
        names = page["DeliveryStreamNames"]
        yield from names
        if not page["HasMoreDeliveryStreams"] or not names:
            return
        after = {"ExclusiveStartDeliveryStreamName": names[-1]}


@delivery_streams.detail(fields=["encrypted", "key_id"], calls=[_DELIVERY])
def delivery_stream_key(aws: Aws, stream: Store) -> dict[str, object]:
    answer = aws.call(_DELIVERY, DeliveryStreamName=stream.name)
    found = answer["DeliveryStreamDescription"].get("DeliveryStreamEncryptionConfiguration") or {}
    state = found.get("Status", "DISABLED")
    if state.endswith("_FAILED"):
        # What was tried last; an older key may be in force, or none.
        raise Refused("not-supported", _DELIVERY, f"{state} does not tell what is in force")
    return {"encrypted": state == "ENABLED", "key_id": found.get("KeyARN")}


_CLUSTERS = "kafka:ListClustersV2"
_KAFKA_POLICY = "kafka:GetClusterPolicy"


@source(
    Store,
    fields=["category", "encrypted", "key_id", "tls_required"],
    calls=[_CLUSTERS],
    always=_STREAM,
    per="region",
)
def kafka_clusters(aws: Aws) -> Iterator[Store]:
    """Clusters of MSK, which are always encrypted at rest (developer guide)."""
    for page in aws.pages(_CLUSTERS, MaxResults=100):
        for cluster in page["ClusterInfoList"]:
            own = cluster.get("Provisioned")
            yield Store(
                **aws.here(_CLUSTERS),
                subject=cluster["ClusterArn"],
                name=cluster["ClusterName"],
                category="stream",
                encrypted=True,
                **(_provisioned(own) if own else {"key_id": None, "tls_required": True}),
            )


def _provisioned(cluster: dict[str, Any]) -> dict[str, Any]:
    """A cluster with brokers of its own; serverless ones speak TLS only."""
    info = cluster.get("EncryptionInfo") or {}
    moving = info.get("EncryptionInTransit") or {}
    return {
        "key_id": (info.get("EncryptionAtRest") or {}).get("DataVolumeKMSKeyId"),
        # The defaults of its interface, where an answer leaves them out.
        "tls_required": moving.get("ClientBroker", "TLS_PLAINTEXT") == "TLS"
        and moving.get("InCluster", True),
    }


@kafka_clusters.detail(fields=_SHARED, calls=[_KAFKA_POLICY])
def kafka_policy(aws: Aws, cluster: Store) -> dict[str, object]:
    answer = aws.maybe(_KAFKA_POLICY, "NotFoundException", ClusterArn=cluster.subject)
    # Brokers that are reached from the internet always ask who is there (developer guide).
    return opened_by(_KAFKA_POLICY, (answer or {}).get("Policy"), aws.account)
