"""S3: buckets with what keeps them private, encrypted and unchanged. Each detail is one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.times import days_until
from scanner.collectors.base import Refused, source
from scanner.facts.storage import Store

NO_LIFECYCLE = "NoSuchLifecycleConfiguration"
NO_LOCK = "ObjectLockConfigurationNotFoundError"
_NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
NO_POLICY = "NoSuchBucketPolicy"
NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_GROUPS = ("/global/AllUsers", "/global/AuthenticatedUsers")
_PAGE = 1000
_DAYS_A_YEAR = 365


def bucket_arn(aws: Aws, name: str) -> str:
    """The subject of a bucket that is known by its name only (a trail names no more)."""
    return f"arn:{aws.partition}:s3:::{name}"


@source(
    Store,
    fields=["category"],
    calls={"s3:ListBuckets": "s3:ListAllMyBuckets"},
    always={"category": "bucket"},
)
def buckets(aws: Aws) -> Iterator[Store]:
    """S3 buckets of the account, whatever their region."""
    here = aws.here("s3:ListBuckets")
    # A bucket's region is answered only if the request has a parameter.
    for page in aws.pages("s3:ListBuckets", MaxBuckets=_PAGE):
        for bucket in page.get("Buckets") or ():
            name = bucket["Name"]
            yield Store(
                **{**here, "region": bucket.get("BucketRegion")},
                subject=bucket.get("BucketArn") or bucket_arn(aws, name),
                name=name,
                category="bucket",
            )


def _read(aws: Aws, operation: str, bucket: Store, *none_on: str) -> dict[str, Any] | None:
    return aws.maybe(operation, *none_on, at=bucket.region, Bucket=bucket.name)


@buckets.detail(
    fields=["encrypted", "key_id"],
    calls={"s3:GetBucketEncryption": "s3:GetEncryptionConfiguration"},
)
def bucket_encryption(aws: Aws, bucket: Store) -> dict[str, object]:
    answer = _read(aws, "s3:GetBucketEncryption", bucket, NO_ENCRYPTION)
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer is not None else []
    defaults = [
        r["ApplyServerSideEncryptionByDefault"]
        for r in rules
        if "ApplyServerSideEncryptionByDefault" in r
    ]
    if not defaults:
        return {"encrypted": False, "key_id": None}
    # aws:kms without a key means the AWS managed key of S3.
    return {"encrypted": True, "key_id": defaults[0].get("KMSMasterKeyID")}


def _account_block(aws: Aws) -> dict[str, bool]:
    def read() -> dict[str, bool]:
        answer = aws.maybe(
            "s3control:GetPublicAccessBlock", _NO_BLOCK, at=aws.home, AccountId=aws.account
        )
        return answer["PublicAccessBlockConfiguration"] if answer is not None else {}

    return aws.shared("s3-account-block", read)


def _blocks(aws: Aws, bucket: Store) -> dict[str, bool]:
    """The four switches in force: AWS applies the stricter of account and bucket."""
    account = _account_block(aws)
    if all(account.get(each) is True for each in _BLOCKS):
        return dict.fromkeys(_BLOCKS, True)

    def read() -> dict[str, bool]:
        answer = _read(aws, "s3:GetPublicAccessBlock", bucket, _NO_BLOCK)
        return answer["PublicAccessBlockConfiguration"] if answer is not None else {}

    own = aws.shared(("bucket-block", bucket.subject), read)
    return {each: account.get(each) is True or own.get(each) is True for each in _BLOCKS}


_BLOCK_CALLS = {
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
}


@buckets.detail(fields=["public_blocked"], calls=_BLOCK_CALLS)
def bucket_public_block(aws: Aws, bucket: Store) -> dict[str, object]:
    return {"public_blocked": all(_blocks(aws, bucket).values())}


@buckets.detail(
    fields=["public"],
    calls={
        **_BLOCK_CALLS,
        "s3:GetBucketPolicyStatus": "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl": "s3:GetBucketAcl",
    },
)
def bucket_public(aws: Aws, bucket: Store) -> dict[str, object]:
    blocks = _blocks(aws, bucket)
    if not blocks["RestrictPublicBuckets"]:
        answer = _read(aws, "s3:GetBucketPolicyStatus", bucket, NO_POLICY)
        if answer is not None:
            public = answer.get("PolicyStatus", {}).get("IsPublic")
            if public is None:
                raise Refused("broken", "s3:GetBucketPolicyStatus", "the answer lacks IsPublic")
            if public:
                return {"public": True}
    if not blocks["IgnorePublicAcls"]:
        answer = _read(aws, "s3:GetBucketAcl", bucket)
        grants = answer["Grants"] if answer is not None else []
        if any(str(g["Grantee"].get("URI", "")).endswith(_GROUPS) for g in grants):
            return {"public": True}
    return {"public": False}


@buckets.detail(fields=["tls_required", "external_principals"], calls=["s3:GetBucketPolicy"])
def bucket_policy(aws: Aws, bucket: Store) -> dict[str, object]:
    from scanner.collectors.aws.grants import outside, policy_of, refuses_plaintext

    answer = _read(aws, "s3:GetBucketPolicy", bucket, NO_POLICY)
    if answer is None:
        return {"tls_required": False, "external_principals": ()}
    document = policy_of("s3:GetBucketPolicy", answer["Policy"])
    return {
        "tls_required": refuses_plaintext(document, bucket.subject),
        "external_principals": outside(document, aws.account),
    }


@buckets.detail(fields=["versioned"], calls={"s3:GetBucketVersioning": "s3:GetBucketVersioning"})
def bucket_versioning(aws: Aws, bucket: Store) -> dict[str, object]:
    answer = _read(aws, "s3:GetBucketVersioning", bucket)
    # No Status at all: versioning was never switched on (S3 API, GetBucketVersioning).
    return {"versioned": answer is not None and answer.get("Status") == "Enabled"}


@buckets.detail(
    fields=["expires_after_days"],
    calls={"s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration"},
)
def bucket_lifecycle(aws: Aws, bucket: Store) -> dict[str, object]:
    answer = _read(aws, "s3:GetBucketLifecycleConfiguration", bucket, NO_LIFECYCLE)
    rules = answer["Rules"] if answer is not None else []
    return {"expires_after_days": expiry_days(rules, bucket.observed_at, "")}


@buckets.detail(
    fields=["lock_days"],
    calls={"s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration"},
)
def bucket_lock(aws: Aws, bucket: Store) -> dict[str, object]:
    return {"lock_days": lock_of(_read(aws, "s3:GetObjectLockConfiguration", bucket, NO_LOCK))[0]}


@buckets.detail(fields=["access_logged"], calls={"s3:GetBucketLogging": "s3:GetBucketLogging"})
def bucket_logging(aws: Aws, bucket: Store) -> dict[str, object]:
    answer = _read(aws, "s3:GetBucketLogging", bucket)
    return {"access_logged": answer is not None and "LoggingEnabled" in answer}


def expiry_days(rules: Iterable[Mapping[str, Any]], observed_at: str, prefix: str) -> int | None:
    """Days after which the first lifecycle rule may delete a current object; None: never.

    prefix: only objects below it count; a rule of another prefix does not reach them. A rule
    narrowed by tag or size is counted as if it could reach any of them: what it spares is unknown.
    A rule with a date deletes everything once that date has come.
    """
    found = []
    for rule in rules:
        if rule.get("Status") != "Enabled" or not _reaches(rule, prefix):
            continue
        expiration = rule.get("Expiration") or {}
        if "Days" in expiration:
            found.append(int(expiration["Days"]))
        elif "Date" in expiration:
            date = expiration["Date"]
            if isinstance(date, datetime):
                aware = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
                found.append(max(0, days_until(aware, observed_at)))
    return min(found, default=None)


def _reaches(rule: Mapping[str, Any], prefix: str) -> bool:
    narrow = rule.get("Filter") or {}
    own = (
        rule.get("Prefix") or narrow.get("Prefix") or (narrow.get("And") or {}).get("Prefix") or ""
    )
    return prefix.startswith(own) or own.startswith(prefix)


def lock_of(answer: Mapping[str, Any] | None) -> tuple[int | None, str | None]:
    """Days and mode of the default object lock; (None, None) without one."""
    if answer is None:
        return None, None
    default = (answer["ObjectLockConfiguration"].get("Rule") or {}).get("DefaultRetention") or {}
    days = default.get("Days") or (default.get("Years") or 0) * _DAYS_A_YEAR or None
    return days, default.get("Mode")
