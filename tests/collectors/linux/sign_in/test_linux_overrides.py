"""What a setting in a file does not decide: command lines, other files, modules that may lack."""

from __future__ import annotations

import pytest
from linux_reading import read
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.sign_in.lockout import Lockout
from scanner.collectors.linux.sign_in.pam import Stacks
from scanner.collectors.linux.sign_in.pam_needs import needs
from scanner.collectors.linux.sign_in.policy import sign_in_policy
from scanner.collectors.linux.sign_in.sshd import ssh_access
from scanner.collectors.linux.sign_in.sudoers import parse as parse_sudoers

CODE = "pam_google_authenticator.so"


@pytest.mark.parametrize("path", ["/etc/default/ssh", "/etc/sysconfig/sshd"])
def test_options_of_the_command_line_win_over_every_file(path: str) -> None:
    name = "SSHD_OPTS" if "default" in path else "OPTIONS"
    assert read(ssh_access, RHEL, RHEL_ANSWERS).only.root_allowed is False
    root = {**RHEL, path: f'{name}="-4 -oPermitRootLogin=yes"\n'}
    assert read(ssh_access, root, RHEL_ANSWERS).only.root_allowed is True
    apart = {**RHEL, path: f"{name}='-o PermitRootLogin=yes -u0'\n"}
    assert read(ssh_access, apart, RHEL_ANSWERS).only.root_allowed is True
    other = {**RHEL, path: f'{name}="-f /etc/ssh/other"\n'}
    assert read(ssh_access, other, RHEL_ANSWERS).why("root_allowed").reason == "broken"
    plain = {**RHEL, path: f"# options\n{name}=\n"}
    assert read(ssh_access, plain, RHEL_ANSWERS).only.root_allowed is False


def stack(text: str) -> object:
    return needs(Stacks({"sshd": text}.get).rules("sshd", "auth"))


def test_a_line_with_a_dash_binds_only_where_its_module_is_there() -> None:
    both = stack(f"auth required pam_unix.so\nauth required {CODE}\n")
    assert both.two_factors is True
    perhaps = stack(f"auth required pam_unix.so\n-auth required {CODE}\n")
    assert (perhaps.password, perhaps.second, perhaps.two_factors) == (True, None, None)
    optional = stack("auth required pam_unix.so\n-auth optional pam_gnome_keyring.so\n")
    assert optional.two_factors is False
    # A jump counts the line, whether its module is there or not.
    jump = stack(
        "auth [success=2 default=ignore] pam_unix.so\n-auth optional pam_gnome_keyring.so\n"
        f"auth requisite pam_deny.so\nauth required {CODE}\n"
    )
    assert jump.two_factors is True


def test_a_counter_with_a_file_of_its_own_is_not_guessed() -> None:
    lines = "auth required pam_faillock.so {0}\nauth [success=1 default=bad] pam_unix.so\n"
    text = (lines + "auth [default=die] pam_faillock.so authfail {0}\n").format("conf=/etc/other")
    with pytest.raises(Unclear):
        Lockout(Stacks({"sshd": text}.get).rules("sshd", "auth"), "")


def test_what_the_vendor_ships_holds_where_etc_has_nothing() -> None:
    tree = {**RHEL, "/usr/etc/security/faillock.conf": "deny = 9\n"}
    assert read(sign_in_policy, tree, RHEL_ANSWERS).only.lockout_threshold == 3
    del tree["/etc/security/faillock.conf"]
    assert read(sign_in_policy, tree, RHEL_ANSWERS).only.lockout_threshold == 9
    tree["/usr/etc/security/pwhistory.conf"] = "remember = 7\n"
    del tree["/etc/security/pwhistory.conf"]
    assert read(sign_in_policy, tree, RHEL_ANSWERS).only.history == 7


def test_a_history_that_does_not_bind_remembers_nothing() -> None:
    changed = RHEL["/etc/pam.d/system-auth"].replace(
        "requisite     pam_pwh", "optional     pam_pwh"
    )
    assert "optional     pam_pwhistory" in changed
    found = read(sign_in_policy, {**RHEL, "/etc/pam.d/system-auth": changed}, RHEL_ANSWERS)
    assert found.only.history is None
    elsewhere = changed.replace(
        "optional     pam_pwhistory.so", "required pam_pwhistory.so conf=/x"
    )
    found = read(sign_in_policy, {**RHEL, "/etc/pam.d/system-auth": elsewhere}, RHEL_ANSWERS)
    assert found.why("history").reason == "broken"


def test_a_comment_of_sudoers_may_start_with_a_digit() -> None:
    text = "alice ALL=(ALL) ALL #1 of our team\n#1000 ALL = (#0) /bin/ls # 2 of them\n"
    grants = parse_sudoers(text, lambda path, folder: ()).grants
    assert [(g.who, g.commands, g.run_as) for g in grants] == [
        ("alice", ("ALL",), "ALL"),
        ("#1000", ("/bin/ls",), "#0"),
    ]
