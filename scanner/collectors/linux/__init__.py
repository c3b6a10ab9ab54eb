"""Linux hosts: this one, or a mounted root file system, read without an agent."""

from __future__ import annotations

from scanner.collectors.base import Collector
from scanner.collectors.linux.crypto import fips, modules
from scanner.collectors.linux.network import (
    firewall,
    iwd,
    services,
    wireless,
    wpa_supplicant,
)
from scanner.collectors.linux.records import audit_records, clock, log_files, stores, trails
from scanner.collectors.linux.session import OPTIONS, open_host
from scanner.collectors.linux.sign_in import (
    accounts,
    banners,
    credentials,
    desktops,
    policy,
    sessions,
    sshd,
    sudo,
)
from scanner.collectors.linux.software import malware, patches, repositories, software
from scanner.collectors.linux.system import disks, hardening, media, release

COLLECTOR = Collector(
    provider="linux",
    about="a Linux host: this one, or the root file system of another",
    sources=(
        patches.patches,  # first: its package manager takes as long as all the rest together
        release.host,
        accounts.accounts,
        credentials.passwords,
        credentials.ssh_keys,
        policy.sign_in_policy,
        sudo.sudo_grants,
        sshd.ssh_access,
        sshd.ssh_endpoint,
        sessions.shell_sessions,
        sessions.login_sessions,
        desktops.desktop_sessions,
        banners.banners,
        fips.fips_settings,
        modules.crypto_modules,
        trails.audit_trail,
        trails.journal_trail,
        trails.rsyslog_trail,
        trails.syslog_ng_trail,
        audit_records.audit_records,
        stores.journal_store,
        stores.audit_store,
        log_files.log_files,
        clock.clock,
        services.listening,
        services.enabled_services,
        firewall.host_firewall,
        wireless.wireless,
        wpa_supplicant.wpa_supplicant,
        iwd.iwd,
        wireless.host_keys,
        media.removable_media,
        disks.disks,
        hardening.kernel_settings,
        hardening.access_control,
        hardening.file_integrity,
        malware.malware_protection,
        repositories.package_sources,
        software.allow_list,
        software.packages,
    ),
    open=open_host,
    options=OPTIONS,
    concurrency=8,
    divides=lambda target: "inventory" in target.options,
)
