"""Which rights open the accounts that records are sent to: blobs, keys, users of SFTP."""

from __future__ import annotations

from typing import Any

from record_estate import (
    ACCOUNTS,
    ACTIVITY,
    ARCHIVE,
    AUDITING,
    BLOBS,
    CONTAINER,
    ELSEWHERE,
    KEYS,
    MANAGED,
    OF_RESOURCE,
    OTHER,
    SERVERS,
    does,
    opens,
    reads,
    resource,
    setting,
)

from scanner.collectors.base import Refused


def test_keys_that_are_switched_off_open_nothing() -> None:
    shut = resource("Microsoft.Storage/storageAccounts", "archive", allowSharedKeyAccess=False)
    assert reads(does(KEYS), estate={ACCOUNTS: [shut]}) is False
    assert reads(opens(BLOBS), estate={ACCOUNTS: [shut]}) is True


USERS = "Microsoft.Storage/storageAccounts/localUsers"


def test_a_right_to_any_blob_opens_an_account_with_folders() -> None:
    any_blob = opens(f"{BLOBS.removesuffix('read')}runAsSuperUser/action")
    folders = resource("Microsoft.Storage/storageAccounts", "archive", isHnsEnabled=True)
    assert reads(any_blob, estate={ACCOUNTS: [folders]}) is True
    assert reads(any_blob, at=f"{CONTAINER}/drawings", estate={ACCOUNTS: [folders]}) is False
    assert reads(any_blob) is False
    unseen = Refused("denied", ACCOUNTS)
    assert reads(any_blob, estate={ACCOUNTS: unseen}) is unseen


def test_users_of_sftp_open_an_archive_that_lets_them_in() -> None:
    ways = [f"{USERS}/{word}" for word in ("write", "regeneratePassword/action", "listKeys/action")]
    kind = "Microsoft.Storage/storageAccounts"
    on = {ACCOUNTS: [resource(kind, "archive", isSftpEnabled=True, allowSharedKeyAccess=False)]}
    off = {ACCOUNTS: [resource(kind, "archive", isSftpEnabled=True, isLocalUserEnabled=False)]}
    for way in ways:
        assert reads(does(way), estate=on) is True
        assert reads(does(way), at=ARCHIVE["id"], estate=on) is True
        assert reads(does(way), estate=off) is False
        assert reads(does(way)) is False
        assert reads(does(way), estate={ACCOUNTS: Refused("denied", ACCOUNTS)}).reason == "denied"
    assert reads(does(f"{USERS}/read"), estate=on) is False
    assert reads(does(f"{USERS}/*"), at=CONTAINER, estate=on) is False
    one = f"{ARCHIVE['id']}/localUsers/backup"  # whose folders are not read
    assert reads(does(f"{USERS}/*"), at=one, estate=on).reason == "not-supported"
    assert reads(does(f"{USERS}/*"), at=one, estate=off) is False


def test_an_account_that_is_gone_holds_nothing() -> None:
    assert reads(does(KEYS), opens(BLOBS), estate={ACCOUNTS: [OTHER]}) is False


def test_stores_in_another_subscription() -> None:
    far = resource("Microsoft.Storage/storageAccounts", "far", ELSEWHERE)
    away = {ACTIVITY: [setting(storageAccountId=far["id"])]}
    assert reads(opens(BLOBS), estate=away) is False
    assert reads(opens(BLOBS), at="/", estate=away) is True
    assert "management group" in reads(opens(BLOBS), at=MANAGED, estate=away).detail
    assert reads(does(KEYS), at="/", estate=away).operation == ACCOUNTS


SERVER = resource("Microsoft.Sql/servers", "s")
MASTER = f"{OF_RESOURCE} {SERVER['id'].lower()}/databases/master"


def audit(category: str, enabled: bool = True, **to: str) -> dict[str, Any]:
    return {"properties": {"logs": [{"category": category, "enabled": enabled}], **to}}


def test_audit_of_sql_that_a_setting_of_the_server_sends_on() -> None:
    monitored = {"properties": {"state": "Enabled", "isAzureMonitorTargetEnabled": True}}
    to = {"storageAccountId": ARCHIVE["id"]}
    sent = audit("SQLSecurityAuditEvents", **to)
    estate = {ACTIVITY: [], SERVERS: [SERVER], AUDITING: monitored, MASTER: [sent]}
    assert reads(does(KEYS), estate=estate) is True
    for other in (audit("SQLInsights", **to), audit("SQLSecurityAuditEvents", False, **to)):
        assert reads(does(KEYS), estate={**estate, MASTER: [other]}) is False
    untold = {**estate, MASTER: [{"properties": to}]}
    assert reads(does(KEYS), estate=untold).operation == OF_RESOURCE
    denied = Refused("denied", OF_RESOURCE)
    assert reads(does(KEYS), estate={**estate, MASTER: denied}) is denied
    off = {"properties": {"state": "Enabled", "isAzureMonitorTargetEnabled": False}}
    assert reads(does(KEYS), estate={**estate, AUDITING: off, MASTER: denied}) is False
