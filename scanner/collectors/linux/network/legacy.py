"""The tables of the older iptables, which the kernel applies beside nftables and nft never prints.

A packet passes both: it goes no further where either refuses it. Which tables there are stands in
/proc; a command is run only where the filter table is among them, since asking for a table makes
the kernel set it up.
"""

from __future__ import annotations

from collections.abc import Mapping

from scanner.collectors.base import Refused
from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.collectors.linux.machine.program import COMMAND_FOLDERS
from scanner.collectors.linux.network.filter import FAMILIES, Direction, Filter
from scanner.collectors.linux.network.iptables import parse_iptables
from scanner.collectors.linux.network.meet import meet

_COMMANDS = {"ip": "iptables", "ip6": "ip6tables"}
_OLD_PROGRAMS = frozenset({"xtables-legacy-multi", "xtables-multi"})
"""What the command is a link to, where it is the older one."""


def _links(command: str) -> list[str]:
    return [*(f"{folder}/{command}" for folder in COMMAND_FOLDERS), f"/etc/alternatives/{command}"]


LEGACY_CALLS = {
    call: need
    for family, command in _COMMANDS.items()
    for call, need in (
        (f"read:/proc/net/{family}_tables_names", "root"),
        (f"run:{command}-legacy -S", "root"),
        (f"run:{command} -S", "root"),
        *((f"stat:{path}", "") for path in _links(command)),
    )
}


def is_legacy(here: Host, command: str) -> bool:
    """Whether the command is the older program, as far as its links tell."""
    for path in _links(command):
        program = (here.readlink(path) or "").rpartition("/")[2]
        if program in _OLD_PROGRAMS or program == f"{command}-legacy":
            return True
        if program and program != command:
            return False
    return False


def printed(here: Host, command: str) -> Filter:
    """The filter table that a command prints. Raises Refused."""
    words = (command, "-S")
    family = "ip6" if command.startswith("ip6") else "ip"
    return clear(f"run:{command} -S", lambda: parse_iptables(here.run_ok(*words), family))


def legacy_filters(here: Host) -> Mapping[str, Filter]:
    """Address family -> its filter table, of the families that have one. Raises Refused."""
    found = {}
    for family, command in _COMMANDS.items():
        names = here.read_optional(f"/proc/net/{family}_tables_names") or ""
        if "filter" in names.split():
            found[family] = _table(here, command)
    return found


def _table(here: Host, command: str) -> Filter:
    try:
        return printed(here, f"{command}-legacy")
    except Refused as error:
        if error.reason != "not-supported":
            raise
        if is_legacy(here, command):
            return printed(here, command)
        raise Refused(
            "not-supported",
            error.operation,
            f"the kernel applies tables that only {command}-legacy prints, which is not installed",
        ) from None


def beside(base: Filter, old: Mapping[str, Filter]) -> Filter:
    """What nftables and the older tables do together."""
    if not old:
        return base
    return Filter(
        base.enabled or all(family in old and old[family].enabled for family in FAMILIES),
        _joined(base.ingress, {family: each.ingress for family, each in old.items()}),
        _joined(base.egress, {family: each.egress for family, each in old.items()}),
        base.rules + sum(each.rules for each in old.values()),
    )


def _joined(base: Direction, old: Mapping[str, Direction]) -> Direction:
    opened, unclear = dict(base.opened), ""
    for each in old.values():
        for family, new in each.opened.items():
            try:
                opened[family] = meet(opened[family], new) if family in opened else new
            except Unclear as error:
                unclear = str(error)
    if opened.keys() >= FAMILIES:
        rules = {rule for family in FAMILIES for rule in opened[family].rules}
        return Direction("deny", tuple(sorted(rules)), opened, unclear)
    rules = {rule for each in (base, *old.values()) for rule in each.open_rules}
    return Direction("allow", tuple(sorted(rules)), opened)
