"""The local accounts of a host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, source
from scanner.collectors.linux.host import Host, known, observe
from scanner.collectors.linux.sign_in.account_reads import HOME_CALLS, AccountReads
from scanner.collectors.linux.sign_in.administrators import SUDO_CALLS
from scanner.collectors.linux.sign_in.factors import FACTOR_CALLS
from scanner.collectors.linux.sign_in.lastlog import LASTLOG_CALLS
from scanner.collectors.linux.sign_in.passwd import (
    PASSWD,
    PASSWD_CALLS,
    SHADOW_CALLS,
    refuse_directories,
)
from scanner.facts.identity import Account


@source(
    Account,
    fields=[
        "category",
        "enabled",
        "privileged",
        "password_enabled",
        "password_change_required",
        "password_age_days",
        "password_max_days",
        "mfa_registered",
        "mfa_enforced",
        "mfa_local",
        "remote",
        "last_used_days",
        "shell",
        "uid",
    ],
    calls={
        **PASSWD_CALLS,
        **SHADOW_CALLS,
        **SUDO_CALLS,
        **FACTOR_CALLS,
        **HOME_CALLS,
        **LASTLOG_CALLS,
    },
)
def accounts(here: Host) -> Iterator[Account | Partial]:
    """The local accounts: whom they stand for, whether they can sign in, and with what."""
    all_of = AccountReads(here)
    for user in all_of.users:
        reads: dict[str, Any] = {
            "category": lambda u=user: all_of.category(u),
            "enabled": lambda u=user: all_of.enabled(u),
            "privileged": lambda u=user: u.uid == 0 or u.name in known(all_of.administrators),
            "password_enabled": lambda u=user: all_of.password_enabled(u),
            "password_change_required": lambda u=user: all_of.change_required(u),
            "password_age_days": lambda u=user: all_of.changed_days(u),
            "password_max_days": lambda u=user: all_of.max_days(u),
            "mfa_registered": lambda u=user: all_of.mfa_registered(u),
            "mfa_enforced": lambda u=user: all_of.mfa_enforced(u),
            "mfa_local": lambda u=user: all_of.mfa_local(u),
            "remote": lambda u=user: all_of.remote(u),
            "last_used_days": lambda u=user: all_of.last_used_days(u),
        }
        fact = Account(
            subject=f"{here.id}/user/{user.name}",
            name=user.name,
            shell=user.shell,
            uid=user.uid,
            **here.here(PASSWD),
        )
        yield observe(fact, PASSWD, reads)
    refuse_directories(here)
