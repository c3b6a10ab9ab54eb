"""Which software may run, which is installed, and whether it is current and free of known flaws."""

from __future__ import annotations

from typing import Annotated

from scanner.facts.base import UNSET, Fact, Maybe, Sure


class Policy(Fact, frozen=True, kw_only=True, tag="software.policy"):
    """Application control on a host, a fleet, or a service that runs code."""

    system: Annotated[
        Sure[str], "fapolicyd, app-control, applocker, code-signing, allowed-images, ..."
    ] = UNSET
    mode: Annotated[Sure[str], "allow-list, deny-list or none"] = UNSET
    enforced: Annotated[
        Sure[bool], "it refuses what is not allowed; false: it only records, or is off"
    ] = UNSET
    default_deny: Annotated[Sure[bool], "what no rule names is refused"] = UNSET
    rules_hash: Annotated[Maybe[str], "SHA-256 of the rules as read"] = UNSET
    devices_ok: Annotated[Maybe[int], "devices that report it applied"] = UNSET
    devices_total: Annotated[Maybe[int], "devices that it is meant for"] = UNSET
    user_install: Annotated[Sure[bool], "ordinary users can install software"] = UNSET


class Package(Fact, frozen=True, kw_only=True, tag="software.package"):
    """One installed program on one host."""

    host: Annotated[Sure[str], "subject of the host"] = UNSET
    program: Annotated[Sure[str], "its name, as the host or its package manager calls it"] = UNSET
    publisher: Annotated[Maybe[str], "who published it"] = UNSET
    version: Annotated[Maybe[str], "its version"] = UNSET


class PackageSource(Fact, frozen=True, kw_only=True, tag="software.source"):
    """One repository that a host installs from."""

    host: Annotated[Sure[str], "subject of the host"] = UNSET
    url: Annotated[Maybe[str], "where it is, without credentials"] = UNSET
    enabled: Annotated[Sure[bool], "it is used"] = UNSET
    signature_checked: Annotated[Sure[bool], "an unsigned package or index is refused"] = UNSET


class PatchState(Fact, frozen=True, kw_only=True, tag="patch.state"):
    """Missing updates of one host."""

    missing: Annotated[Sure[int], "updates that are missing"] = UNSET
    critical_missing: Annotated[Sure[int], "security updates that are missing"] = UNSET
    last_scan_days: Annotated[Maybe[int], "days since updates were looked for; null: never"] = UNSET
    last_install_days: Annotated[Maybe[int], "days since an update was installed; null: never"] = (
        UNSET
    )
    automatic: Annotated[Sure[bool], "security updates install by themselves"] = UNSET
    end_of_support_days: Annotated[Maybe[int], "days until the vendor stops updates"] = UNSET


class Malware(Fact, frozen=True, kw_only=True, tag="malware.protection"):
    """Malware protection of one host or service."""

    engine: Annotated[Maybe[str], "its name; null: none found"] = UNSET
    real_time: Annotated[Sure[bool], "it scans files as they are opened or arrive"] = UNSET
    tamper_protected: Annotated[Sure[bool], "users cannot switch it off"] = UNSET
    signature_age_days: Annotated[Maybe[int], "days since its signatures changed"] = UNSET
    signatures_update: Annotated[Sure[bool], "signatures update by themselves"] = UNSET
    last_scan_days: Annotated[Maybe[int], "days since the last whole scan; null: never"] = UNSET
    scan_scheduled: Annotated[Sure[bool], "a periodic scan is set up"] = UNSET
    active: Annotated[Sure[bool], "its engine runs"] = UNSET


class Scanner(Fact, frozen=True, kw_only=True, tag="vulnerability.scanner"):
    """Whether one asset or service is scanned for flaws."""

    asset: Annotated[Sure[str], "subject of the asset"] = UNSET
    asset_kind: Annotated[Sure[str], "account, instance, image-registry, function, ..."] = UNSET
    active: Annotated[Sure[bool], "it is scanned"] = UNSET
    continuous: Annotated[Sure[bool], "new flaws are looked for by themselves"] = UNSET
    last_scan_days: Annotated[Maybe[int], "days since the last scan; null: never"] = UNSET


class Flaw(Fact, frozen=True, kw_only=True, tag="vulnerability.finding"):
    """One known flaw on one asset, and named for both: `CVE-2026-1234 on web-1 (i-0abc)`."""

    asset: Annotated[Sure[str], "subject of the asset"] = UNSET
    severity: Annotated[Sure[str], "critical, high, medium, low"] = UNSET
    first_seen_days: Annotated[Sure[int], "days since it was first seen"] = UNSET
    fix_available: Annotated[Sure[bool], "a fix exists"] = UNSET
