"""Rights to act as another user, grant by grant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scanner.collectors.base import Partial, source
from scanner.collectors.linux.host import Host, clear
from scanner.collectors.linux.sign_in.administrators import (
    ROOT_GROUPS,
    SUDO_CALLS,
    as_root,
    holders,
    is_admin,
)
from scanner.collectors.linux.sign_in.passwd import PASSWD_CALLS, groups, refuse_directories, users
from scanner.collectors.linux.sign_in.sudoers import SUDOERS_READ, expand, sudoers
from scanner.facts.identity import RoleGrant


@source(
    RoleGrant,
    fields=[
        "principal",
        "principal_name",
        "role",
        "action_class",
        "privileged",
        "permanent",
        "expires_days",
        "external",
        "password_required",
    ],
    calls={**SUDO_CALLS, **PASSWD_CALLS},
)
def sudo_grants(here: Host) -> Iterator[RoleGrant | Partial]:
    """What sudo lets whom do as another user, and groups that amount to root."""
    people, known = users(here), groups(here)
    common = here.here("read:/etc/group")
    for group in sorted(known, key=lambda g: g.name):
        if group.name in ROOT_GROUPS and group.name != "root":
            for name in sorted(group.members):
                yield RoleGrant(
                    subject=f"{here.id}/grant/group/{group.name}/{name}",
                    name=f"{name} in group {group.name}",
                    principal=f"{here.id}/user/{name}",
                    principal_name=name,
                    role=f"group {group.name}",
                    action_class=("admin",),
                    privileged=True,
                    permanent=True,
                    expires_days=None,
                    external=False,
                    password_required=False,
                    **common,
                )
    rules = sudoers(here)
    if rules is None:
        return
    seen: dict[str, int] = {}
    for grant in rules.grants:
        aliases = rules.aliases["User_Alias"]
        for who in clear(SUDOERS_READ, lambda g=grant, a=aliases: expand((g.who,), a)):  # type: ignore[misc]
            members = clear(SUDOERS_READ, lambda w=who: holders(w, people, known))  # type: ignore[misc]
            admin = clear(SUDOERS_READ, lambda g=grant: is_admin(g, rules))  # type: ignore[misc]
            commands = expand(grant.commands, rules.aliases["Cmnd_Alias"])
            for user in members:
                if user.uid == 0:
                    continue
                role = f"sudo {who}: ({grant.run_as}) {', '.join(grant.commands)}"[:200]
                # The same line may stand twice; each keeps a subject of its own.
                key = f"{user.name}/{role}"
                number = seen[key] = seen.get(key, 0) + 1
                spared = who in rules.unlocked_for or user.name in rules.unlocked_for
                yield RoleGrant(
                    subject=f"{here.id}/grant/{key}" + ("" if number == 1 else f"#{number}"),
                    name=f"{user.name}: {role}",
                    principal=f"{here.id}/user/{user.name}",
                    principal_name=user.name,
                    role=role,
                    action_class=classes(commands, admin),
                    privileged=clear(SUDOERS_READ, lambda g=grant: as_root(g, rules)),  # type: ignore[misc]
                    permanent=True,
                    expires_days=None,
                    external=False,
                    password_required=grant.password and rules.authenticate and not spared,
                    **here.here(SUDOERS_READ),
                )
    refuse_directories(here, "sudoers", "rules of sudo")


_CLASSES = (
    (
        "iam",
        re.compile(r"/(useradd|userdel|usermod|passwd|chpasswd|visudo|gpasswd|groupadd|vipw)\b"),
    ),
    ("audit", re.compile(r"/(auditctl|ausearch|aureport|augenrules|journalctl|auditd)\b")),
    ("network", re.compile(r"/(ip|nft|iptables|firewall-cmd|ufw|nmcli|ifconfig|route)\b")),
)


def classes(commands: Sequence[str], admin: bool) -> tuple[str, ...]:
    """The kinds of action that a list of commands allows, by the names of the programs."""
    if admin:
        return ("admin", "iam", "audit", "network")
    return tuple(name for name, pattern in _CLASSES if any(pattern.search(c) for c in commands))
