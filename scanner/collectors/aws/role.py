"""A role that may read what a selection of rules looks at, as policy, Terraform or CloudFormation.

The role trusts one account, and only a caller who knows the external id, so that whoever scans for
several organisations cannot be led into the wrong one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scanner.collectors.aws.policy import actions, policy_document
from scanner.collectors.base import Selection

ROLE = "cmmc-scan"
_POLICY_CHARACTERS = 6_144
"""The size of a managed policy, white space not counted (IAM quotas)."""
_HEAD = 150


def policy(selected: Selection) -> str:
    """The IAM policy: what each scanned account has to allow."""
    return _json(policy_document(selected, all_regions=True))


def entry(selected: Selection) -> str:
    """The IAM policy of who scans a whole organisation: it lists accounts and enters the roles."""
    document = policy_document([], organization=True, role_arn=f"arn:*:iam::*:role/{ROLE}")
    return _json(document)


def terraform(selected: Selection) -> str:
    """A Terraform configuration of the role."""
    parts = list(_parts(selected))
    blocks = [_TERRAFORM_ROLE]
    for number, part in enumerate(parts, 1):
        listed = "".join(f'      "{action}",\n' for action in part)
        blocks.append(_TERRAFORM_POLICY.replace("@N@", str(number)).replace("@ACTIONS@", listed))
    return "\n".join(blocks)


def cloudformation(selected: Selection) -> str:
    """A CloudFormation template of the role, also for a stack set over all accounts."""
    policies = {
        f"Read{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": "What cmmc-scan reads; it changes nothing and reads no contents",
                "Roles": [{"Ref": "Role"}],
                "PolicyDocument": _document(part),
            },
        }
        for number, part in enumerate(_parts(selected), 1)
    }
    condition = {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    trusted = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${ScannerAccount}:root"}}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Role that cmmc-scan reads this account with",
        "Parameters": {
            "ScannerAccount": {
                "Type": "String",
                "AllowedPattern": "[0-9]{12}",
                "Description": "Account that the scanner runs in",
            },
            "ExternalId": {
                "Type": "String",
                "MinLength": 16,
                "NoEcho": True,
                "Description": "external_id of the target in cmmc-scan.yaml",
            },
        },
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": ROLE,
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": trusted,
                                "Action": "sts:AssumeRole",
                                "Condition": condition,
                            }
                        ],
                    },
                },
            },
            **policies,
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }
    return _json(template)


GRANTS: Mapping[str, Callable[[Selection], str]] = {
    "policy": policy,
    "terraform": terraform,
    "cloudformation": cloudformation,
    "organization": entry,
}


def _parts(selected: Selection) -> Iterator[Sequence[str]]:
    """The actions, in parts that each fit into one managed policy."""
    part: list[str] = []
    size = _HEAD
    for action in actions(selected, all_regions=True):
        if size + len(action) + 3 > _POLICY_CHARACTERS:
            yield part
            part, size = [], _HEAD
        part.append(action)
        size += len(action) + 3
    yield part


def _document(part: Sequence[str]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(part), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2)


_TERRAFORM_ROLE = f"""\
variable "scanner_account" {{
  description = "Account that the scanner runs in"
  type        = string
}}

variable "external_id" {{
  description = "external_id of the target in cmmc-scan.yaml"
  type        = string
  sensitive   = true
}}

data "aws_partition" "here" {{}}

locals {{
  partition = data.aws_partition.here.partition
}}

data "aws_iam_policy_document" "cmmc_scan_trust" {{
  statement {{
    actions = ["sts:AssumeRole"]

    principals {{
      type        = "AWS"
      identifiers = ["arn:${{local.partition}}:iam::${{var.scanner_account}}:root"]
    }}

    condition {{
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }}
  }}
}}

resource "aws_iam_role" "cmmc_scan" {{
  name                 = "{ROLE}"
  assume_role_policy   = data.aws_iam_policy_document.cmmc_scan_trust.json
  max_session_duration = 3600
}}

output "role_arn" {{
  value = aws_iam_role.cmmc_scan.arn
}}
"""

_TERRAFORM_POLICY = """\
data "aws_iam_policy_document" "cmmc_scan_read_@N@" {
  statement {
    actions = [
@ACTIONS@    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "cmmc_scan_read_@N@" {
  name   = "cmmc-scan-read-@N@"
  policy = data.aws_iam_policy_document.cmmc_scan_read_@N@.json
}

resource "aws_iam_role_policy_attachment" "cmmc_scan_read_@N@" {
  role       = aws_iam_role.cmmc_scan.name
  policy_arn = aws_iam_policy.cmmc_scan_read_@N@.arn
}
"""
