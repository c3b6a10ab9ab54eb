"""CloudFormation, CDK, Bicep and tags, each with what its tool leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from scanner.errors import InputError
from scanner.facts.storage import Store
from scanner.origin import find_origins
from scanner.origin.cloudformation import Templates
from scanner.origin.find import found_at
from scanner.origin.tags import tagged

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Name: {Type: String}
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${Name}-logs"
  Ann: &ann
    Type: AWS::IAM::User
  Key:
    Type: AWS::KMS::Key
    Properties: {Description: !GetAtt Logs.Arn}
"""


def write(root: Path, name: str, content: str | dict[str, Any]) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def store(subject: str, provider: str = "aws", **tags: str) -> Store:
    return Store(
        subject=subject,
        name=subject,
        provider=provider,
        target="t",
        scope="s",
        source="x",
        operation="y",
        observed_at="2026-11-24T07:33:41Z",
        tags={name.replace("__", ":").replace("_dash_", "-"): v for name, v in tags.items()},
    )


def by_tags(root: Path, fact: Store) -> str | None:
    origins, templates = found_at([root], root)
    return (origins | tagged([fact], templates, root)).of(fact.provider, fact.subject)


def stack_tags(stack: str, logical: str) -> dict[str, str]:
    return {
        "aws__cloudformation__stack_dash_name": stack,
        "aws__cloudformation__logical_dash_id": logical,
    }


def test_a_stacks_resources_lead_to_its_template(tmp_path: Path) -> None:
    write(tmp_path, "cfn/base.yaml", TEMPLATE)
    listed = [
        ("Logs", "AWS::S3::Bucket", "acme-logs"),
        ("Ann", "AWS::IAM::User", "ann"),
        ("Key", "AWS::KMS::Key", "0a0b0c0d-0000-4000-8000-00000000000f"),
        ("Other", "AWS::SNS::Topic", "arn:aws:sns:us-east-1:1:gone"),
    ]
    resources = [
        {"StackName": "base", "LogicalResourceId": a, "ResourceType": b, "PhysicalResourceId": c}
        for a, b, c in listed
    ]
    write(tmp_path, "cfn/resources.json", {"StackResources": resources})
    found = find_origins([tmp_path], tmp_path)
    key = "arn:aws:kms:us-east-1:1:key/0a0b0c0d-0000-4000-8000-00000000000f"
    assert found.of("aws", "arn:aws:s3:::acme-logs") == "cfn/base.yaml:5"
    assert found.of("aws", "arn:aws:iam::1:user/ann#password") == "cfn/base.yaml:9"
    assert found.of("aws", key) == "cfn/base.yaml:11"
    assert found.of("aws", "arn:aws:iam::1:group/ann") is None
    assert found.of("aws", "arn:aws:sns:us-east-1:1:gone") is None


def test_a_resources_own_tags_lead_to_its_template(tmp_path: Path) -> None:
    write(tmp_path, "cfn/base.yaml", TEMPLATE)
    fact = store("arn:aws:s3:::acme-logs", **stack_tags("prod-base", "Logs"))
    assert by_tags(tmp_path, fact) == "cfn/base.yaml:5"
    # two templates know the logical id: only the stack's name can tell
    write(tmp_path, "cfn/second.yaml", TEMPLATE)
    assert by_tags(tmp_path, fact) is None
    fact = store("arn:aws:s3:::acme-logs", **stack_tags("second", "Logs"))
    assert by_tags(tmp_path, fact) == "cfn/second.yaml:5"


@pytest.mark.parametrize("separate", [False, True])
def test_a_cdk_program_is_pointed_at(tmp_path: Path, separate: bool) -> None:
    write(tmp_path, "lib/store.ts", "import\n\nnew Bucket(this, 'Logs')\n")
    template = {"Resources": {"Logs1A2B": {"Type": "AWS::S3::Bucket"}}}
    write(tmp_path, "cdk.out/Prod.template.json", template)
    trace = [
        "new Bucket2 (/x/node_modules/aws-cdk-lib/aws-s3/lib/bucket.js:1:2)",
        f"new StoreStack ({tmp_path}/lib/store.ts:3:5)",
        "Module._compile (node:internal/modules/cjs/loader:1554:14)",
    ]
    entry = {"type": "aws:cdk:logicalId", "data": "Logs1A2B", "trace": trace}
    metadata = {"/Prod/Logs/Resource": [entry]}
    artifact: dict[str, Any] = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Prod.template.json", "stackName": "prod-store"},
    }
    if separate:
        artifact["additionalMetadataFile"] = "Prod.metadata.json"
        write(tmp_path, "cdk.out/Prod.metadata.json", metadata)
    else:
        artifact["metadata"] = metadata
    manifest = {"version": "48.0.0", "artifacts": {"Prod": artifact}}
    write(tmp_path, "cdk.out/manifest.json", manifest)
    fact = store("arn:aws:s3:::x", **stack_tags("prod-store", "Logs1A2B"))
    assert by_tags(tmp_path, fact) == "lib/store.ts:3"
    entry["trace"] = []
    write(tmp_path, "cdk.out/manifest.json", manifest)
    write(tmp_path, "cdk.out/Prod.metadata.json", metadata)
    assert by_tags(tmp_path, fact) == "cdk.out/Prod.template.json:3"


@pytest.mark.parametrize(
    "frame",
    [
        "new StoreStack (HOME/lib/store.ts:3:5)",
        "at HOME/lib/store.ts:3:5",
        "at Object.<anonymous> (HOME/lib/store.ts:3)",
        "at file://URL/lib/store.ts:3:5",
        "at new StoreStack (lib/store.ts:3:5)",
        'File "HOME/lib/store.ts", line 3, in __init__',
    ],
)
@pytest.mark.parametrize("name", ["plain", "My Project", "a (copy) of v1.2", " two  blanks "])
def test_a_frame_of_a_program_is_found_under_any_name(
    tmp_path: Path, name: str, frame: str
) -> None:
    home = tmp_path / name
    write(home, "lib/store.ts", "new Bucket(this, 'Logs')\n" * 3)
    frame = frame.replace("HOME", str(home)).replace("URL", quote(str(home)))
    templates = Templates(home)
    assert templates._program([frame], home) == "lib/store.ts:3"
    strange = ["at (:3)", "x" * 9000 + ".ts:3", " ( " * 3000 + "a.ts:3", "at a\0b.ts:3", None, 7]
    foreign = f"new Bucket ({home}/node_modules/x/y.js:1:2)"
    write(home, "node_modules/x/y.js", "")
    assert templates._program([*strange, foreign, frame], home) == "lib/store.ts:3"


BICEP = """\
param prefix string = 'acme'
param free string
var keys = 'acme-keys'
/* resource old 'Microsoft.Storage/storageAccounts@2023-01-01' = {
  name: 'gone'
} */
resource logs 'Microsoft.Storage/storageAccounts@2023-01-01' = {
  name: '${prefix}logs' // the store
}
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: keys
}
resource theirs 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'acme-theirs'
}
resource site 'Microsoft.Web/sites@2023-01-01' = if (free != '') {
  name: '${free}-site'
}
resource any 'Microsoft.Web/serverfarms@2023-01-01' = {
  name: free
}
"""


def azure(kind: str, name: str) -> str:
    return f"/subscriptions/0/resourceGroups/rg/providers/{kind}/{name}"


def test_bicep_declarations_are_found_by_type_and_name(tmp_path: Path) -> None:
    write(tmp_path, "infra/main.bicep", BICEP)
    found = find_origins([tmp_path], tmp_path)
    lines = {
        ("Microsoft.Storage/storageAccounts", "acmelogs"): "infra/main.bicep:7",
        ("Microsoft.Storage/storageAccounts", "gone"): None,
        ("microsoft.keyvault/vaults", "ACME-keys"): "infra/main.bicep:10",
        ("Microsoft.KeyVault/vaults", "acme-theirs"): None,
        ("Microsoft.Web/sites", "shop-site"): "infra/main.bicep:16",
        ("Microsoft.Web/serverfarms", "whatever"): None,
    }
    assert {k: found.of("azure", azure(*k)) for k in lines} == lines
    assert found.of("azure", "not an id") is None


def test_a_template_that_bicep_made_points_at_the_bicep(tmp_path: Path) -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "metadata": {"_generator": {"name": "bicep", "version": "0.30.23.60470"}},
        "resources": [{"type": "Microsoft.Storage/storageAccounts", "name": "acmelogs"}],
    }
    write(tmp_path, "infra/main.json", template)
    subject = azure("Microsoft.Storage/storageAccounts", "acmelogs")
    assert find_origins([tmp_path], tmp_path).of("azure", subject) is None
    del template["metadata"]
    write(tmp_path, "infra/main.json", template)
    assert find_origins([tmp_path], tmp_path).of("azure", subject) == "infra/main.json:4"


TRACE = "71c1e5a4-3b7e-4b0f-9c41-0d1b9f6b2f10"
HCL = f"""\
resource "aws_s3_bucket" "first" {{
}}
resource "aws_s3_bucket" "logs" {{
  tags = {{
    yor_trace = "{TRACE}"
  }}
}}
"""


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ({"git_file": "infra/main.tf", "yor_trace": TRACE}, "infra/main.tf:3"),
        ({"git_file": "infra/main.tf", "yor_name": "first"}, "infra/main.tf:1"),
        ({"git_file": "infra/main.tf", "yor_trace": "0" * 36}, "infra/main.tf:1"),
        ({"git_file": "infra/gone.tf", "yor_trace": TRACE}, None),
        ({"git_file": "../../etc/passwd.tf"}, None),
        ({"git_file": "/etc/passwd"}, None),
        ({"git_file": "link.tf"}, None),
        ({"git_file": "infra/main.tf\x00.tf"}, None),
    ],
)
def test_yor_tags_lead_to_the_block(tmp_path: Path, tags: dict[str, str], line: str | None) -> None:
    write(tmp_path, "repo/infra/main.tf", HCL)
    write(tmp_path, "secret.tf", HCL)
    (tmp_path / "repo/link.tf").symlink_to(tmp_path / "secret.tf")
    assert by_tags(tmp_path / "repo", store("arn:aws:s3:::x", **tags)) == line


@pytest.mark.parametrize(
    "content", ["[[[", "- a\n- b\n", "Resources: [1]", "{", "Resources:\n\t- x"]
)
def test_files_of_another_kind_are_passed_over(tmp_path: Path, content: str) -> None:
    for name in ("a.json", "b.yaml", "manifest.json", "c.template", "d.bicep", "e.tf.json"):
        write(tmp_path, name, content)
    assert not find_origins([tmp_path], tmp_path).by_id


def test_a_named_file_that_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        find_origins([tmp_path / "none.tfstate"], tmp_path)
    path = write(tmp_path, "stack.json", '{"StackResources": [{"LogicalResourceId": 5}]}')
    with pytest.raises(InputError, match="no resources of a stack"):
        find_origins([path], tmp_path)
