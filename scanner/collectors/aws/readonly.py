"""What a source may declare: reads of configuration, and nothing that holds secrets or data.

A verb is not enough to tell: GetObject, GetSecretValue and GetParameter are reads too. So the
verbs that read are allowed, whatever returns contents or secrets is refused by name, and the few
good reads with an odd verb are allowed by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from scanner.collectors.base import Source

_READS = re.compile(r"^(Get|List|Describe|BatchGet)[A-Z]")

ALLOWED: dict[str, str] = {
    "apigateway:GetResources": "how each method asks who calls is kept; what it hands on to the "
    "program behind, fixed values among it, is dropped",
    "iam:GenerateCredentialReport": "makes AWS write the report that GetCredentialReport returns",
    "cloudtrail:LookupEvents": "samples recorded management events for what they contain",
    "ssm:GetDocument": "asked only for the session preferences document, by its fixed name",
    "lambda:ListFunctions": "the only listing of functions; names are kept, the rest is dropped",
    "ec2:DescribeVpnConnections": "the only listing of VPNs; it holds their shared keys, "
    "which are dropped with the rest of the answer",
    "secretsmanager:ListSecrets": "names of secrets and whose key encrypts them, never a value",
    "sts:GetCallerIdentity": "tells which account and partition the credentials lead to",
}
"""Reads that the patterns here would refuse, or that need a word, with why they are made."""

_REFUSED: tuple[tuple[str, str], ...] = (
    (r"Secret(Value|s?$)", "secrets"),
    (r"RandomPassword|PasswordData|LoginToken|AuthorizationToken|SessionToken", "secrets"),
    (r"FederationToken|AccessToken|IdToken|RoleCredentials|ClusterCredentials", "secrets"),
    (r"Credentials(ForIdentity|$)|ParametersForImport|PublicKeyForImport", "secrets"),
    (r"^GetParameters?(ByPath|History)?$", "secrets"),
    (r"^(GetObject|GetObjectTorrent|GetObjectAttributes|ListObject.*|SelectObject.*)$", "data"),
    (r"^(Batch)?GetItem$|^Scan$|^Query$|^GetRecords$|^GetShardIterator$", "data"),
    (r"LogEvents|LogRecord|QueryResults|LogObject|LiveTail", "data"),
    (r"^GetFunction$|^GetLayerVersion|DownloadUrlForLayer|CodeBundle|^GetExport$", "data"),
    (r"Console(Output|Screenshot)|UserData|InstanceAttribute|LaunchTemplateData", "data"),
    (r"CommandInvocation|^ListCommandInvocations$|^GetMacieSession$", "data"),
    (r"^ReceiveMessage$|^GetMessage|^GetMedia|^GetClip|^GetSnapshotBlock$", "data"),
    (r"^ListSnapshotBlocks$|^ListChangedBlocks$|^BatchGetImage$|^GetFile$|^GetBlob$", "data"),
    (r"^GetContent$|^GetWorkUnitResults$|^GetStatementResult|^GetDashboardEmbedUrl$", "data"),
)

_S3_CONTENT = re.compile(r"^(Get|List)Object(?!LockConfiguration$)")


def objections(sources: Iterable[Source]) -> list[str]:
    """Why these declarations may not stand, one line each; empty if they may."""
    found = []
    for source in sources:
        for operation in sorted({o for o, _ in source.needs(source.serves)}):
            why = objection(operation)
            if why is not None:
                found.append(f"{source.id} declares {operation}: {why}")
    return found


def objection(operation: str) -> str | None:
    """Why one operation (`s3:GetObject`) may not be declared; None if it may."""
    service, _, name = operation.partition(":")
    if not service or not name:
        return "an operation is written service:Name"
    if operation in ALLOWED:
        return None
    if not _READS.match(name):
        return "its verb does not only read"
    if service == "s3" and _S3_CONTENT.match(name):
        return "it returns customer data"
    if name == "GetObjectLockConfiguration":
        return None
    for pattern, what in _REFUSED:
        if re.search(pattern, name):
            return "it returns secrets" if what == "secrets" else "it returns customer data"
    return None
