"""Machines: virtual machines, their services and settings, sessions, banners and media."""

from __future__ import annotations

from typing import Annotated, Literal

from scanner.facts.base import UNSET, Fact, Maybe, Sure


class Host(Fact, frozen=True, kw_only=True, tag="host"):
    """One machine as it describes itself."""

    os_family: Annotated[Sure[str], "rhel, debian, ubuntu, suse, ..."] = UNSET
    os_version: Annotated[Maybe[str], "the release"] = UNSET
    kernel: Annotated[Maybe[str], "the running kernel; null: none runs here"] = UNSET
    running: Annotated[Sure[bool], "a live system; false: files only"] = UNSET


class Service(Fact, frozen=True, kw_only=True, tag="host.service"):
    """One service or listening socket on one host."""

    category: Annotated[
        Sure[Literal["socket", "unit"]], "socket: a port that is listened on; unit: a service"
    ] = UNSET
    host: Annotated[Sure[str], "subject of the host"] = UNSET
    enabled: Annotated[Sure[bool], "it starts with the host"] = UNSET
    listens_on: Annotated[Sure[tuple[str, ...]], "addresses and ports that it listens on"] = UNSET
    exposed: Annotated[Sure[bool], "it listens on an address beyond this machine"] = UNSET
    protocol: Annotated[Maybe[str], "tcp or udp; null: a service as such, not a socket"] = UNSET
    port: Annotated[Maybe[int], "the port; null: a service as such"] = UNSET
    unit: Annotated[Maybe[str], "the service unit; null: a socket, whose program is not read"] = (
        UNSET
    )


class Setting(Fact, frozen=True, kw_only=True, tag="host.setting"):
    """One hardening setting of one host, with the value that is in force."""

    setting: Annotated[Sure[str], "its name, for example kernel.kptr_restrict or selinux"] = UNSET
    value: Annotated[Maybe[str], "the value in force; null: not set"] = UNSET
    persistent_value: Annotated[Maybe[str], "the value that the configuration sets; null: none"] = (
        UNSET
    )


class Instance(Fact, frozen=True, kw_only=True, tag="compute.instance"):
    """One virtual machine or container host of a cloud."""

    state: Annotated[Sure[str], "running, stopped, ..."] = UNSET
    managed: Annotated[Sure[bool], "the provider's management agent reports from it"] = UNSET
    public_address: Annotated[Sure[bool], "it has an address on the internet"] = UNSET
    metadata_token_required: Annotated[Sure[bool], "the metadata service wants a session token"] = (
        UNSET
    )
    image: Annotated[Maybe[str], "the image that it was made from"] = UNSET
    platform: Annotated[Maybe[str], "the operating system that its agent reports"] = UNSET


class Session(Fact, frozen=True, kw_only=True, tag="session.policy"):
    """Lock, idle and maximum times of one kind of session."""

    session: Annotated[Sure[str], "console, desktop, ssh, session-service, client-vpn, ..."] = UNSET
    lock_minutes: Annotated[Maybe[int], "idle minutes until the session locks; null: never"] = UNSET
    conceals: Annotated[Sure[bool], "the lock hides what was shown"] = UNSET
    idle_minutes: Annotated[Maybe[int], "idle minutes until the session ends; null: never"] = UNSET
    max_minutes: Annotated[
        Maybe[int], "minutes until the session ends in any case; null: never"
    ] = UNSET
    user_can_change: Annotated[Sure[bool], "the user can change or switch it off"] = UNSET


class Banner(Fact, frozen=True, kw_only=True, tag="banner"):
    """The notice that one entry surface shows."""

    surface: Annotated[Sure[str], "console, ssh, desktop, portal, client-vpn"] = UNSET
    shown: Annotated[Sure[bool], "a notice is shown before access is given"] = UNSET
    text_hash: Annotated[Maybe[str], "SHA-256 of its text, white space folded; null: none"] = UNSET


class Media(Fact, frozen=True, kw_only=True, tag="media.policy"):
    """The rule for removable media on a host or fleet."""

    removable: Annotated[Sure[str], "blocked, read-only, allowed"] = UNSET
    unowned_blocked: Annotated[Sure[bool], "devices that nobody registered are refused"] = UNSET


class Integrity(Fact, frozen=True, kw_only=True, tag="host.integrity"):
    """File integrity monitoring of one host."""

    tool: Annotated[Maybe[str], "aide, tripwire, ima, ...; null: none"] = UNSET
    database_present: Annotated[Sure[bool], "its reference database exists"] = UNSET
    scheduled: Annotated[Sure[bool], "it runs by itself"] = UNSET
