"""Who can act as root: by sudo or doas, or by a group that amounts to it."""

from __future__ import annotations

import re

from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.collectors.linux.sign_in.passwd import Group, User, groups, groups_of, users
from scanner.collectors.linux.sign_in.sudoers import (
    SUDOERS,
    SUDOERS_READ,
    Grant,
    Sudoers,
    comma_list,
    expand,
    sudoers,
)

SUDO_CALLS = {
    **{f"read:{path}": "root" for path in SUDOERS},
    "read:/etc/sudoers.d/*": "root",
    "read:/usr/etc/sudoers.d/*": "root",
    "stat:/usr/bin/sudo": "",
    "stat:/usr/bin/doas": "",
    "stat:/usr/local/bin/doas": "",
    "read:/etc/doas.conf": "root",
    "stat:/usr/bin/pkexec": "",
}

ROOT_GROUPS = {
    "root": "belongs to root's own group",
    "docker": "can start containers that hold the host's files",
    "lxd": "can start containers that hold the host's files",
    "incus-admin": "can start containers that hold the host's files",
    "libvirt": "can start machines that hold the host's disks",
    "disk": "can read and write the disks themselves",
}
"""Groups whose members can make themselves root, whatever sudo says."""

POLKIT_ADMINS = frozenset({"sudo", "wheel", "admin"})
"""Groups that the distributions' polkit rules take for administrators."""


def holders(who: str, people: list[User], known: list[Group]) -> list[User]:
    """The local accounts that a name in sudoers means. Raises Unclear for netgroups."""
    if who == "ALL":
        return people
    if who.startswith("%#"):
        return (
            [
                u
                for u in people
                if any(g.gid == int(who[2:]) for g in known if g.name in groups_of(u, known))
            ]
            if who[2:].isdecimal()
            else []
        )
    if who.startswith(("%:", "+")):
        raise Unclear(f"sudoers: {who} names people who are not in the local files")
    if who.startswith("%"):
        name = who[1:].strip('"').replace("\\ ", " ")
        return [u for u in people if name in groups_of(u, known)]
    if who.startswith("#") and who[1:].isdecimal():
        return [u for u in people if u.uid == int(who[1:])]
    return [u for u in people if u.name == who.strip('"')]


def is_admin(grant: Grant, rules: Sudoers) -> bool:
    """Whether a grant amounts to administration: any command as root."""
    commands = expand(grant.commands, rules.aliases["Cmnd_Alias"])
    return "ALL" in commands and as_root(grant, rules)


def as_root(grant: Grant, rules: Sudoers) -> bool:
    as_whom = grant.run_as.split(":")[0]
    names = expand(comma_list(as_whom) if as_whom.strip() else (), rules.aliases["Runas_Alias"])
    return not names or any(name.strip() in ("ALL", "root", "#0") for name in names)


def administrators(host: Host) -> frozenset[str]:
    """The names of the local accounts that can act as root. Raises Refused."""
    people, known = users(host), groups(host)
    found = {user.name for user in people if user.uid == 0}
    for user in people:
        mine = groups_of(user, known)
        if any(name in ROOT_GROUPS for name in mine if name != "root") and user.login_shell:
            found.add(user.name)
        if mine & POLKIT_ADMINS and host.exists("/usr/bin/pkexec"):
            found.add(user.name)
    if any(host.exists(path) for path in ("/usr/bin/doas", "/usr/local/bin/doas")):
        text = host.read_optional("/etc/doas.conf") or ""
        found |= clear("read:/etc/doas.conf", lambda: doas_administrators(text, people, known))
    rules = sudoers(host)
    if rules is None:
        return frozenset(found)
    some = rules

    def gather() -> set[str]:
        names: set[str] = set()
        for grant in some.grants:
            if not as_root(grant, some):
                continue
            # Any command as root may be enough to become root; only a list of plain names is not
            # judged further here.
            if is_admin(grant, some):
                for who in expand((grant.who,), some.aliases["User_Alias"]):
                    names |= {user.name for user in holders(who, people, known)}
        return names

    return frozenset(found | clear(SUDOERS_READ, gather))


def doas_administrators(text: str, people: list[User], known: list[Group]) -> set[str]:
    """Who may run any command as root by doas.conf(5)."""
    found: set[str] = set()
    for raw in text.splitlines():
        words = raw.split("#")[0].split()
        if not words:
            continue
        if words[0] not in ("permit", "deny"):
            raise Unclear(f"doas.conf: the line {raw[:60]!r} is not understood")
        if words[0] == "deny" or "cmd" in words:
            continue
        rest = re.sub(r"\{[^}]*\}", "", " ".join(words[1:])).split()
        names = [w for w in rest if w not in ("nopass", "persist", "keepenv", "nolog", "setenv")]
        if not names:
            raise Unclear(f"doas.conf: the line {raw[:60]!r} names nobody")
        if "as" in names and names[names.index("as") + 1 :][:1] not in (["root"], []):
            continue
        who = names[0]
        members = holders(f"%{who[1:]}" if who.startswith(":") else who, people, known)
        found |= {user.name for user in members}
    return found
