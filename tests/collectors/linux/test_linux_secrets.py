# ruff: noqa: E501 - a line of configuration stays one line
"""Secrets of a host never enter a snapshot, and each refused read is told from an absent thing."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from linux_reading import NOW, TARGET, collector_of, memory, nodes, said
from linux_trees import CANARIES, FAMILIES
from refusals import check, concerned, scan, stated

from scanner.cli.steps import all_rules
from scanner.collect import collect
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.declared import star_pattern
from scanner.collectors.linux.machine.base import Machine
from scanner.collectors.linux.machine.memory import Memory
from scanner.collectors.linux.machine.once import Once

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARYprivate\n-----END OPENSSH PRIVATE KEY-----\n"
PLANTED = {
    "/root/.ssh/id_ed25519": KEY,
    "/home/alice/.ssh/id_rsa": KEY,
    "/home/alice/.ssh/authorized_keys": 'environment="T=CANARYoption" ssh-ed25519 AAAAC3NzaCANARYpublic CANARYcomment\n',
    "/home/alice/.aws/credentials": "aws_secret_access_key=CANARYaws\n",
    "/etc/ssh/ssh_host_ed25519_key": KEY,
    "/etc/ssh/ssh_host_ed25519_key.pub": "ssh-ed25519 AAAACANARY root\n",
    "/etc/ssh/banner.txt": "x",
    "/etc/NetworkManager/system-connections/office.nmconnection": (
        "[connection]\ntype=wifi\n[wifi-security]\nkey-mgmt=wpa-psk\npsk=CANARYpsk\n"
    ),
    "/etc/wpa_supplicant/wpa_supplicant.conf": (
        'network={\n ssid="lab"\n psk="CANARYpsk" # CANARYcomment\n}\n'
        'network={\n ssid="hall"\n key_mgmt=WPA-EAP\n identity="CANARYname"\n password="CANARYeap"\n}\n'
        'network={\n ssid="old"\n key_mgmt=NONE\n wep_key0="CANARYwep"\n}\n'
        'network={\n ssid="odd"\n key_mgmt=CANARYword\n sae_password="CANARYsae"\n}\n'
        "cred={\n password=CANARYcred\n}\nblob-base64-k={\nCANARYblob\n}\n"
    ),
    "/etc/wpa_supplicant/wpa_supplicant-wlan1.conf": 'network={\n ssid="x\n CANARYlost psk="CANARYpsk"\n',
    "/var/lib/iwd/yard.psk": "[Security]\nPassphrase=CANARYpass\nPreSharedKey=CANARYpsk\n",
    "/var/lib/iwd/tower.8021x": "[Security]\nEAP-Method=PWD\nEAP-Password=CANARYeap\n",
    "/var/lib/iwd/cafe.open": "[Settings]\nAutoConnect=true\n",
    "/etc/apt/sources.list.d/private.list": "deb https://user:CANARYpass@apt.example/ x main\n",
    "/etc/yum.repos.d/private.repo": "[p]\nbaseurl=https://user:CANARYpass@yum.example/\ngpgcheck=1\n",
}


WIRELESS = ("office", "lab", "hall", "old", "odd", "yard", "tower", "cafe")
"""Networks of the files above, of which the names are told and nothing else."""


@pytest.mark.parametrize("family", FAMILIES)
def test_no_secret_enters_a_snapshot(family: str, tmp_path: Path) -> None:
    tree, answers = FAMILIES[family]
    machine = memory({**tree, **PLANTED}, answers)
    collect([TARGET], {"linux": collector_of(machine)}, None, tmp_path / "s", now=lambda: NOW)
    kept = b""
    for path in (tmp_path / "s").rglob("*"):
        if path.is_file():
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            for canary in CANARIES:
                assert canary.encode() not in data, path.name
            kept += data
    assert len(kept) > 10_000
    assert all(f'"name":"{name}"'.encode() in kept for name in WIRELESS)


class Refusing(Memory):
    """A machine on which one declared operation is refused."""

    def __init__(self, machine: Memory, operation: str) -> None:
        super().__init__(machine.nodes, live=True, answers=machine.answers)
        self.verb, _, declared = operation.partition(":")
        self.pattern = star_pattern(
            declared.replace("~/", "/*/*/") if declared[0] == "~" else declared
        )
        self.home = declared[0] == "~"
        self.leaf = declared[2:]

    def _hit(self, path: str) -> bool:
        if self.home:
            return path.endswith("/" + self.leaf)
        return self.pattern.fullmatch(path) is not None

    def read(self, path: str, limit: int = 1 << 26) -> bytes:
        if self.verb == "read" and self._hit(path):
            raise PermissionError(13, "refused by the test", path)
        return super().read(path, limit)

    def stat(self, path: str):  # type: ignore[no-untyped-def]
        if self.verb in ("read", "stat") and self._hit(path):
            raise PermissionError(13, "refused by the test", path)
        return super().stat(path)

    def readlink(self, path: str) -> str:
        if self.verb in ("read", "stat") and self._hit(path):
            raise PermissionError(13, "refused by the test", path)
        return super().readlink(path)

    def listdir(self, path: str) -> tuple[str, ...]:
        names = super().listdir(path)
        if self.verb in ("read", "stat") and self._hit(f"{path}/x") and "*" in self.pattern.pattern:
            raise PermissionError(13, "refused by the test", path)
        return names

    def run(self, argv):  # type: ignore[no-untyped-def]
        if self.verb == "run" and self.pattern.fullmatch(" ".join(argv)):
            return said("", 1, "Operation not permitted")
        return super().run(argv)


RULES = [r for r in all_rules([]) if not r.providers or "linux" in r.providers]
OPERATIONS = sorted({call for s in COLLECTOR.sources for call in s.calls})
FAMILY_OF = {"debian": ("apt", "dpkg"), "rhel": ("",)}


def _machine(tree, answers) -> Memory:  # type: ignore[no-untyped-def]
    return Memory(nodes(tree), live=True, answers=answers)


def _over(machine: Machine, sources):  # type: ignore[no-untyped-def]
    return replace(collector_of(Once(machine)), sources=sources)


_baselines: dict[tuple[str, tuple[str, ...], tuple[str, ...]], object] = {}


@pytest.mark.parametrize("part", range(8))
def test_a_refused_read_leaves_unknown(part: int, tmp_path: Path) -> None:
    """Each declared operation refused in turn, over a RHEL and a Debian host."""
    for number, operation in enumerate(OPERATIONS[part::8]):
        deb = any(word in operation for word in FAMILY_OF["debian"])
        family = "debian" if deb else "rhel"
        tree, answers = FAMILIES[family]
        machine = _machine(tree, answers)
        narrowed, rules = concerned(COLLECTOR, operation, RULES)
        if not rules:
            continue
        sources = tuple(s for s in narrowed.sources if operation in s.calls or s.lists)
        key = (family, tuple(r.id for r in rules), tuple(s.name for s in sources))
        if key not in _baselines:
            _baselines[key] = scan(
                _over(machine, sources), TARGET, rules, tmp_path / f"b{part}-{number}"
            )
        refused = scan(
            _over(Refusing(machine, operation), sources),
            TARGET,
            rules,
            tmp_path / f"r{part}-{number}",
        )
        check(_baselines[key], refused, "root")  # type: ignore[arg-type]


def test_statements_of_the_organisation_are_complete() -> None:
    params, declared = stated(RULES)
    assert params
    assert declared
