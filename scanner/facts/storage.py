"""Where data rests: buckets, disks, databases, shares, snapshots and backups."""

from __future__ import annotations

from typing import Annotated

from scanner.facts.base import UNSET, Fact, Maybe, Sure


class Store(Fact, frozen=True, kw_only=True, tag="storage.store"):
    """One bucket, disk, database, share or snapshot."""

    category: Annotated[Sure[str], "bucket, disk, disk-snapshot, database, share, table, ..."] = (
        UNSET
    )
    public: Annotated[Sure[bool], "anybody can read or write it"] = UNSET
    public_blocked: Annotated[Sure[bool], "the platform refuses to make it public"] = UNSET
    external_principals: Annotated[
        Sure[tuple[str, ...]], "parties outside the account that have access"
    ] = UNSET
    encrypted: Annotated[Sure[bool], "what it holds is encrypted"] = UNSET
    key_id: Annotated[Maybe[str], "subject of the key; null: the provider's own key"] = UNSET
    tls_required: Annotated[Sure[bool], "unencrypted connections are refused"] = UNSET
    network_default_deny: Annotated[Sure[bool], "networks that no rule names are refused"] = UNSET
    versioned: Annotated[Sure[bool], "earlier versions are kept"] = UNSET
    lock_days: Annotated[Maybe[int], "days that objects cannot be deleted; null: no lock"] = UNSET
    expires_after_days: Annotated[
        Maybe[int], "days after which objects are deleted; null: never"
    ] = UNSET
    access_logged: Annotated[Sure[bool], "its accesses are recorded"] = UNSET
    receives_logs: Annotated[Sure[bool], "an audit trail writes to it"] = UNSET


class Backup(Fact, frozen=True, kw_only=True, tag="backup.vault"):
    """One place of backups."""

    encrypted: Annotated[Sure[bool], "backups are encrypted"] = UNSET
    key_id: Annotated[Maybe[str], "subject of the key; null: the provider's own key"] = UNSET
    immutable: Annotated[Sure[bool], "backups cannot be deleted before their time"] = UNSET
    external_principals: Annotated[
        Sure[tuple[str, ...]], "parties outside the account that have access"
    ] = UNSET
