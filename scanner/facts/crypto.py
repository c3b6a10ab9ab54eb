"""Which cryptography is in use: endpoints, keys, modules and the switches for FIPS mode."""

from __future__ import annotations

from typing import Annotated, Literal

from scanner.facts.base import UNSET, Fact, Maybe, Sure


class Endpoint(Fact, frozen=True, kw_only=True, tag="crypto.endpoint"):
    """One listening or connecting endpoint."""

    service: Annotated[
        Sure[str], "load-balancer, api-domain, search-domain, sshd, file-transfer, ..."
    ] = UNSET
    protocol: Annotated[Sure[str], "TLS, HTTPS, SSH, HTTP, TCP, ..."] = UNSET
    policy: Annotated[Maybe[str], "the provider's name for its TLS or cipher policy"] = UNSET
    min_version: Annotated[Maybe[str], "the least TLS version that it accepts, for example 1.2"] = (
        UNSET
    )
    min_version_rank: Annotated[Maybe[int], "the same to compare: 10, 11, 12, 13"] = UNSET
    ciphers: Annotated[Sure[tuple[str, ...]], "cipher suites or ciphers that it accepts"] = UNSET
    macs: Annotated[Sure[tuple[str, ...]], "message authentication codes that it accepts"] = UNSET
    key_exchanges: Annotated[Sure[tuple[str, ...]], "key exchanges that it accepts"] = UNSET
    encrypted: Annotated[Sure[bool], "what passes is encrypted here"] = UNSET
    plaintext_refused: Annotated[Sure[bool], "it cannot be used without encryption"] = UNSET
    fips_policy: Annotated[
        Sure[bool], "the provider says that this policy uses its FIPS modules only"
    ] = UNSET
    public: Annotated[Sure[bool], "it is reachable from the internet"] = UNSET
    certificate_days: Annotated[
        Maybe[int], "days until its certificate ends, below 0 once it has; null: it shows none"
    ] = UNSET


class Key(Fact, frozen=True, kw_only=True, tag="crypto.key"):
    """One key or recovery key."""

    state: Annotated[Sure[str], "enabled, disabled, pending-deletion, ..."] = UNSET
    origin: Annotated[Sure[str], "where the key material comes from"] = UNSET
    hardware: Annotated[Sure[bool], "it lives in a hardware module"] = UNSET
    managed_by: Annotated[Sure[Literal["customer", "provider"]], "who manages it"] = UNSET
    rotation_days: Annotated[Maybe[int], "days between rotations; null: never by itself"] = UNSET
    policy_public: Annotated[Sure[bool], "its policy lets anybody use it"] = UNSET
    symmetric: Annotated[Sure[bool], "it is a symmetric encryption key"] = UNSET
    escrowed: Annotated[Sure[bool], "a recovery copy is kept by the organisation"] = UNSET


class Module(Fact, frozen=True, kw_only=True, tag="crypto.module"):
    """One cryptographic module as loaded, matched to its certificate."""

    library: Annotated[Sure[str], "openssl, gnutls, kernel, libgcrypt, nss"] = UNSET
    module: Annotated[Maybe[str], "the module's own name; null: none is loaded"] = UNSET
    version: Annotated[Maybe[str], "the version that the module itself reports"] = UNSET
    fips_mode: Annotated[Sure[bool], "it runs in its FIPS mode"] = UNSET
    package: Annotated[Maybe[str], "the package that holds it; null: none of those known"] = UNSET
    package_version: Annotated[Maybe[str], "that package's version, as the host writes it"] = UNSET
    os_release: Annotated[Sure[str], "operating system and release, for example rhel 9.4"] = UNSET
    certificate: Annotated[Maybe[int], "CMVP certificate number; null: no match"] = UNSET
    certificate_state: Annotated[
        Sure[
            Literal[
                "validated-active",
                "patched",
                "in-process",
                "not-validated",
                "not-employed",
            ]
        ],
        "what the register says of exactly this version; unread where the register cannot tell",
    ] = UNSET
    certificate_note: Annotated[Maybe[str], "the register's word for a person"] = UNSET


class FipsSetting(Fact, frozen=True, kw_only=True, tag="crypto.fips_setting"):
    """One switch that puts a host or service into FIPS mode. A switch is not a certificate."""

    setting: Annotated[Sure[str], "kernel, crypto-policy, fargate, node-image, ..."] = UNSET
    value: Annotated[Maybe[str], "as read; null: not set"] = UNSET
    on: Annotated[Sure[bool], "FIPS mode is on"] = UNSET
