# ruff: noqa: E501 - a line of configuration stays one line
"""FIPS mode: switches and modules."""

from __future__ import annotations

import pytest
from linux_reading import read, said
from linux_rhel import OPENSSL_RHEL, RHEL, RHEL_ANSWERS

from scanner.collectors.linux.crypto.fips import fips_settings, policy_is_fips
from scanner.collectors.linux.crypto.modules import crypto_modules


@pytest.mark.parametrize(
    ("policy", "fips"),
    [
        ("FIPS", True), ("FIPS:OSPP", True), ("FIPS:STIG", True), ("DEFAULT", False),
        ("LEGACY", False), ("FIPS:AD-SUPPORT", False), ("FIPS:SHA1", False), ("DEFAULT:FIPS", False),
    ],
)  # fmt: skip
def test_crypto_policies(policy: str, fips: bool) -> None:
    assert policy_is_fips(policy) is fips


def test_a_sub_policy_that_is_not_known_is_not_guessed() -> None:
    tree = {**RHEL, "/etc/crypto-policies/state/current": "FIPS:CORP\n"}
    found = read(fips_settings, tree)
    assert found.refused["fips/crypto-policy"]["on"].reason == "broken"
    assert found["fips/kernel"].on is True


def test_a_provider_without_the_kernels_flag_needs_the_configuration() -> None:
    tree = {**RHEL, "/proc/sys/crypto/fips_enabled": "0\n"}
    assert read(crypto_modules, tree, RHEL_ANSWERS)["module/openssl"].fips_mode is False
    tree["/etc/pki/tls/openssl.cnf"] = "[algorithm_sect]\ndefault_properties = fips=yes\n"
    assert read(crypto_modules, tree, RHEL_ANSWERS)["module/openssl"].fips_mode is True
    inactive = {
        **RHEL_ANSWERS,
        ("openssl", "list", "-providers", "-verbose"): said(
            OPENSSL_RHEL.replace("status: active", "status: inactive")
        ),
    }
    found = read(crypto_modules, RHEL, inactive)["module/openssl"]
    assert (found.module, found.fips_mode) == (None, False)


def test_a_kernel_without_fips_is_off_and_an_unseen_one_is_unread() -> None:
    tree = {k: v for k, v in RHEL.items() if k != "/proc/sys/crypto/fips_enabled"}
    assert read(fips_settings, tree)["fips/kernel"].on is False
    blind = {k: v for k, v in tree.items() if not k.startswith("/proc/sys")}
    assert read(fips_settings, blind).refused["fips/kernel"]["on"].reason == "not-supported"
