"""Directories of WorkSpaces: how desktops are reached, and who administers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import FipsSetting
from scanner.facts.services import Baseline
from scanner.facts.storage import Store

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
    fields=["setting", "value", "on"],
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


_DESKTOPS = "workspaces:DescribeWorkspaces"


@source(
    Store,
    fields=["category", "encrypted", "key_id", "public", "external_principals"],
    calls=[_DESKTOPS],
    always={"category": "disk"},
    per="region",
)
def desktop_volumes(aws: Aws) -> Iterator[Store]:
    """The two volumes of each WorkSpace."""
    for page in aws.pages(_DESKTOPS):
        for desktop in page["Workspaces"]:
            if desktop.get("State") in ("TERMINATING", "TERMINATED"):
                continue
            for volume, flag in (
                ("root", "RootVolumeEncryptionEnabled"),
                ("user", "UserVolumeEncryptionEnabled"),
            ):
                encrypted = desktop.get(flag, False)
                yield Store(
                    **aws.here(_DESKTOPS),
                    subject=f"{aws.account}/{aws.region}/{desktop['WorkspaceId']}/{volume}",
                    name=f"{volume} volume of {desktop['WorkspaceId']}",
                    category="disk",
                    encrypted=encrypted,
                    key_id=desktop.get("VolumeEncryptionKey") if encrypted else None,
                    public=False,
                    external_principals=(),
                )
