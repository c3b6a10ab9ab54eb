"""What may run and what is installed: code signing, allowed images, Systems Manager's inventory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.software import Package, Policy, Scanner

_INVENTORY = "AWS:Application"


def function_list(aws: Aws) -> list[dict[str, Any]]:
    """Lambda functions of the region, read once: name, ARN and whether each is an image."""
    return aws.shared(
        ("functions", aws.region),
        lambda: [
            {
                "FunctionArn": function["FunctionArn"],
                "FunctionName": function["FunctionName"],
                "image": function.get("PackageType") == "Image",
            }
            for page in aws.pages("lambda:ListFunctions", MaxItems=10_000)
            for function in page["Functions"]
        ],
    )


@source(
    Policy,
    fields=["system", "mode", "enforced", "default_deny"],
    calls=["ec2:GetAllowedImagesSettings"],
    always={"system": "allowed-images"},
    per="region",
)
def allowed_images(aws: Aws) -> Iterator[Policy]:
    """Whether the region refuses machine images that the account has not allowed."""
    answer = aws.call("ec2:GetAllowedImagesSettings")
    state = answer["State"]
    listed = bool(answer.get("ImageCriteria"))
    yield Policy(
        **aws.here("ec2:GetAllowedImagesSettings"),
        subject=f"{aws.account}/{aws.region}/allowed-images",
        name=f"allowed images in {aws.region}",
        system="allowed-images",
        mode="none" if state == "disabled" else "allow-list",
        enforced=state == "enabled",
        # Without criteria every image is allowed, whatever the state.
        default_deny=state == "enabled" and listed,
    )


@source(
    Policy,
    fields=["system", "mode", "enforced", "default_deny"],
    calls=[
        "lambda:ListFunctions",
        "lambda:ListCodeSigningConfigs",
        "lambda:ListFunctionsByCodeSigningConfig",
    ],
    always={"system": "code-signing"},
    per="region",
)
def code_signing(aws: Aws) -> Iterator[Policy]:
    """Each Lambda function, and whether code that no listed publisher signed is refused.

    Functions are asked for by signing configuration, of which there are few, not one by one.
    Container images cannot be signed this way and are left out.
    """
    enforced: dict[str, bool] = {}
    configs = [
        config
        for page in aws.pages("lambda:ListCodeSigningConfigs", MaxItems=10_000)
        for config in page["CodeSigningConfigs"]
    ]

    def functions(config: dict[str, Any]) -> list[str]:
        arn = config["CodeSigningConfigArn"]
        pages = aws.pages("lambda:ListFunctionsByCodeSigningConfig", CodeSigningConfigArn=arn)
        return [name for page in pages for name in page.get("FunctionArns") or ()]

    for config, arns in aws.each(configs, functions):
        policies = config["CodeSigningPolicies"]
        refuses = policies["UntrustedArtifactOnDeployment"] == "Enforce"
        enforced.update(dict.fromkeys(arns, refuses))
    for function in function_list(aws):
        if function["image"]:
            continue
        arn = function["FunctionArn"]
        signed = enforced.get(arn)
        yield Policy(
            **aws.here("lambda:ListFunctions"),
            subject=arn,
            name=function["FunctionName"],
            system="code-signing",
            mode="none" if signed is None else "allow-list",
            enforced=signed is True,
            default_deny=signed is True,
        )


@source(
    Package,
    fields=["host", "program", "publisher", "version"],
    calls=["ssm:GetInventory"],
    per="region",
)
def inventory(aws: Aws) -> Iterator[Package]:
    """Programs that Systems Manager has found on managed machines, 50 machines a call."""
    where = aws.here("ssm:GetInventory")
    pages = aws.pages(
        "ssm:GetInventory", ResultAttributes=[{"TypeName": _INVENTORY}], MaxResults=50
    )
    for page in pages:
        for entity in page["Entities"]:
            host = entity["Id"]
            data = (entity.get("Data") or {}).get(_INVENTORY)
            for entry in data["Content"] if data is not None else ():
                name, version = entry["Name"], entry.get("Version") or None
                yield Package(
                    **where,
                    subject=f"{host}/{name}/{version or ''}/{entry.get('Architecture', '')}",
                    name=name,
                    host=host,
                    program=name,
                    publisher=entry.get("Publisher") or None,
                    version=version,
                )


_SCANNING = "ecr:GetRegistryScanningConfiguration"


@source(
    Scanner,
    fields=["asset", "asset_kind", "active", "continuous"],
    calls=["ecr:DescribeRepositories", _SCANNING],
    always={"asset_kind": "registry-setting"},
    per="region",
)
def registry_scanning(aws: Aws) -> Iterator[Scanner]:
    """Whether images are scanned as they arrive in ECR; told only where there is a repository."""
    first = next(aws.pages("ecr:DescribeRepositories", maxResults=1000), {})
    if not first.get("repositories"):
        return
    found = aws.call(_SCANNING).get("scanningConfiguration") or {}
    often = {rule["scanFrequency"] for rule in found.get("rules") or ()}
    asset = f"{aws.account}/{aws.region}/image-registry"
    yield Scanner(
        **aws.here(_SCANNING),
        subject=f"{asset}#scanning",
        name=f"image registry in {aws.region}",
        asset=asset,
        asset_kind="registry-setting",
        active=bool(often & {"SCAN_ON_PUSH", "CONTINUOUS_SCAN"}),
        continuous=found.get("scanType") == "ENHANCED" and "CONTINUOUS_SCAN" in often,
    )
