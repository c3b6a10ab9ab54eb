"""The switches that put services into FIPS mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import FipsSetting

_SETTING = ["setting", "value", "on"]


@source(
    FipsSetting,
    fields=_SETTING,
    calls=["ecs:ListClusters", "ecs:ListAccountSettings"],
    always={"setting": "fargate"},
    per="region",
)
def fargate_fips(aws: Aws) -> Iterator[FipsSetting]:
    """Whether Fargate tasks start in FIPS mode; told only where the region has a cluster."""
    clusters = next(aws.pages("ecs:ListClusters", maxResults=1), {}).get("clusterArns")
    if not clusters:
        return
    pages = aws.pages("ecs:ListAccountSettings", effectiveSettings=True)
    settings = {s["name"]: s["value"] for page in pages for s in page["settings"]}
    value = settings.get("fargateFIPSMode")
    yield FipsSetting(
        **aws.here("ecs:ListAccountSettings"),
        subject=f"{aws.account}/{aws.region}/fargateFIPSMode",
        name=f"Fargate FIPS mode in {aws.region}",
        setting="fargate",
        value=value,
        on=value == "enabled",
    )


@source(
    FipsSetting,
    fields=_SETTING,
    calls=["eks:ListClusters", "eks:ListNodegroups", "eks:DescribeNodegroup"],
    always={"setting": "node-image"},
    per="region",
)
def node_images(aws: Aws) -> Iterator[FipsSetting | Partial]:
    """Images of EKS managed nodes; only Bottlerocket's name tells, others are told by the node."""
    clusters = (c for page in aws.pages("eks:ListClusters") for c in page["clusters"])

    def groups(cluster: str) -> list[str]:
        pages = aws.pages("eks:ListNodegroups", clusterName=cluster)
        return [group for page in pages for group in page["nodegroups"]]

    pairs = ((cluster, group) for cluster, found in aws.each(clusters, groups) for group in found)

    def describe(pair: tuple[str, str]) -> dict[str, Any]:
        return aws.call("eks:DescribeNodegroup", clusterName=pair[0], nodegroupName=pair[1])

    for (cluster, group), answer in aws.each(pairs, describe):
        found = answer["nodegroup"]
        image = found["amiType"]
        facts: dict[str, Any] = {
            **aws.here("eks:DescribeNodegroup"),
            "subject": found["nodegroupArn"],
            "name": f"{cluster}/{group}",
            "setting": "node-image",
            "value": image,
        }
        if image.endswith("_FIPS"):
            yield FipsSetting(**facts, on=True)
        elif image.startswith("BOTTLEROCKET_"):
            yield FipsSetting(**facts, on=False)
        else:
            unknown = Refused(
                "not-supported",
                "eks:DescribeNodegroup",
                f"image type {image} does not tell: scan the node itself",
            )
            yield Partial(FipsSetting(**facts), {"on": unknown})


@source(
    FipsSetting,
    fields=_SETTING,
    calls={"cloudhsmv2:DescribeClusters": "cloudhsm:DescribeClusters"},
    always={"setting": "hsm-cluster"},
    per="region",
)
def hsm_clusters(aws: Aws) -> Iterator[FipsSetting | Partial]:
    """Clusters of CloudHSM; those made before the choice existed tell no mode."""
    operation = "cloudhsmv2:DescribeClusters"
    for page in aws.pages(operation, MaxResults=100):
        for cluster in page["Clusters"]:
            if cluster["State"] in ("DELETED", "DELETE_IN_PROGRESS"):
                continue
            mode = cluster.get("Mode")
            facts = {
                **aws.here(operation),
                "subject": cluster["ClusterId"],
                "name": f"CloudHSM cluster {cluster['ClusterId']}",
                "setting": "hsm-cluster",
                "value": f"{cluster['HsmType']} {mode}" if mode else cluster["HsmType"],
            }
            if mode is None:
                unsaid = Refused("not-supported", operation, "the cluster tells no mode")
                yield Partial(FipsSetting(**facts), {"on": unsaid})
            else:
                yield FipsSetting(**facts, on=mode == "FIPS")


@source(
    FipsSetting,
    fields=_SETTING,
    calls=["acm-pca:ListCertificateAuthorities"],
    always={"setting": "certificate-authority"},
    per="region",
)
def certificate_authorities(aws: Aws) -> Iterator[FipsSetting | Partial]:
    """Private certificate authorities, and the standard that their key store was asked to meet."""
    operation = "acm-pca:ListCertificateAuthorities"
    for page in aws.pages(operation, MaxResults=1000):
        for authority in page["CertificateAuthorities"]:
            if authority["Status"] == "DELETED":
                continue
            standard = authority.get("KeyStorageSecurityStandard")
            facts = {
                **aws.here(operation),
                "subject": authority["Arn"],
                "name": f"certificate authority {authority['Arn'].rsplit('/', 1)[-1]}",
                "setting": "certificate-authority",
                "value": standard,
            }
            if standard is None:
                unsaid = Refused("not-supported", operation, "the authority names no standard")
                yield Partial(FipsSetting(**facts), {"on": unsaid})
            else:
                yield FipsSetting(**facts, on=standard.startswith("FIPS_140"))


@source(
    FipsSetting,
    fields=_SETTING,
    calls=["ec2:DescribeVerifiedAccessInstances"],
    always={"setting": "verified-access"},
    per="region",
)
def verified_access(aws: Aws) -> Iterator[FipsSetting]:
    """Verified Access instances."""
    operation = "ec2:DescribeVerifiedAccessInstances"
    for page in aws.pages(operation, MaxResults=200):
        for each in page.get("VerifiedAccessInstances") or ():
            on = each.get("FipsEnabled", False)
            yield FipsSetting(
                **aws.here(operation),
                subject=each["VerifiedAccessInstanceId"],
                name=f"Verified Access {each['VerifiedAccessInstanceId']}",
                setting="verified-access",
                value=str(on).lower(),
                on=on,
            )
