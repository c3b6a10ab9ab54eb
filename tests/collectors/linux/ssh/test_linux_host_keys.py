"""Files of keys under any name, and the two ways in which a host's key can be refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from ssh_servers import AVAILABLE, address, known_line, new_key, server

from scanner.collectors.base import Refused
from scanner.collectors.linux.machine.memory import Memory
from scanner.collectors.linux.ssh.client import fetch, ssh_argv
from scanner.collectors.linux.ssh.inventory import Remote

NAMES = ("plain", "my keys", "100%", "%h %%", "it's #1", 'a "b" \\c')
needs_server = pytest.mark.skipif(not AVAILABLE, reason="no OpenSSH server is installed")


def test_a_file_of_keys_is_one_word() -> None:
    argv = ssh_argv({"identity": Path("/my keys/50%"), "known_hosts": Path('/a "b"')}, "u@h")
    assert 'IdentityFile="/my keys/50%%"' in argv
    assert 'UserKnownHostsFile="/a \\"b\\""' in argv
    assert "-i" not in argv


@needs_server
@pytest.mark.parametrize("name", NAMES)
def test_a_host_is_read_with_files_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with server(tmp_path / "host", new_key(folder / "my key")) as host:
        (folder / "known").write_text(host.known)
        options = {"identity": folder / "my key", "known_hosts": folder / "known"}
        answer = fetch(options, Remote("h", address(0, host.port)), ["read:/etc/hostname"])
    assert isinstance(answer, Memory)


@needs_server
def test_an_unknown_key_is_told_from_a_changed_one(tmp_path: Path) -> None:
    mine, known = new_key(tmp_path / "key"), tmp_path / "known"
    options = {"identity": tmp_path / "key", "known_hosts": known}
    with server(tmp_path / "host", mine) as host:
        said = []
        for lines in ("", known_line(host.port, mine), f"@revoked {host.known}"):
            known.write_text(lines)
            with pytest.raises(Refused) as refused:
                fetch(options, Remote("h", address(0, host.port)), ["read:/etc/hostname"])
            assert refused.value.reason == "credentials"
            said.append(refused.value.detail)
    stranger, changed, revoked = map(str, said)
    assert stranger.startswith("its host key is not known here: No ED25519 host key is known for ")
    assert "fingerprint" in stranger
    assert changed.startswith("it shows another host key than the known one: Host key for ")
    assert "another machine answers in its place" in changed
    assert revoked.startswith("it shows a host key that known_hosts revokes: ED25519 host key for ")
