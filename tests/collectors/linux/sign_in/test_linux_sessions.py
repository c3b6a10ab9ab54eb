"""How a session ends, locks, and what it is greeted with."""

from __future__ import annotations

import pytest
from linux_reading import read

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.sign_in.sessions import (
    login_sessions,
    parse_timeout,
    text_hash,
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


def test_tmout_by_a_condition_is_not_guessed() -> None:
    with pytest.raises(Unclear):
        parse_timeout(['[ -n "$SSH_TTY" ] && TMOUT=$LIMIT'])


def test_logind_drop_ins_win_and_hide() -> None:
    tree = {
        "/usr/lib/systemd/systemd-logind": "",
        "/etc/systemd/logind.conf": "[Login]\nStopIdleSessionSec=10min\n",
        "/usr/lib/systemd/logind.conf.d/50.conf": "[Login]\nStopIdleSessionSec=20min\n",
    }
    assert read(login_sessions, tree).only.idle_minutes == 20
    hidden = {**tree, "/etc/systemd/logind.conf.d/50.conf": "# nothing\n"}
    assert read(login_sessions, hidden).only.idle_minutes == 10
    lock = {
        **tree,
        "/etc/systemd/logind.conf.d/60.conf": "[Login]\nIdleAction=lock\nIdleActionSec=300\n",
    }
    assert read(login_sessions, lock).only.lock_minutes == 5


def test_a_notice_is_the_same_in_another_layout() -> None:
    assert text_hash(" For  authorized\nuse only.\n") == text_hash("For authorized use only.")
    assert text_hash(" \n") is None
