"""Linux hosts: this one, or a mounted root file system, read without an agent."""

from __future__ import annotations

from scanner.collectors.base import Collector
from scanner.collectors.linux import accounts, crypto, journal, software, sudo, system
from scanner.collectors.linux.session import OPTIONS, open_host

COLLECTOR = Collector(
    provider="linux",
    about="a Linux host: this one, or the root file system of another",
    sources=(
        system.host,
        accounts.accounts,
        accounts.passwords,
        accounts.ssh_keys,
        sudo.sudo_grants,
        crypto.fips_settings,
        crypto.crypto_modules,
        journal.journal_store,
        journal.audit_store,
        journal.log_files,
        software.allow_list,
        software.packages,
    ),
    open=open_host,
    options=OPTIONS,
    concurrency=8,
)
