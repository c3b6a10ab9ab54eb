"""Notebooks of SageMaker: where they keep their work, and by which network they reach out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.network import Boundary
from scanner.facts.storage import Store

_NOTEBOOKS = "sagemaker:ListNotebookInstances"
_NOTEBOOK = "sagemaker:DescribeNotebookInstance"
_DOMAINS = "sagemaker:ListDomains"
_DOMAIN = "sagemaker:DescribeDomain"
_GOING = "Deleting"
_VOLUME_OF = "volume of notebook "


def _notebook_list(aws: Aws) -> list[dict[str, str]]:
    """Name and ARN of the instances that are there to stay; a stopped one keeps its volume."""
    return aws.shared(
        ("notebooks", aws.region),
        lambda: [
            {"name": each["NotebookInstanceName"], "arn": each["NotebookInstanceArn"]}
            for page in aws.pages(_NOTEBOOKS, MaxResults=100)
            for each in page["NotebookInstances"]
            if each.get("NotebookInstanceStatus") != _GOING
        ],
    )


@source(
    Store,
    fields=["category", "encrypted", "public", "external_principals"],
    calls=[_NOTEBOOKS],
    always={"category": "disk"},
    per="region",
)
def notebook_volumes(aws: Aws) -> Iterator[Store]:
    """Volumes of notebook instances, which are encrypted with or without a key of one's own.

    Homes of Studio lie on file systems of EFS in the account and are listed there.
    """
    for each in _notebook_list(aws):
        yield Store(
            **aws.here(_NOTEBOOKS),
            subject=each["arn"],
            name=f"{_VOLUME_OF}{each['name']}",
            category="disk",
            encrypted=True,
            public=False,
            external_principals=(),
        )


@notebook_volumes.detail(fields=["key_id"], calls=[_NOTEBOOK])
def notebook_key(aws: Aws, volume: Store) -> dict[str, object]:
    # An ARN may spell the name in small letters.
    name = volume.name.removeprefix(_VOLUME_OF)
    return {"key_id": aws.call(_NOTEBOOK, NotebookInstanceName=name).get("KmsKeyId")}


_WAY_OUT = ["category", "enabled", "attached", "default_ingress", "default_egress", "open_egress"]
_PROVIDERS = {"category": "provider-network"}


def _way_out(aws: Aws, operation: str, subject: str, name: str, opened: bool) -> Boundary:
    """The network of the provider beside one's own: nobody comes in by it, all or nothing leaves.

    What leaves by one's own network is judged at the security groups there.
    """
    return Boundary(
        **aws.here(operation),
        subject=subject,
        name=f"direct internet access of {name}",
        category="provider-network",
        enabled=True,
        attached=True,
        default_ingress="deny",
        default_egress="allow" if opened else "deny",
        open_egress=opened,
    )


@source(
    Boundary,
    fields=_WAY_OUT,
    calls=[_NOTEBOOKS, _NOTEBOOK],
    always=_PROVIDERS,
    per="region",
)
def notebook_networks(aws: Aws) -> Iterator[Boundary]:
    """Whether notebook instances reach the internet past the organisation's own network."""

    def describe(each: dict[str, str]) -> dict[str, Any]:
        return aws.call(_NOTEBOOK, NotebookInstanceName=each["name"])

    for each, found in aws.each(_notebook_list(aws), describe):
        # It is on unless it was turned off.
        opened = found.get("DirectInternetAccess", "Enabled") != "Disabled"
        yield _way_out(aws, _NOTEBOOK, each["arn"], f"notebook {each['name']}", opened)


@source(
    Boundary,
    fields=_WAY_OUT,
    calls=[_DOMAINS, _DOMAIN],
    always=_PROVIDERS,
    per="region",
)
def studio_networks(aws: Aws) -> Iterator[Boundary]:
    """The same of Studio's domains, by the network that their applications use."""
    domains = (
        {"id": each["DomainId"], "arn": each["DomainArn"], "name": each["DomainName"]}
        for page in aws.pages(_DOMAINS, MaxResults=100)
        for each in page["Domains"]
        if each.get("Status") != _GOING
    )

    def describe(each: dict[str, str]) -> dict[str, Any]:
        return aws.call(_DOMAIN, DomainId=each["id"])

    for each, found in aws.each(domains, describe):
        opened = found.get("AppNetworkAccessType", "PublicInternetOnly") != "VpcOnly"
        yield _way_out(aws, _DOMAIN, each["arn"], f"domain {each['name']}", opened)
