"""Endpoints that people carry and sit at, as a device manager knows them."""

from __future__ import annotations

from typing import Annotated

from scanner.facts.base import PERSONAL, UNSET, Fact, Maybe, Sure


class Device(Fact, frozen=True, kw_only=True, tag="device"):
    """One endpoint, as it reports itself."""

    platform: Annotated[Sure[str], "windows, macos, ios, android, linux, ..."] = UNSET
    managed: Annotated[Sure[bool], "a device manager of the organisation manages it"] = UNSET
    compliant: Annotated[Sure[bool], "it meets every compliance policy that is assigned to it"] = (
        UNSET
    )
    encrypted: Annotated[Sure[bool], "its system volume is encrypted"] = UNSET
    key_escrowed: Annotated[
        Sure[bool], "a recovery key of its encryption is kept by the organisation"
    ] = UNSET
    os_version: Annotated[Maybe[str], "version of its operating system, with the build"] = UNSET
    os_branch: Annotated[
        Maybe[str], "platform and release line, for example windows-22631 or ios-18"
    ] = UNSET
    os_revision: Annotated[
        Maybe[int], "patch level within the line: the Windows revision; else minor * 100 + patch"
    ] = UNSET
    company_owned: Annotated[Sure[bool], "the organisation owns it"] = UNSET
    tampered: Annotated[Sure[bool], "it is rooted or jailbroken"] = UNSET
    last_sync_days: Annotated[Maybe[int], "days since it reported; null: never"] = UNSET
    primary_user: Annotated[Maybe[str], "whose it is", PERSONAL] = UNSET
    policies_assigned: Annotated[Sure[int], "compliance policies that are assigned to it"] = UNSET


class DevicePolicy(Fact, frozen=True, kw_only=True, tag="device.policy"):
    """One setting on one device: what the device manager pushed, and what the device reported."""

    host: Annotated[Sure[str], "subject of the device"] = UNSET
    purpose: Annotated[
        Sure[str], "what it is for: mobile-code, firewall, wifi, vpn, updates, enrolment, ..."
    ] = UNSET
    platform: Annotated[Sure[str], "windows, macos, ios, android, linux"] = UNSET
    setting: Annotated[Sure[str], "the setting's name at the device manager"] = UNSET
    assigned: Annotated[Sure[bool], "a policy that carries it reaches this device"] = UNSET
    value: Annotated[Maybe[str], "the value that is in force; null: none is set"] = UNSET
    number: Annotated[
        Maybe[int], "the value as a number in the setting's unit; null: none is set, or no number"
    ] = UNSET
    secure: Annotated[
        Sure[bool], "the value is in force and does what the purpose asks for; false: it is not"
    ] = UNSET
    policies: Annotated[Sure[tuple[str, ...]], "names of the policies that carry it"] = UNSET
