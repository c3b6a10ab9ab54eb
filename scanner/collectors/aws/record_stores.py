"""Where an account keeps records, with all that decides who of the account may read them.

These are the buckets, log groups and event data stores that trails and flow logs write to, and the
event history that CloudTrail keeps by itself. A bucket of another account is judged there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.collectors.aws.access import Place, Statements
from scanner.collectors.aws.audit import event_data_store_list, trail_list
from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import policy_of
from scanner.collectors.aws.rights import mask, reading
from scanner.collectors.aws.s3 import NO_ENCRYPTION, NO_POLICY, bucket_arn
from scanner.collectors.aws.segments import flow_log_list
from scanner.collectors.base import Refused

_LIST_STORES = "cloudtrail:ListEventDataStores"
_STORE = "cloudtrail:GetEventDataStore"
STORE_POLICY = "cloudtrail:GetResourcePolicy"
_POLICY = "s3:GetBucketPolicy"
_ENCRYPTION = "s3:GetBucketEncryption"
_KEY_POLICY = "kms:GetKeyPolicy"
CALLS = {
    "cloudtrail:DescribeTrails": "cloudtrail:DescribeTrails",
    "ec2:DescribeFlowLogs": "ec2:DescribeFlowLogs",
    _LIST_STORES: _LIST_STORES,
    _STORE: _STORE,
    STORE_POLICY: STORE_POLICY,
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    _POLICY: _POLICY,
    _ENCRYPTION: "s3:GetEncryptionConfiguration",
    _KEY_POLICY: _KEY_POLICY,
}
"""Every call that reading the stores takes, with its permission."""

_FLOW = "vpcflowlogs/"
_OBJECTS = (mask(["s3:GetObject"]), mask(["s3:GetObjectVersion"]))
_EVENTS = tuple(
    mask([f"logs:{name}"])
    for name in ("FilterLogEvents", "GetLogEvents", "StartLiveTail", "StartQuery")
)
_RESULTS = (mask(["logs:GetLogRecord"]), mask(["logs:GetQueryResults"]))
_QUERY = (mask(["cloudtrail:StartQuery"]), mask(["cloudtrail:GetQueryResults"]))
_HISTORY = (mask(["cloudtrail:LookupEvents"]),)


@dataclass(frozen=True, slots=True)
class Lock:
    """The key that records are encrypted with, and its policy."""

    place: Place
    policy: Statements = ()
    refused: Refused | None = None
    """Why the policy is not known."""
    foreign: bool = False
    """It is a key of another account, whose policy cannot be read from here."""
    sure: bool = True
    """Records are encrypted with it for certain."""


@dataclass(frozen=True, slots=True)
class RecordStore:
    """One store: what reads it, how policies name it, its own policy and its key."""

    actions: tuple[int, ...]
    place: Place
    policy: Statements = ()
    refused: Refused | None = None
    """Why its own policy is not known."""
    lock: Lock | None = None

    @property
    def mask(self) -> int:
        """All of its actions at once."""
        return sum(self.actions)


def record_stores(aws: Aws) -> tuple[list[RecordStore], Refused | None]:
    """The stores of the account, and what hides others. Raises Refused."""
    found = [RecordStore(_HISTORY, Place("*"))]
    buckets: _Buckets = {}
    hidden: Refused | None = None
    for _, part in aws.each(aws.regions, lambda region: _in_region(aws, region)):
        if isinstance(part, Refused):
            hidden = hidden or part
            continue
        found += part.stores
        hidden = hidden or part.hidden
        for name, boxes in part.buckets.items():
            buckets.setdefault(name, set()).update(boxes)
    for _, more in aws.each(sorted(buckets.items()), lambda each: _bucket(aws, *each)):
        if isinstance(more, Refused):
            hidden = hidden or more
        else:
            found += more
    return found, hidden


_Buckets = dict[str, set[tuple[str, str | None]]]
"""Bucket -> how the names of records in it begin, with the key that the writer encrypts them by."""


@dataclass(frozen=True, slots=True)
class _Part:
    stores: list[RecordStore]
    buckets: _Buckets
    hidden: Refused | None = None
    """What leads to records that are not followed."""


def _in_region(aws: Aws, region: str) -> _Part | Refused:
    groups: set[str] = set()
    buckets: _Buckets = {}
    hidden: Refused | None = None
    try:
        for trail in trail_list(aws, region):
            box = (_trail_prefix(trail), trail.get("KmsKeyId"))
            buckets.setdefault(trail["S3BucketName"], set()).add(box)
            if "CloudWatchLogsLogGroupArn" in trail:
                groups.add(trail["CloudWatchLogsLogGroupArn"].removesuffix(":*"))
        for log in flow_log_list(aws, region):
            to_bucket = log.get("LogDestinationType") == "s3"
            if to_bucket and "LogDestination" in log:
                name, prefix = _flow_prefix(log, aws.account)
                buckets.setdefault(name, set()).add((prefix, None))
            elif not to_bucket and "LogGroupName" in log:
                where = f"arn:{aws.partition}:logs:{region}:{aws.account}"
                groups.add(f"{where}:log-group:{log['LogGroupName']}")
            else:
                words = f"flow log {log['FlowLogId']} leads to a place that is not followed"
                hidden = Refused("not-supported", "ec2:DescribeFlowLogs", words)
        own = sorted(arn for arn in groups if f":{aws.account}:" in arn)
        stores = [RecordStore(_EVENTS, Place(f"{arn}:", many=True)) for arn in own]
        if own:
            # Results of queries are nobody's resource: whoever may read them may read them all.
            stores.append(RecordStore(_RESULTS, Place("*")))
        return _Part([*stores, *_event_data_stores(aws, region)], buckets, hidden)
    except Refused as refused:
        return refused


def _trail_prefix(trail: Mapping[str, Any]) -> str:
    """How a trail's files are named: those of digests and insights as well.

    Those of an organisation carry its id, which the trail does not tell.
    """
    start = trail.get("S3KeyPrefix") or ""
    owner = trail["TrailARN"].split(":")[4]
    rest = "" if trail["IsOrganizationTrail"] else f"{owner}/CloudTrail"
    return f"{start}/AWSLogs/{rest}".lstrip("/")


def _flow_prefix(log: Mapping[str, Any], account: str) -> tuple[str, str]:
    """Bucket, and how the files of a flow log in it are named."""
    name, _, start = log["LogDestination"].split(":::")[1].partition("/")
    by_key = (log.get("DestinationOptions") or {}).get("HiveCompatiblePartitions")
    rest = f"aws-account-id={account}/aws-service=" if by_key else f"{account}/"
    return name, f"{start.rstrip('/')}/AWSLogs/{rest}{_FLOW}".lstrip("/")


def store_policy(aws: Aws, arn: str, region: str) -> Mapping[str, Any]:
    """The policy of an event data store, empty where it has none. Raises Refused."""

    def read() -> Mapping[str, Any]:
        none = "ResourcePolicyNotFoundException"
        answer = aws.maybe(STORE_POLICY, none, at=region, ResourceArn=arn)
        return policy_of(STORE_POLICY, (answer or {}).get("ResourcePolicy"))

    return aws.shared(("store-policy", arn), read)


def _event_data_stores(aws: Aws, region: str) -> Iterator[RecordStore]:
    for each in event_data_store_list(aws, region):
        arn = each["EventDataStoreArn"]
        key = aws.call(_STORE, at=region, EventDataStore=arn).get("KmsKeyId")
        try:
            policy, refused = reading(store_policy(aws, arn, region)), None
        except Refused as error:
            policy, refused = (), error
        lock = None if key is None else _lock(aws, key)
        yield RecordStore(_QUERY, Place(arn), policy, refused, lock)


def _bucket(aws: Aws, name: str, boxes: set[tuple[str, str | None]]) -> list[RecordStore] | Refused:
    try:
        region = _own_bucket_region(aws, name)
        if region is None:
            return _elsewhere(name, boxes)
        policy: Statements = ()
        refused: Refused | None = None
        try:
            answer = aws.maybe(_POLICY, NO_POLICY, at=region, Bucket=name)
            policy = reading(policy_of(_POLICY, (answer or {}).get("Policy")))
        except Refused as error:
            refused = error
        keyless = any(key is None for _, key in boxes)
        usual = _usual_lock(aws, name, region) if keyless else None
        return [
            RecordStore(
                _OBJECTS,
                Place(f"{bucket_arn(aws, name)}/{prefix}", many=True),
                policy,
                refused,
                usual if key is None else _lock(aws, key, via=f"s3.{region}"),
            )
            for prefix, key in sorted(boxes, key=str)
        ]
    except Refused as error:
        return error


def _elsewhere(name: str, boxes: set[tuple[str, str | None]]) -> list[RecordStore] | Refused:
    """Another account's bucket: it sees what trails bring there, and nothing of flow logs."""
    if any(prefix.endswith(_FLOW) for prefix, _ in boxes):
        words = f"flow logs go to the bucket {name} of another account, which does not see them"
        return Refused("not-supported", "ec2:DescribeFlowLogs", words)
    return []


def _own_bucket_region(aws: Aws, name: str) -> str | None:
    """Where this account's bucket is; None: the bucket is not this account's."""
    for page in aws.pages("s3:ListBuckets", MaxBuckets=1000, Prefix=name):
        for bucket in page.get("Buckets") or ():
            if bucket["Name"] == name:
                return str(bucket.get("BucketRegion") or aws.home)
    return None


def _usual_lock(aws: Aws, name: str, region: str) -> Lock | None:
    """The bucket's own key, which a writer that names none may or may not use."""
    answer = aws.maybe(_ENCRYPTION, NO_ENCRYPTION, at=region, Bucket=name) or {}
    rules: Iterable[dict[str, Any]] = answer.get("ServerSideEncryptionConfiguration", {}).get(
        "Rules", ()
    )
    for rule in rules:
        key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
        # Whoever may read through S3 may use the key that AWS manages for S3.
        if key is not None and not key.endswith("alias/aws/s3"):
            if not key.startswith("arn:"):
                key = f"arn:{aws.partition}:kms:{region}:{aws.account}:{_key_part(key)}"
            return _lock(aws, key, sure=False, via=f"s3.{region}")
    return None


def _key_part(key: str) -> str:
    return key if key.startswith("alias/") else f"key/{key}"


def _lock(aws: Aws, key: str, *, sure: bool = True, via: str | None = None) -> Lock:
    """via: the service that asks for the key when records are read."""
    _, _, _, region, account, part = key.split(":", 5)
    given = () if via is None else (("kms:viaservice", f"{via}.amazonaws.com"),)
    place = Place(key, given=given)

    def unread(why: str) -> Lock:
        refused = Refused("not-supported", _KEY_POLICY, f"the key {key} {why}")
        return Lock(place, (), refused, account != aws.account, sure)

    def read() -> Statements:
        answer = aws.call(_KEY_POLICY, at=region, KeyId=key, PolicyName="default")
        return reading(policy_of(_KEY_POLICY, answer["Policy"]))

    if account != aws.account:
        return unread("belongs to another account")
    if part.startswith("alias/"):
        return unread("is named by an alias")
    try:
        return Lock(place, aws.shared(("key-readers", key), read), sure=sure)
    except Refused as refused:
        return Lock(place, (), refused, sure=sure)
