"""Every resource that moto holds is traced to its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import terraform_project as project
from terraform_project import LINES, resource

from scanner.errors import InputError
from scanner.findings import Finding
from scanner.origin import attach, find_origins

REGION = "us-east-1"


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[list[dict[str, Any]], dict[str, str]]]:
    """State entries for what was made in moto, and subject -> the resource's type."""
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    with moto.mock_aws():
        aws = boto3.Session(
            aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x", region_name=REGION
        )
        entries: list[dict[str, Any]] = []
        s3, logs, iam, kms = (aws.client(n) for n in ("s3", "logs", "iam", "kms"))
        ec2, trail = aws.client("ec2"), aws.client("cloudtrail")
        for n in range(2):
            s3.create_bucket(Bucket=f"logs-{n}")
            bucket = {"id": f"logs-{n}", "arn": f"arn:aws:s3:::logs-{n}", "bucket": f"logs-{n}"}
            module = f"module.logs[{n}]"
            entries.append(resource("aws_s3_bucket", "store", [(None, bucket)], module))
            child = {"id": f"logs-{n}", "bucket": f"logs-{n}"}
            entries.append(resource("aws_s3_bucket_versioning", "store", [(None, child)], module))
            logs.create_log_group(logGroupName=f"app-{n}")
            arn = f"arn:aws:logs:{REGION}:123456789012:log-group:app-{n}"
            group = {"id": f"app-{n}", "arn": arn, "name": f"app-{n}"}
            entries.append(
                resource(
                    "aws_cloudwatch_log_group", "app", [(None, group)], module + ".module.group"
                )
            )
        for team in ("east.1", "west[2]"):
            module = f'module.team["{team}"]'
            people = []
            for name in ("ann", "bob"):
                user = iam.create_user(UserName=f"{name}-{team[:4]}")["User"]
                own = {"id": user["UserName"], "arn": user["Arn"], "unique_id": user["UserId"]}
                people.append((name, own))
            entries.append(resource("aws_iam_user", "person", people, module))
            key = kms.create_key()["KeyMetadata"]
            own = {"id": key["KeyId"], "key_id": key["KeyId"], "arn": key["Arn"]}
            entries.append(resource("aws_kms_key", "own", [(None, own)], module))
        door = ec2.create_security_group(GroupName="door", Description="door")["GroupId"]
        arn = f"arn:aws:ec2:{REGION}:123456789012:security-group/{door}"
        entries.append(resource("aws_security_group", "door", [(0, {"id": door, "arn": arn})]))
        disk = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
        arn = f"arn:aws:ec2:{REGION}:123456789012:volume/{disk}"
        entries.append(resource("aws_ebs_volume", "disk", [(None, {"id": disk, "arn": arn})]))
        made_trail = trail.create_trail(Name="all", S3BucketName="logs-0")["TrailARN"]
        entries.append(
            resource("aws_cloudtrail", "all", [(None, {"id": made_trail, "arn": made_trail})])
        )
        held = {
            **{f"arn:aws:s3:::{b['Name']}": "aws_s3_bucket" for b in s3.list_buckets()["Buckets"]},
            **{
                group["arn"]: "aws_cloudwatch_log_group"
                for group in logs.describe_log_groups()["logGroups"]
            },
            **{user["Arn"]: "aws_iam_user" for user in iam.list_users()["Users"]},
            **{user["UserId"]: "aws_iam_user" for user in iam.list_users()["Users"]},
            **{key["KeyArn"]: "aws_kms_key" for key in kms.list_keys()["Keys"]},
            **{
                group["GroupId"]: "aws_security_group"
                for group in ec2.describe_security_groups()["SecurityGroups"]
                if group["GroupName"] != "default"
            },
            **{v["VolumeId"]: "aws_ebs_volume" for v in ec2.describe_volumes()["Volumes"]},
            **{t["TrailARN"]: "aws_cloudtrail" for t in trail.describe_trails()["trailList"]},
        }
        yield entries, held


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project.lay_out(tmp_path)
    return tmp_path


@pytest.mark.parametrize("form", ["state", "shown"])
def test_every_resource_is_traced_to_its_line(root: Path, made: Any, form: str) -> None:
    entries, held = made
    name = "terraform.tfstate" if form == "state" else "show.json"
    content = project.state(entries) if form == "state" else project.shown(entries)
    (root / "infra" / name).write_text(json.dumps(content))
    found = find_origins([root / "infra" / name], root)
    assert len(held) == 17
    assert {s: found.of("aws", s) for s in held} == {s: LINES[t] for s, t in held.items()}
    assert found == find_origins([root], root)


def state_of(root: Path, *entries: dict[str, Any]) -> Path:
    path = root / "infra" / "terraform.tfstate"
    path.write_text(json.dumps(project.state(list(entries))))
    return path


def test_what_belongs_to_a_subject_was_made_with_it(root: Path) -> None:
    arn = "arn:aws:iam::1:user/ann"
    entry = resource("aws_iam_user", "person", [("ann", {"arn": arn})], 'module.team["x"]')
    found = find_origins([state_of(root, entry)], root)
    assert found.of("aws", f"{arn}#access-key-1") == LINES["aws_iam_user"]
    assert found.of("aws", f"{arn}s") is None
    assert found.of("entra", arn) is None
    assert found.of(None, arn) is found.of("aws", None) is None


def test_a_module_from_elsewhere_leads_to_its_call(root: Path) -> None:
    entry = resource("aws_kms_key", "this", [(None, {"arn": "arn:k"})], "module.registry.module.x")
    assert find_origins([state_of(root, entry)], root).of("aws", "arn:k") == project.REGISTRY_LINE


def test_an_id_that_two_blocks_claim_belongs_to_neither(root: Path) -> None:
    bucket = {"id": "logs-0", "arn": "arn:aws:s3:::logs-0"}
    entries = [
        resource("aws_s3_bucket", "store", [(None, bucket)], "module.logs[0]"),
        resource("aws_s3_bucket_versioning", "store", [(None, {"id": "logs-0"})], "module.logs[0]"),
    ]
    found = find_origins([state_of(root, *entries)], root)
    assert found.of("aws", "logs-0") is None
    assert found.of("aws", "arn:aws:s3:::logs-0") == LINES["aws_s3_bucket"]


def test_microsoft_ids_are_compared_without_their_case(root: Path) -> None:
    (root / "infra" / "entra.tf").write_text('resource "azuread_user" "ann" {\n}\n')
    guid = "0A0B0C0D-0000-4000-8000-00000000000F"
    entry = resource("azuread_user", "ann", [(None, {"id": f"/users/{guid}"})])
    assert find_origins([state_of(root, entry)], root).of("entra", guid.lower()) == (
        "infra/entra.tf:1"
    )


def test_what_is_no_longer_in_the_code_has_no_line(root: Path) -> None:
    entry = resource("aws_s3_bucket", "forgotten", [(None, {"arn": "arn:aws:s3:::old"})])
    assert find_origins([state_of(root, entry)], root).of("aws", "arn:aws:s3:::old") is None


def test_code_outside_of_the_repository_has_no_line(root: Path) -> None:
    entry = resource("aws_ebs_volume", "disk", [(None, {"id": "vol-00000001"})])
    path = state_of(root, entry)
    assert find_origins([path], root / "modules").of("aws", "vol-00000001") is None


def test_only_ids_are_read_of_a_state(root: Path) -> None:
    entry = resource("aws_ebs_volume", "disk", [(None, {"id": "vol-1", "password": "hunter2"})])
    assert "hunter2" not in repr(find_origins([state_of(root, entry)], root))


@pytest.mark.parametrize(
    "content", ['{"version": 3, "terraform_version": "0.11"}', "not json", '{"version": 4']
)
def test_another_state_is_refused(root: Path, content: str) -> None:
    path = root / "infra" / "terraform.tfstate"
    path.write_text(content)
    with pytest.raises(InputError, match="no Terraform state of version 4"):
        find_origins([path], root)


def test_findings_get_their_line_and_keep_the_collectors(root: Path) -> None:
    entry = resource("aws_ebs_volume", "disk", [(None, {"id": "vol-00000001"})])
    origins = find_origins([state_of(root, entry)], root)
    plain = Finding(
        rule="disk-encrypted",
        practice="SC.L2-3.13.16",
        objectives=(),
        iso=(),
        verdict="fail",
        strength="observed",
        severity="high",
        subject="vol-00000001",
        name="disk",
        target="prod",
        scope="aws:1",
        provider="aws",
        region="us-east-1",
        message="",
        fingerprint="0" * 16,
        observed_at=None,
    )
    import msgspec

    own = msgspec.structs.replace(plain, made_by="mine.tf:3")
    other = msgspec.structs.replace(plain, subject="vol-00000002")
    lines = [f.made_by for f in attach([plain, own, other], origins)]
    assert lines == [LINES["aws_ebs_volume"], "mine.tf:3", None]
