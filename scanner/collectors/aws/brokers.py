"""Message brokers of Amazon MQ and machines of the Database Migration Service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.storage import Store

_FIELDS = ["category", "encrypted", "key_id", "public", "external_principals"]
_BROKERS = "mq:ListBrokers"
_BROKER = "mq:DescribeBroker"


@source(
    Store,
    fields=["category", "encrypted", "external_principals"],
    calls=[_BROKERS],
    always={"category": "broker"},
    per="region",
)
def brokers(aws: Aws) -> Iterator[Store]:
    """Brokers of Amazon MQ, which are always encrypted at rest (developer guide)."""
    for page in aws.pages(_BROKERS, MaxResults=100):
        for broker in page["BrokerSummaries"]:
            if broker["BrokerState"] in ("CREATION_FAILED", "DELETION_IN_PROGRESS"):
                continue
            yield Store(
                **aws.here(_BROKERS),
                subject=broker["BrokerArn"],
                name=broker.get("BrokerName") or broker["BrokerId"],
                category="broker",
                encrypted=True,
                external_principals=(),
            )


@brokers.detail(fields=["public", "key_id"], calls=[_BROKER])
def broker(aws: Aws, each: Store) -> dict[str, object]:
    found: dict[str, Any] = aws.call(_BROKER, BrokerId=each.subject.rsplit(":", 1)[-1])
    own = (found.get("EncryptionOptions") or {}).get("KmsKeyId")
    return {"public": found["PubliclyAccessible"], "key_id": own}


_MACHINES = "dms:DescribeReplicationInstances"


@source(
    Store,
    fields=_FIELDS,
    calls=[_MACHINES],
    always={"category": "replication-machine"},
    per="region",
)
def replication_machines(aws: Aws) -> Iterator[Store]:
    """Machines that move databases; what they hold meanwhile is always encrypted (user guide)."""
    for page in aws.pages(_MACHINES, MaxRecords=100):
        for machine in page["ReplicationInstances"]:
            yield Store(
                **aws.here(_MACHINES),
                subject=machine["ReplicationInstanceArn"],
                name=machine["ReplicationInstanceIdentifier"],
                category="replication-machine",
                encrypted=True,
                key_id=machine.get("KmsKeyId"),
                public=machine.get("PubliclyAccessible", False),
                external_principals=(),
            )
