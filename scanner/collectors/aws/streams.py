"""Streams of Kinesis and clusters of MSK, which keep what passes for days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import opened_by
from scanner.collectors.base import source
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
