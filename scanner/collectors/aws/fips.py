"""Settings that put a service into FIPS mode, and file transfer servers with their policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint, FipsSetting
from scanner.facts.services import Baseline

_SETTING = ["setting", "value", "on"]

_POLICY = "transfer:DescribeSecurityPolicy"
_NO_TLS: dict[str, Any] = {"min_version": None, "min_version_rank": None}


@source(
    Endpoint,
    fields=[
        "service",
        "protocol",
        "policy",
        "min_version",
        "min_version_rank",
        "ciphers",
        "macs",
        "key_exchanges",
        "encrypted",
        "plaintext_refused",
        "fips_policy",
        "public",
    ],
    calls=["transfer:ListServers", "transfer:DescribeServer", _POLICY],
    always={"service": "file-transfer"},
    per="region",
)
def transfer_servers(aws: Aws) -> Iterator[Endpoint | Partial]:
    """Servers of Transfer Family, one endpoint a protocol; the policy itself says if it is FIPS."""
    listed = (
        s for page in aws.pages("transfer:ListServers", MaxResults=1000) for s in page["Servers"]
    )

    def describe(server: dict[str, Any]) -> dict[str, Any]:
        answer = aws.call("transfer:DescribeServer", ServerId=server["ServerId"])
        return dict(answer["Server"])

    for _, server in aws.each(listed, describe):
        for protocol in server.get("Protocols") or ("SFTP",):
            yield _transfer(aws, server, protocol)


def _transfer(aws: Aws, server: dict[str, Any], protocol: str) -> Endpoint | Partial:
    details = server.get("EndpointDetails") or {}
    facts: dict[str, Any] = {
        **aws.here("transfer:DescribeServer"),
        "subject": f"{server['Arn']}#{protocol.lower()}",
        "name": f"{server['ServerId']} {protocol}",
        "service": "file-transfer",
        "protocol": protocol,
        "public": server.get("EndpointType") == "PUBLIC"
        or bool(details.get("AddressAllocationIds")),
    }
    if protocol == "FTP":
        facts |= {**_NO_TLS, "policy": None, "ciphers": (), "macs": (), "key_exchanges": ()}
        return Endpoint(**facts, encrypted=False, plaintext_refused=False, fips_policy=False)
    name = server["SecurityPolicyName"]
    facts["policy"] = name
    refused: dict[str, Refused] = {}
    if protocol == "FTPS":
        unsaid = Refused("not-supported", _POLICY, "policies name no least TLS version")
        refused = dict.fromkeys(("min_version", "min_version_rank"), unsaid)
    else:
        facts |= _NO_TLS
    if protocol == "AS2":
        inside = Refused("not-supported", "transfer:DescribeServer", "AS2 encrypts each message")
        refused = dict.fromkeys(("encrypted", "plaintext_refused"), inside)
    else:
        facts |= {"encrypted": True, "plaintext_refused": True}
    try:
        policy = _security_policy(aws, name)
    except Refused as error:
        unread = ("ciphers", "macs", "key_exchanges", "fips_policy")
        return Partial(Endpoint(**facts), {**refused, **dict.fromkeys(unread, error)})
    ssh = protocol == "SFTP"
    endpoint = Endpoint(
        **facts,
        ciphers=tuple(sorted(policy.get("SshCiphers" if ssh else "TlsCiphers") or ())),
        macs=tuple(sorted(policy.get("SshMacs") or ())) if ssh else (),
        key_exchanges=tuple(sorted(policy.get("SshKexs") or ())) if ssh else (),
        # Absent from policies that are not FIPS.
        fips_policy=policy.get("Fips", False),
    )
    return Partial(endpoint, refused) if refused else endpoint


def _security_policy(aws: Aws, name: str) -> dict[str, Any]:
    return aws.shared(
        ("transfer-policy", aws.region, name),
        lambda: aws.call(_POLICY, SecurityPolicyName=name)["SecurityPolicy"],
    )


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


_DIRECTORIES = "workspaces:DescribeWorkspaceDirectories"


def _directories(aws: Aws) -> list[dict[str, Any]]:
    return aws.shared(
        ("workspace-directories", aws.region),
        lambda: [
            {
                "id": each["DirectoryId"],
                "name": each.get("DirectoryName") or each["DirectoryId"],
                "mode": each.get("EndpointEncryptionMode"),
                "admin": (each.get("WorkspaceCreationProperties") or {}).get(
                    "UserEnabledAsLocalAdministrator"
                ),
            }
            for page in aws.pages(_DIRECTORIES)
            for each in page["Directories"]
            if each.get("State") not in ("DEREGISTERED", "DEREGISTERING")
        ],
    )


@source(
    FipsSetting,
    fields=_SETTING,
    calls=[_DIRECTORIES],
    always={"setting": "workspace-directory"},
    per="region",
)
def workspace_directories(aws: Aws) -> Iterator[FipsSetting]:
    """How WorkSpaces of a directory are reached; without the setting it is standard TLS."""
    for each in _directories(aws):
        yield FipsSetting(
            **aws.here(_DIRECTORIES),
            subject=each["id"],
            name=f"WorkSpaces directory {each['name']}",
            setting="workspace-directory",
            value=each["mode"],
            on=each["mode"] == "FIPS_VALIDATED",
        )


@source(
    Baseline,
    fields=["system", "enforced"],
    calls=[_DIRECTORIES],
    always={"system": "workspace-local-users"},
    per="region",
)
def workspace_users(aws: Aws) -> Iterator[Baseline | Partial]:
    """Whether people on new WorkSpaces of a directory are kept from administering them."""
    for each in _directories(aws):
        facts = {
            **aws.here(_DIRECTORIES),
            "subject": f"{each['id']}/local-users",
            "name": f"users of WorkSpaces in {each['name']}",
            "system": "workspace-local-users",
        }
        if each["admin"] is None:
            unsaid = Refused("not-supported", _DIRECTORIES, "the directory does not tell")
            yield Partial(Baseline(**facts), {"enforced": unsaid})
        else:
            yield Baseline(**facts, enforced=each["admin"] is False)


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


_PARAMETERS = "redshift:DescribeClusterParameters"


@source(
    FipsSetting,
    fields=_SETTING,
    calls=["redshift:DescribeClusters", _PARAMETERS],
    always={"setting": "redshift"},
    per="region",
)
def redshift_fips(aws: Aws) -> Iterator[FipsSetting]:
    """Redshift clusters: FIPS mode for connections counts only where plain ones are refused."""
    clusters = (
        cluster
        for page in aws.pages("redshift:DescribeClusters", MaxRecords=100)
        for cluster in page["Clusters"]
    )

    def settings(cluster: dict[str, Any]) -> dict[str, str]:
        groups = [g["ParameterGroupName"] for g in cluster.get("ClusterParameterGroups") or ()]
        found: dict[str, str] = {}
        for group in groups:
            found |= aws.shared(
                ("redshift-parameters", aws.region, group),
                lambda group=group: {  # type: ignore[misc]
                    p["ParameterName"]: p.get("ParameterValue", "")
                    for page in aws.pages(_PARAMETERS, ParameterGroupName=group, MaxRecords=100)
                    for p in page["Parameters"]
                },
            )
        return found

    for cluster, found in aws.each(clusters, settings):
        fips, forced = found.get("use_fips_ssl", "false"), found.get("require_ssl", "false")
        yield FipsSetting(
            **aws.here(_PARAMETERS),
            subject=f"{aws.account}/{aws.region}/redshift/{cluster['ClusterIdentifier']}",
            name=f"Redshift cluster {cluster['ClusterIdentifier']}",
            setting="redshift",
            value=f"use_fips_ssl {fips}, require_ssl {forced}",
            on=fips == "true" and forced == "true",
        )
