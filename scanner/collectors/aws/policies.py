"""Resources that a policy of their own can open: queues, topics, functions, image registries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import opened_by
from scanner.collectors.aws.software import function_list
from scanner.collectors.base import source
from scanner.facts.services import Baseline
from scanner.facts.storage import Store

_SHARED = ["public", "external_principals"]


@source(
    Store,
    fields=["category"],
    calls=["sqs:ListQueues"],
    always={"category": "queue"},
    per="region",
)
def queues(aws: Aws) -> Iterator[Store]:
    """Queues of SQS, by their address."""
    for page in aws.pages("sqs:ListQueues", MaxResults=1000):
        for url in page.get("QueueUrls") or ():
            yield Store(
                **aws.here("sqs:ListQueues"),
                subject=url,
                name=url.rsplit("/", 1)[-1],
                category="queue",
            )


@queues.detail(fields=[*_SHARED, "encrypted", "key_id"], calls=["sqs:GetQueueAttributes"])
def queue_attributes(aws: Aws, queue: Store) -> dict[str, object]:
    operation = "sqs:GetQueueAttributes"
    names = ["Policy", "KmsMasterKeyId", "SqsManagedSseEnabled"]
    answer = aws.call(operation, QueueUrl=queue.subject, AttributeNames=names)
    found = answer.get("Attributes") or {}
    key = found.get("KmsMasterKeyId") or None
    return {
        **opened_by(operation, found.get("Policy"), aws.account),
        "encrypted": key is not None or found.get("SqsManagedSseEnabled") == "true",
        "key_id": key,
    }


@source(
    Store,
    fields=["category"],
    calls=["sns:ListTopics"],
    always={"category": "topic"},
    per="region",
)
def topics(aws: Aws) -> Iterator[Store]:
    """Topics of SNS."""
    for page in aws.pages("sns:ListTopics"):
        for topic in page["Topics"]:
            yield Store(
                **aws.here("sns:ListTopics"),
                subject=topic["TopicArn"],
                name=topic["TopicArn"].rsplit(":", 1)[-1],
                category="topic",
            )


@topics.detail(fields=[*_SHARED, "encrypted", "key_id"], calls=["sns:GetTopicAttributes"])
def topic_attributes(aws: Aws, topic: Store) -> dict[str, object]:
    operation = "sns:GetTopicAttributes"
    found = aws.call(operation, TopicArn=topic.subject)["Attributes"]
    key = found.get("KmsMasterKeyId") or None
    policy = opened_by(operation, found.get("Policy"), aws.account)
    return {**policy, "encrypted": key is not None, "key_id": key}


@source(
    Store,
    fields=["category", "encrypted"],
    calls=["lambda:ListFunctions"],
    always={"category": "function"},
    per="region",
)
def functions(aws: Aws) -> Iterator[Store]:
    """Functions of Lambda, whose code and settings the service always encrypts at rest."""
    for function in function_list(aws):
        yield Store(
            **aws.here("lambda:ListFunctions"),
            subject=function["FunctionArn"],
            name=function["FunctionName"],
            category="function",
            encrypted=True,
        )


@functions.detail(fields=_SHARED, calls=["lambda:GetPolicy"])
def function_policy(aws: Aws, function: Store) -> dict[str, object]:
    operation = "lambda:GetPolicy"
    answer = aws.maybe(operation, "ResourceNotFoundException", FunctionName=function.name)
    return opened_by(operation, (answer or {}).get("Policy"), aws.account)


@source(
    Store,
    fields=["category", "encrypted", "key_id"],
    calls=["ecr:DescribeRepositories"],
    always={"category": "image-registry"},
    per="region",
)
def image_registries(aws: Aws) -> Iterator[Store]:
    """Repositories of ECR; images are always encrypted at rest, with a key of choice."""
    for page in aws.pages("ecr:DescribeRepositories", maxResults=1000):
        for each in page["repositories"]:
            yield Store(
                **aws.here("ecr:DescribeRepositories"),
                subject=each["repositoryArn"],
                name=each["repositoryName"],
                category="image-registry",
                encrypted=True,
                key_id=(each.get("encryptionConfiguration") or {}).get("kmsKey"),
            )


@image_registries.detail(fields=_SHARED, calls=["ecr:GetRepositoryPolicy"])
def image_registry_policy(aws: Aws, registry: Store) -> dict[str, object]:
    operation = "ecr:GetRepositoryPolicy"
    answer = aws.maybe(operation, "RepositoryPolicyNotFoundException", repositoryName=registry.name)
    return opened_by(operation, (answer or {}).get("policyText"), aws.account)


_SECRETS = "secretsmanager:ListSecrets"
_SECRET_POLICY = "secretsmanager:GetResourcePolicy"


@source(
    Store,
    fields=["category", "encrypted", "key_id"],
    calls=[_SECRETS],
    always={"category": "secret"},
    per="region",
)
def secrets(aws: Aws) -> Iterator[Store]:
    """Secrets of Secrets Manager by name, never their value; always encrypted (user guide)."""
    for page in aws.pages(_SECRETS, MaxResults=100):
        for each in page["SecretList"]:
            yield Store(
                **aws.here(_SECRETS),
                subject=each["ARN"],
                name=each["Name"],
                category="secret",
                encrypted=True,
                key_id=each.get("KmsKeyId"),
            )


@secrets.detail(fields=_SHARED, calls=[_SECRET_POLICY])
def secret_policy(aws: Aws, secret: Store) -> dict[str, object]:
    answer = aws.call(_SECRET_POLICY, SecretId=secret.subject)
    return opened_by(_SECRET_POLICY, answer.get("ResourcePolicy"), aws.account)


_BLOCKS = {
    "ec2:GetSnapshotBlockPublicAccessState": ("State", "snapshots of disks", "snapshots"),
    "ec2:GetImageBlockPublicAccessState": (
        "ImageBlockPublicAccessState",
        "machine images",
        "images",
    ),
}


@source(
    Baseline,
    fields=["system", "enforced"],
    calls=list(_BLOCKS),
    always={"system": "public-sharing-block"},
    per="region",
)
def public_sharing_blocks(aws: Aws) -> Iterator[Baseline]:
    """Whether the region refuses to share snapshots and machine images with everybody."""
    for operation, (member, what, short) in _BLOCKS.items():
        state: Any = aws.call(operation)[member]
        yield Baseline(
            **aws.here(operation),
            subject=f"{aws.account}/{aws.region}/block-public-{short}",
            name=f"public sharing of {what} in {aws.region}",
            system="public-sharing-block",
            # `block-new-sharing` leaves in place what is shared already; each one is judged itself.
            enforced=state in ("block-all-sharing", "block-new-sharing"),
        )
