"""The floor: bare boto3 in a pool of threads, with exactly the calls that the facts take.

`python -m tests.bench.aws.floor '{"endpoint": ..., "regions": [...], "operations": [...]}'`. It
keeps nothing, judges nothing and knows nothing of cmmc-scan: the table below says by hand what
has to be asked for each operation, and `operations` which of them are.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from tests.bench.aws.client import CREDENTIALS, figures

THREADS = 32

# Asked once an account: operation, and its parameters.
ACCOUNT: dict[str, dict[str, Any]] = {
    "iam:GenerateCredentialReport": {},
    "iam:GetAccountAuthorizationDetails": {"MaxItems": 1000},
    "iam:GetAccountSummary": {},
    "iam:GetAccountPasswordPolicy": {},
    "s3control:GetPublicAccessBlock": {"AccountId": "ACCOUNT"},
    "s3:ListBuckets": {"MaxBuckets": 1000},
}
# Asked in every region.
REGIONAL: dict[str, dict[str, Any]] = {
    "cloudtrail:DescribeTrails": {},
    "cloudtrail:ListEventDataStores": {},
    "config:DescribeConfigurationRecorders": {},
    "dax:DescribeClusters": {"MaxResults": 100},
    "dms:DescribeReplicationInstances": {"MaxRecords": 100},
    "dynamodb:ListTables": {},
    "ec2:DescribeImages": {"Owners": ["self"], "IncludeDisabled": True, "MaxResults": 1000},
    "ec2:DescribeInstances": {"MaxResults": 1000},
    "ec2:DescribeNetworkInterfaces": {"MaxResults": 1000},
    "ec2:DescribeSecurityGroups": {"MaxResults": 1000},
    "ec2:DescribeSnapshots": {"OwnerIds": ["self"], "MaxResults": 1000},
    "ec2:DescribeVolumes": {"MaxResults": 500},
    "ec2:GetEbsEncryptionByDefault": {},
    "ecr:DescribeRepositories": {"maxResults": 1000},
    "efs:DescribeFileSystems": {},
    "elasticache:DescribeCacheClusters": {
        "ShowCacheClustersNotInReplicationGroups": True,
        "MaxRecords": 100,
    },
    "elasticache:DescribeReplicationGroups": {"MaxRecords": 100},
    "elasticache:DescribeServerlessCaches": {"MaxResults": 50},
    "firehose:ListDeliveryStreams": {"DeliveryStreamType": "DirectPut", "Limit": 10_000},
    "fsx:DescribeFileSystems": {"MaxResults": 100},
    "kafka:ListClustersV2": {"MaxResults": 100},
    "kinesis:ListStreams": {"Limit": 1000},
    "kms:ListKeys": {"Limit": 1000},
    "lambda:ListFunctions": {},
    "logs:DescribeLogGroups": {"limit": 50},
    "memorydb:DescribeClusters": {"MaxResults": 50},
    "mq:ListBrokers": {"MaxResults": 100},
    "opensearch:ListDomainNames": {},
    "opensearchserverless:ListCollections": {"maxResults": 100},
    "rds:DescribeDBClusterSnapshots": {"MaxRecords": 100},
    "rds:DescribeDBClusters": {},
    "rds:DescribeDBInstances": {},
    "rds:DescribeDBSnapshots": {"SnapshotType": "manual"},
    "redshift-serverless:ListNamespaces": {},
    "redshift:DescribeClusterSnapshots": {"MaxRecords": 100},
    "redshift:DescribeClusters": {"MaxRecords": 100},
    "sagemaker:ListNotebookInstances": {"MaxResults": 100},
    "secretsmanager:ListSecrets": {"MaxResults": 100},
    "sns:ListTopics": {},
    "sqs:ListQueues": {"MaxResults": 1000},
    "workspaces:DescribeWorkspaces": {},
}
# For each thing of a listing: (operation, its parameters from the thing).
EACH: dict[str, tuple[str, list[tuple[str, Callable[[Any], dict[str, Any]]]]]] = {
    "s3:ListBuckets": (
        "Buckets",
        [
            (f"s3:{name}", lambda bucket: {"Bucket": bucket["Name"]})
            for name in (
                "GetBucketEncryption",
                "GetPublicAccessBlock",
                "GetBucketPolicyStatus",
                "GetBucketAcl",
                "GetBucketPolicy",
            )
        ],
    ),
    "kms:ListKeys": (
        "Keys",
        [
            (f"kms:{name}", lambda key: {"KeyId": key["KeyArn"]})
            for name in ("DescribeKey", "GetKeyRotationStatus")
        ]
        + [("kms:GetKeyPolicy", lambda key: {"KeyId": key["KeyArn"], "PolicyName": "default"})],
    ),
    "ec2:DescribeSnapshots": (
        "Snapshots",
        [
            (
                "ec2:DescribeSnapshotAttribute",
                lambda each: {
                    "SnapshotId": each["SnapshotId"],
                    "Attribute": "createVolumePermission",
                },
            )
        ],
    ),
}
# Asked with what another answer gave, or only of things that a generated account has none of.
AFTER = {
    "iam:GetCredentialReport",
    "cloudtrail:GetEventDataStore",
    "dynamodb:GetResourcePolicy",
    "ecr:GetRepositoryPolicy",
    "ec2:DescribeImageAttribute",
    "efs:DescribeFileSystemPolicy",
    "firehose:DescribeDeliveryStream",
    "kafka:GetClusterPolicy",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetResourcePolicy",
    "lambda:GetPolicy",
    "mq:DescribeBroker",
    "opensearch:DescribeDomains",
    "opensearchserverless:GetAccessPolicy",
    "opensearchserverless:ListAccessPolicies",
    "rds:DescribeDBClusterParameters",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBParameters",
    "rds:DescribeDBSnapshotAttributes",
    "redshift-serverless:ListWorkgroups",
    "redshift:DescribeClusterParameters",
    "s3:GetBucketLifecycleConfiguration",
    "secretsmanager:GetResourcePolicy",
    "sns:GetTopicAttributes",
    "sqs:GetQueueAttributes",
}


def unknown(operations: list[str]) -> list[str]:
    """Operations that the table does not say how to ask for."""
    each = {operation for _, follow in EACH.values() for operation, _ in follow}
    return sorted(set(operations) - ACCOUNT.keys() - REGIONAL.keys() - each - AFTER)


class _Floor:
    def __init__(self, endpoint: str, operations: list[str]) -> None:
        import boto3
        from botocore.config import Config

        self._session, self._endpoint = boto3.Session(), endpoint
        self._wanted = set(operations)
        self._config = Config(max_pool_connections=THREADS, s3={"addressing_style": "path"})
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(THREADS)
        self._waiting: queue.SimpleQueue[Future[object]] = queue.SimpleQueue()

    def client(self, service: str, region: str) -> Any:
        with self._lock:
            made = self._clients.get((service, region))
            if made is None:
                made = self._session.client(
                    service, region_name=region, endpoint_url=self._endpoint, config=self._config
                )
                made.meta.events.register("before-sign", self._here)
                self._clients[service, region] = made
        return made

    def _here(self, request: Any, **_: Any) -> None:
        from urllib.parse import urlsplit, urlunsplit

        host = urlsplit(self._endpoint).netloc
        request.url = urlunsplit(urlsplit(request.url)._replace(netloc=host))

    def start(self, task: Callable[[], object]) -> None:
        self._waiting.put(self._pool.submit(task))

    def listing(self, operation: str, region: str, params: dict[str, Any]) -> None:
        found, follow = EACH.get(operation, ("", []))
        for page in self._pages(operation, region, params):
            for thing in page.get(found) or ():
                for detail, given in follow:
                    if detail in self._wanted:
                        self.start(partial(self._one, detail, region, given(thing)))
            if operation == "ec2:DescribeSnapshots" and "OwnerIds" in params:
                # Which of them everybody may restore is one call, not one for each.
                everybody = {**params, "RestorableByUserIds": ["all"]}
                self.start(partial(self._one, operation, region, everybody))
            if operation == "iam:GenerateCredentialReport":
                self._one("iam:GetCredentialReport", region, {})

    def _pages(
        self, operation: str, region: str, params: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        method, client = self._method(operation, region)
        if client.can_paginate(method):
            yield from client.get_paginator(method).paginate(**params)
        else:
            answer = self._one(operation, region, params)
            if answer is not None:
                yield answer

    def _one(self, operation: str, region: str, params: dict[str, Any]) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        method, client = self._method(operation, region)
        try:
            return dict(getattr(client, method)(**params))
        except ClientError:
            return None  # nothing of that kind is set

    def _method(self, operation: str, region: str) -> tuple[str, Any]:
        from botocore import xform_name

        service, _, name = operation.partition(":")
        return xform_name(name), self.client(service, region)

    def run(self, regions: list[str]) -> None:
        home = regions[0]
        identity = self._one("sts:GetCallerIdentity", home, {}) or {}
        for operation, params in ACCOUNT.items():
            if operation in self._wanted:
                if "AccountId" in params:
                    params = {"AccountId": identity["Account"]}
                self.start(partial(self.listing, operation, home, params))
        for region in regions:
            for operation, params in REGIONAL.items():
                if operation in self._wanted:
                    self.start(partial(self.listing, operation, region, params))
        while not self._waiting.empty():
            self._waiting.get().result()


def main(asked: dict[str, Any]) -> None:
    started = time.monotonic()
    operations = asked["operations"]
    missing = unknown(operations)
    if missing:
        raise SystemExit(f"floor.py does not say how to ask for {', '.join(missing)}")
    _Floor(asked["endpoint"], operations).run(asked["regions"])
    print(json.dumps(figures(started, started, 0.0)))


if __name__ == "__main__":
    os.environ.update(CREDENTIALS)
    main(json.loads(sys.argv[1]))
