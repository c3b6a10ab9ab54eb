"""How a session ends and locks."""

from __future__ import annotations

import pytest
from linux_reading import Read, read

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.sign_in.sessions import (
    login_sessions,
    parse_timeout,
    shell_sessions,
)


@pytest.mark.parametrize(
    ("texts", "seconds", "fixed"),
    [
        (["TMOUT=600"], 600, False),
        (["readonly TMOUT=600 ; export TMOUT"], 600, True),
        (["declare -xr TMOUT=900"], 900, True),
        (["TMOUT=600\nexport TMOUT\nreadonly TMOUT"], 600, True),
        (["readonly TMOUT=600", "TMOUT=0"], 600, True),
        (["TMOUT=600", "TMOUT=0"], None, False),
        (["# TMOUT=600"], None, False),
        (["PATH=x"], None, False),
    ],
)
def test_tmout(texts: list[str], seconds: int | None, fixed: bool) -> None:
    found = parse_timeout(texts)
    assert (found.seconds, found.fixed) == (seconds, fixed)


@pytest.mark.parametrize(
    "text",
    [
        '[ -n "$SSH_TTY" ] && TMOUT=$LIMIT',
        '[ -n "$SSH_TTY" ] && TMOUT=600',
        "[ $UID = 0 ] || TMOUT=600",
        "if [ $UID = 0 ]; then\n  TMOUT=600\nfi\n",
        "case $- in *i*)\n  TMOUT=600;;\nesac\n",
        "strict() {\n TMOUT=600\n}\n",
        "unset TMOUT",
    ],
)
def test_tmout_by_a_condition_is_not_guessed(text: str) -> None:
    with pytest.raises(Unclear):
        parse_timeout([text])


def test_tmout_beside_conditions_is_plain() -> None:
    text = "if [ -d /x ]; then\n for i in a; do\n  . $i\n done\nfi\nTMOUT=300 && export TMOUT\n"
    assert parse_timeout([text]).seconds == 300


def test_tmout_in_several_files() -> None:
    tree = {"/etc/profile": "TMOUT=900\n", "/etc/profile.d/t.sh": "TMOUT=300\n"}
    assert "several shell files" in read(shell_sessions, tree).why("idle_minutes").detail
    same = {**tree, "/etc/profile": "TMOUT=300\n"}
    assert read(shell_sessions, same).only.idle_minutes == 5
    suse = {"/usr/etc/profile.d/t.sh": "TMOUT=300\n", "/etc/bash.bashrc.local": "readonly TMOUT\n"}
    assert read(shell_sessions, suse).only.idle_minutes == 5
    hidden = {**suse, "/etc/profile.d/t.sh": "# no limit\n"}
    assert read(shell_sessions, hidden).only.idle_minutes is None


LOGIND = {
    "/usr/lib/systemd/systemd-logind": "",
    "/etc/systemd/logind.conf": "[Login]\nStopIdleSessionSec=10min\n",
}


def systemd(version: str) -> dict[str, str]:
    return {
        "/var/lib/dpkg/status": (
            f"Package: systemd\nStatus: install ok installed\nVersion: {version}\n"
        )
    }


def test_logind_drop_ins_win_and_hide() -> None:
    tree = {
        **LOGIND,
        **systemd("252"),
        "/usr/lib/systemd/logind.conf.d/50.conf": "[Login]\nStopIdleSessionSec=20min\n",
    }
    assert read(login_sessions, tree).only.idle_minutes == 20
    hidden = {**tree, "/etc/systemd/logind.conf.d/50.conf": "# nothing\n"}
    assert read(login_sessions, hidden).only.idle_minutes == 10


def test_an_older_systemd_ends_no_idle_session() -> None:
    def ends(version: str, system: str) -> Read:
        return read(login_sessions, {**LOGIND, **systemd(version), "/etc/os-release": system})

    assert ends("252.38-1", "ID=debian").only.idle_minutes == 10
    assert ends("249.11-0ubuntu3", "ID=ubuntu").only.idle_minutes is None
    assert ends("239-82.el8", "ID=rhel").why("idle_minutes").reason == "broken"
    unknown = read(login_sessions, LOGIND)
    assert unknown.why("idle_minutes").reason == "not-supported"
    never = {**LOGIND, "/etc/systemd/logind.conf": "[Login]\n"}
    assert read(login_sessions, never).only.idle_minutes is None


def test_logind_locks_where_it_is_told() -> None:
    tree = LOGIND
    lock = {
        **tree,
        "/etc/systemd/logind.conf.d/60.conf": "[Login]\nIdleAction=lock\nIdleActionSec=300\n",
    }
    assert read(login_sessions, lock).only.lock_minutes == 5
