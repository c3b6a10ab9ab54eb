# ruff: noqa: E501 - a line of configuration stays one line
"""Every parser takes any text: it answers or says that it does not understand, and never raises."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linux_common import AUDIT_RULES, AUDIT_STATUS, NFT, PROC, QUALITY, SSHD, TRACKING
from linux_debian import _COMMON_AUTH, DEBIAN
from linux_rhel import _SYSTEM_AUTH, OPENSSL_RHEL, RHEL

from scanner.collectors.base import Refused
from scanner.collectors.linux import forms
from scanner.collectors.linux.crypto import fips, providers
from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.network import iptables, nft, services, wpa_supplicant
from scanner.collectors.linux.records import (
    audit_records,
    audit_rules,
    clock,
    forwarding,
    logrotate,
    stores,
)
from scanner.collectors.linux.sign_in import (
    administrators,
    authorized_keys,
    dconf,
    lastlog,
    lockout,
    new_passwords,
    pam,
    pam_needs,
    passwd,
    sessions,
    sshd,
    sshd_config,
    sudoers,
)
from scanner.collectors.linux.software import (
    apt_conf,
    missing,
    packages,
    repository_files,
    software,
)
from scanner.collectors.linux.system import disks, hardening, release

STACK = _SYSTEM_AUTH.format(nullok="nullok")


def _stacks(text: str) -> Any:
    known = {"sshd": text, "common-auth": _COMMON_AUTH}
    found = pam.Stacks(known.get)
    rules = found.rules("sshd", "auth")
    return pam_needs.needs(rules), lockout.Lockout(rules, "deny = 3").threshold()


def _quality(text: str) -> Any:
    found = new_passwords.Quality(pam.Rule((("default", "bad"),), "pam_pwquality"), [text])
    return found.min_length(), found.char_classes(), found.changed_chars()


def _config(text: str) -> Any:
    config = sshd_config.Config(tuple(sshd_config.parse(text, lambda pattern: [])))
    views = config.views(sshd_config.Account("alice", frozenset({"alice"})))
    from scanner.collectors.linux.sign_in.factors import two_factors_needed

    return [two_factors_needed(view, None) for view in (*views, config.base)]


def _sudoers(text: str) -> Any:
    rules = sudoers.parse(text, lambda path, folder: [])
    people = passwd.parse_passwd(_PASSWD)
    return [
        (administrators.is_admin(grant, rules), administrators.holders(grant.who, people, []))
        for grant in rules.grants
    ]


_PASSWD = RHEL["/etc/passwd"]

PARSERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "os-release": (release.parse_release, RHEL["/etc/os-release"]),
    "shell assignments": (forms.shell_assignments, "A='b c'\nD=e\n"),
    "equals": (forms.equals_pairs, RHEL["/etc/security/faillock.conf"]),
    "words": (forms.word_pairs, RHEL["/etc/login.defs"]),
    "sections": (forms.sections, RHEL["/etc/systemd/journald.conf"]),
    "span": (forms.span_seconds, "1year 2h 30min"),
    "passwd": (passwd.parse_passwd, _PASSWD),
    "group": (passwd.parse_group, RHEL["/etc/group"]),
    "shadow": (passwd.parse_shadow, RHEL["/etc/shadow"]),
    "authorized_keys": (
        authorized_keys.parse_authorized_keys,
        'from="10.0.0.*",command="a b" ssh-ed25519 AAAAC3Nza c\n',
    ),
    "pam": (_stacks, STACK),
    "pwquality": (_quality, QUALITY),
    "sshd_config": (_config, SSHD + "Match User alice\n  AuthenticationMethods any\n"),
    "sshd -T": (sshd.parse_effective, "port 22\nciphers aes256-ctr\n"),
    "sudoers": (
        _sudoers,
        DEBIAN["/etc/sudoers"] + "User_Alias OPS = alice, bob\nOPS ALL=NOPASSWD: ALL\n",
    ),
    "doas": (
        lambda text: administrators.doas_administrators(text, passwd.parse_passwd(_PASSWD), []),
        "permit persist :wheel\npermit nopass alice as root\n",
    ),
    "audit rules": (audit_rules.parse_rules, AUDIT_RULES),
    "audit status": (audit_rules.parse_status, AUDIT_STATUS),
    "audit records": (
        lambda text: audit_records.judge_records(text.splitlines()),
        "type=SYSCALL msg=audit(1.1:2): success=yes auid=1000 ses=1 exe=x\n",
    ),
    "logrotate": (logrotate.parse_logrotate, DEBIAN["/etc/logrotate.d/rsyslog"]),
    "journal": (lambda text: stores.journal_retention({"MaxRetentionSec": text}), "3month"),
    "rsyslog": (
        forwarding.rsyslog_targets,
        '*.* @@log.example:6514\naction(type="omfwd" target="x")\n',
    ),
    "syslog-ng": (
        forwarding.syslog_ng_targets,
        'destination d { network("10.0.0.9" port(514)); };',
    ),
    "ntp": (clock.ntp_servers, "server a iburst\npool b\n"),
    "chronyc": (clock.parse_tracking, TRACKING),
    "sockets": (lambda text: services.parse_sockets(text, "0A"), PROC["/proc/net/tcp"]),
    "nft": (nft.parse_nft, NFT),
    "iptables": (
        iptables.parse_iptables,
        "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n",
    ),
    "wpa_supplicant": (
        wpa_supplicant.parse_networks,
        'ap_scan=1\nnetwork={\n ssid="a"\n key_mgmt=SAE\n}\ncred={\n realm="x"\n}\n',
    ),
    "mountinfo": (disks.parse_mountinfo, PROC["/proc/self/mountinfo"]),
    "sysctl": (lambda text: hardening.parse_sysctl([text]), "kernel.kptr_restrict = 1\n"),
    "providers": (providers.parse_providers, OPENSSL_RHEL),
    "crypto policy": (fips.policy_is_fips, "FIPS:OSPP"),
    "fapolicyd": (
        lambda text: software.denies_by_default(software.parse_fapolicyd(text)),
        RHEL["/etc/fapolicyd/compiled.rules"],
    ),
    "TMOUT": (lambda text: sessions.parse_timeout([text]), RHEL["/etc/profile.d/tmout.sh"]),
    "gvariant": (dconf.gvariant_text, "'a\\nb'"),
    "dpkg": (packages.parse_dpkg, DEBIAN["/var/lib/dpkg/status"]),
    "apk": (packages.parse_apk, "P:musl\nV:1.2\n\nP:zlib\nV:1.3\n"),
    "rpm": (packages.parse_rpm_list, "bash\t5.1-1\tRed Hat\t1700000000\n"),
    "apt": (
        missing.parse_apt,
        "Listing...\nbash/stable,stable-security 5.2-2 amd64 [upgradable from: 5.2-1]\n",
    ),
    "apt.conf": (lambda text: apt_conf.apt_setting([text], "A::B"), 'A { B "1"; };\n'),
    "updateinfo": (missing.parse_updateinfo, "RHSA-1 Important/Sec. a-1\n"),
    "zypper": (missing.parse_zypper, "Repository | Name | Category\na | b | security\n"),
    "repo": (
        lambda text: repository_files.parse_repo_file(text, True),
        "[a]\nbaseurl=http://u:p@h/x\ngpgcheck=0\n",
    ),
    "sources.list": (repository_files.parse_sources_list, "deb [trusted=yes] http://h d main\n"),
    "deb822": (
        repository_files.parse_deb822_sources,
        "Types: deb\nURIs: http://h\nSuites: s\nTrusted: yes\n",
    ),
}


def damaged(text: str) -> st.SearchStrategy[str]:
    """The text with a piece cut out, doubled, or replaced: near misses are what breaks parsers."""
    spot = st.integers(0, max(0, len(text)))
    junk = st.sampled_from(["", "\n", "\\", '"', "'", "#", "=", ":", "[", "]", "{", "}", "!", ",", "\x00", "é", " ", "-", "9" * 30, "include", "%"])  # fmt: skip
    return st.builds(
        lambda a, b, new: text[: min(a, b)] + new + text[max(a, b) :], spot, spot, junk
    )


@pytest.mark.parametrize("name", PARSERS)
def test_a_well_formed_text_is_understood(name: str) -> None:
    parse, sample = PARSERS[name]
    parse(sample)


@pytest.mark.parametrize("name", PARSERS)
def test_any_text_is_answered_or_refused(name: str) -> None:
    parse, sample = PARSERS[name]

    @given(
        st.one_of(
            st.text(max_size=200),
            damaged(sample),
            st.lists(damaged(sample), max_size=2).map("\n".join),
        )
    )
    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    def check(text: str) -> None:
        with contextlib.suppress(Unclear, Refused):
            parse(text)

    check()


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None, database=None)
def test_any_bytes_are_an_rpm_header_or_not(blob: bytes) -> None:
    with contextlib.suppress(Unclear):
        packages.parse_rpm_header(blob)
    assert lastlog.parse_lastlog(blob, 1000) is None
