"""A Terraform project with modules, count and for_each, and the state that it would leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILES = {
    "infra/main.tf": """\
terraform {
  required_version = ">= 1.5"
}

module "logs" {
  source = "../modules/logs"
  count  = 2
}

module "team" {
  source   = "../modules/team"
  for_each = toset(["east.1", "west[2]"])
}

module "registry" {
  source  = "terraform-aws-modules/kms/aws"
  version = "3.1.0"
}

data "aws_caller_identity" "me" {}
""",
    "infra/network.tf": """\
# the only group
resource "aws_security_group" "door" {
  count = 1
  name  = "door"
}

resource "aws_ebs_volume" "disk" {
  availability_zone = "us-east-1a"
  size              = 8
}
""",
    "infra/trail.tf.json": json.dumps(
        {"resource": {"aws_cloudtrail": {"all": {"name": "all", "s3_bucket_name": "x"}}}}, indent=2
    ),
    "modules/logs/bucket.tf": """\
resource "aws_s3_bucket" "store" {
  bucket = "logs"
}

resource "aws_s3_bucket_versioning" "store" {
  bucket = aws_s3_bucket.store.id
}

module "group" {
  source = "./group"
}
""",
    "modules/logs/group/main.tf": """\

resource "aws_cloudwatch_log_group" "app" {
  name = "app"
}
""",
    "modules/team/people.tf": """\
resource "aws_iam_user" "person" {
  for_each = var.people
  name     = each.key
}

resource "aws_kms_key" "own" {
}
""",
}

LINES = {
    "aws_s3_bucket": "modules/logs/bucket.tf:1",
    "aws_s3_bucket_versioning": "modules/logs/bucket.tf:5",
    "aws_cloudwatch_log_group": "modules/logs/group/main.tf:2",
    "aws_iam_user": "modules/team/people.tf:1",
    "aws_kms_key": "modules/team/people.tf:6",
    "aws_security_group": "infra/network.tf:2",
    "aws_ebs_volume": "infra/network.tf:7",
    "aws_cloudtrail": "infra/trail.tf.json:4",
}
REGISTRY_LINE = "infra/main.tf:15"


def lay_out(root: Path) -> None:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def resource(
    kind: str, name: str, instances: list[tuple[Any, dict[str, Any]]], module: str = ""
) -> dict[str, Any]:
    """One entry of a version 4 state: instances as (index key, attributes)."""
    found: dict[str, Any] = {
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [
            {
                "schema_version": 0,
                **({"index_key": key} if key is not None else {}),
                "attributes": {"tags": None, "secret": "do not read", **attributes},
            }
            for key, attributes in instances
        ],
    }
    return {"module": module, **found} if module else found


def state(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": 4,
        "terraform_version": "1.9.8",
        "serial": 7,
        "lineage": "5a0e7c2e-0b6f-4a7e-9f0e-1f8f6a6f2b11",
        "outputs": {},
        "resources": [
            {"mode": "data", "type": "aws_caller_identity", "name": "me", "instances": []},
            *resources,
        ],
        "check_results": None,
    }


def shown(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The same as `terraform show -json` prints it: a tree of modules, an entry an instance."""
    root: dict[str, Any] = {"resources": [], "child_modules": []}
    for entry in resources:
        module, address = root, ""
        for step in _steps(entry.get("module", "")):
            address = f"{address}.{step}" if address else step
            children = module.setdefault("child_modules", [])
            found = next((c for c in children if c["address"] == address), None)
            if found is None:
                found = {"address": address, "resources": []}
                children.append(found)
            module = found
        for instance in entry["instances"]:
            module["resources"].append(
                {
                    "mode": entry["mode"],
                    "type": entry["type"],
                    "name": entry["name"],
                    "index": instance.get("index_key"),
                    "values": instance["attributes"],
                }
            )
    return {"format_version": "1.0", "terraform_version": "1.9.8", "values": {"root_module": root}}


def _steps(module: str) -> list[str]:
    import re

    return re.findall(r'module\.\w+(?:\["[^"]*"\]|\[\d+\])?', module)
