# ruff: noqa: E501 - a line of configuration stays one line
"""Second factors, lockout, sudo: what PAM stacks and configurations really demand."""

from __future__ import annotations

import pytest
from linux_reading import TODAY, Tree, read
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.sign_in.accounts import accounts
from scanner.collectors.linux.sign_in.authorized_keys import parse_authorized_keys
from scanner.collectors.linux.sign_in.credentials import ssh_keys
from scanner.collectors.linux.sign_in.factors import two_factors_needed
from scanner.collectors.linux.sign_in.lockout import Lockout
from scanner.collectors.linux.sign_in.new_passwords import Quality
from scanner.collectors.linux.sign_in.pam import Stacks
from scanner.collectors.linux.sign_in.pam_needs import Needs, needs
from scanner.collectors.linux.sign_in.passwd import hash_scheme, parse_shadow
from scanner.collectors.linux.sign_in.policy import sign_in_policy
from scanner.collectors.linux.sign_in.sshd import ssh_access, ssh_endpoint
from scanner.collectors.linux.sign_in.sshd_config import Account, Config, parse
from scanner.collectors.linux.sign_in.sudo import sudo_grants
from scanner.collectors.linux.sign_in.sudoers import parse as parse_sudoers
from scanner.facts import UNSET

GA = "auth required pam_google_authenticator.so"


def demands(stack: str, enrolled: bool | None = None, **files: str) -> Needs:
    texts = {"sshd": stack, **files}
    return needs(Stacks(texts.get).rules("sshd", "auth"), enrolled)


@pytest.mark.parametrize(
    ("stack", "two"),
    [
        (f"auth required pam_unix.so\n{GA}", True),
        (f"{GA}\nauth required pam_unix.so", True),
        ("auth required pam_unix.so", False),
        # Either of the two lets in.
        (f"auth sufficient pam_unix.so\n{GA}", False),
        ("auth sufficient pam_google_authenticator.so\nauth required pam_unix.so", False),
        # Skipped after the password by a jump that is one too long.
        (f"auth [success=1 default=bad] pam_unix.so\n{GA}\nauth required pam_permit.so", False),
        (f"auth [success=ok default=bad] pam_unix.so\n{GA}", True),
        (f"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n{GA}", True),
        # Optional never binds.
        ("auth required pam_unix.so\nauth optional pam_google_authenticator.so", False),
        # A card with its PIN is two by itself.
        ("auth required pam_pkcs11.so", True),
        ("auth sufficient pam_pkcs11.so\nauth required pam_unix.so", False),
        # A finger alone is enough here.
        (f"auth sufficient pam_fprintd.so\nauth required pam_unix.so\n{GA}", False),
        # Modules and conditions that are not understood: no verdict.
        ("auth required pam_unix.so\nauth required pam_corporate.so", None),
        (
            "auth [success=1 default=ignore] pam_succeed_if.so user ingroup trusted\n"
            f"{GA}\nauth required pam_unix.so",
            None,
        ),
        ("auth required pam_deny.so", True),
    ],
)
def test_what_a_stack_demands(stack: str, two: bool | None) -> None:
    assert demands(stack).two_factors is two


def test_a_factor_that_is_skipped_by_who_has_none_depends_on_the_account() -> None:
    stack = f"auth required pam_unix.so\n{GA} nullok"
    assert demands(stack, enrolled=True).two_factors is True
    assert demands(stack, enrolled=False).two_factors is False
    assert demands(stack, enrolled=None).two_factors is None


def test_includes_and_substacks() -> None:
    common = "auth sufficient pam_unix.so\nauth required pam_deny.so"
    # `sufficient` in an include ends the whole stack; in a substack only that one.
    assert demands(f"auth include common\n{GA}", common=common).two_factors is False
    assert demands(f"auth substack common\n{GA}", common=common).two_factors is True
    with pytest.raises(Unclear, match="includes itself"):
        demands("@include sshd")
    with pytest.raises(Unclear):
        demands("@include ../../etc/shadow")


def config(text: str, **files: str) -> Config:
    return Config(tuple(parse(text, lambda pattern: [files[pattern]])))


PASS_AND_CODE = Needs(password=True, second=True, card=False)
PASS_ONLY = Needs(password=True, second=False, card=False)


@pytest.mark.parametrize(
    ("text", "pam", "two"),
    [
        ("", PASS_AND_CODE, False),  # a key alone is enough by default
        ("PubkeyAuthentication no", PASS_AND_CODE, True),
        ("PubkeyAuthentication no", PASS_ONLY, False),
        ("PubkeyAuthentication no\nUsePAM no", None, False),
        ("AuthenticationMethods publickey,password", None, True),
        ("AuthenticationMethods publickey,password\nPasswordAuthentication no", PASS_ONLY, True),
        ("AuthenticationMethods publickey,keyboard-interactive:pam", PASS_ONLY, True),
        ("AuthenticationMethods publickey,keyboard-interactive publickey", PASS_ONLY, False),
        ("AuthenticationMethods publickey,publickey", PASS_ONLY, False),
        ("AuthenticationMethods password,keyboard-interactive", PASS_ONLY, False),
        (
            "AuthenticationMethods publickey\nPubkeyAcceptedAlgorithms sk-ssh-ed25519@openssh.com\n"
            "PubkeyAuthOptions verify-required",
            PASS_ONLY,
            True,
        ),
        (
            "AuthenticationMethods publickey\nPubkeyAcceptedAlgorithms sk-ssh-ed25519@openssh.com",
            PASS_ONLY,
            False,
        ),
        ("HostbasedAuthentication yes\nPubkeyAuthentication no", PASS_AND_CODE, False),
    ],
)
def test_what_ssh_demands(text: str, pam: Needs | None, two: bool) -> None:
    assert two_factors_needed(config(text).base, pam) is two


def test_a_ticket_or_an_unknown_module_gives_no_verdict() -> None:
    text = "AuthenticationMethods gssapi-with-mic\nGSSAPIAuthentication yes"
    with pytest.raises(Unclear):
        two_factors_needed(config(text).base, PASS_ONLY)
    unknown = Needs(password=True, second=None, card=False)
    with pytest.raises(Unclear):
        two_factors_needed(config("PubkeyAuthentication no").base, unknown)


def test_the_first_value_wins_and_includes_stand_in_place() -> None:
    found = config("Include a\nBanner /late\nbanner=/later", a="Banner /early\n")
    assert found.base.text("banner") == "/early"
    assert config('Banner "/a b"').base.text("banner") == "/a b"


def test_match_blocks_hold_for_whom_they_name() -> None:
    text = (
        "PasswordAuthentication no\nMatch User bob,!eve Group ops\n  PasswordAuthentication yes\n"
        "Match Address 10.0.0.0/8\n  Banner none\nMatch all\n  LogLevel DEBUG\n"
    )
    found = config(text)
    bob = found.views(Account("bob", frozenset({"ops"})))
    assert {view.text("passwordauthentication") for view in bob} == {"yes"}
    alice = found.views(Account("alice", frozenset({"ops"})))
    assert {view.text("passwordauthentication") for view in alice} == {"no"}
    assert len(alice) == 2  # from that network and from elsewhere
    assert found.base.text("loglevel") == "DEBUG"


def rhel(**changes: object) -> Tree:
    return {**RHEL, **changes}


def test_an_exemption_for_a_network_is_no_second_factor() -> None:
    text = (
        RHEL["/etc/ssh/sshd_config"]
        + "Match Address 10.0.0.0/8\n AuthenticationMethods password\n PasswordAuthentication yes\n"
    )
    tree = rhel(**{"/etc/ssh/sshd_config": text, "/etc/pam.d/sshd": "auth required pam_unix.so\n"})
    assert read(ssh_access, tree, RHEL_ANSWERS).only.mfa_required is False
    assert read(accounts, tree, RHEL_ANSWERS)["user/alice"].mfa_enforced is False


def test_who_is_enrolled_decides_where_the_module_lets_others_pass() -> None:
    tree = rhel(
        **{
            "/etc/pam.d/sshd": f"auth substack password-auth\n{GA} nullok\n",
            "/etc/ssh/sshd_config": "UsePAM yes\nPubkeyAuthentication no\n",
        }
    )
    del tree["/home/bob/.google_authenticator"]
    found = read(accounts, tree, RHEL_ANSWERS)
    assert found["user/alice"].mfa_enforced is True
    assert found["user/bob"].mfa_enforced is False


def test_accounts_that_can_sign_in() -> None:
    tree = rhel(
        **{
            "/etc/passwd": "".join(
                f"{name}:x:{uid}:{uid}::/home/{name}:{shell}\n"
                for name, uid, shell in (
                    ("open", 1001, "/bin/bash"),
                    ("locked", 1002, "/bin/bash"),
                    ("keyed", 1003, "/bin/bash"),
                    ("expired", 1004, "/bin/bash"),
                    ("empty", 1005, "/bin/bash"),
                    ("shut", 1006, "/sbin/nologin"),
                    ("late", 1007, "/bin/bash"),
                )
            ),
            "/etc/shadow": (
                "open:$y$x$y:20000::::::\nlocked:!$y$x$y:20000::::::\nkeyed:!:20000::::::\n"
                f"expired:$y$x$y:20000:::::{TODAY - 1}:\nempty::20000::::::\n"
                f"shut:$y$x$y:20000::::::\nlate:$y$x$y:{TODAY - 100}:0:30:7:10::\n"
            ),
            "/home/keyed/.ssh/authorized_keys": "ssh-ed25519 AAAAC3Nza x\n",
        }
    )
    found = read(accounts, tree, RHEL_ANSWERS)
    enabled = {key.removeprefix("user/"): fact.enabled for key, fact in found.facts.items()}
    assert enabled == {
        "open": True, "locked": False, "keyed": True, "expired": False, "empty": True,
        "shut": False, "late": False,
    }  # fmt: skip


def test_keys_from_elsewhere_leave_it_open_whether_an_account_works() -> None:
    tree = rhel(
        **{
            "/etc/ssh/sshd_config": "AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\n",
            "/etc/shadow": "alice:!:20000::::::\nbob:!:20000::::::\nroot:!:1::::::\ndaemon:*:1::::::\n",
        }
    )
    found = read(accounts, tree, RHEL_ANSWERS)
    assert found.why("enabled", "user/alice").reason == "not-supported"
    assert found["user/daemon"].enabled is False


def test_a_directory_is_a_gap_beside_the_local_accounts() -> None:
    switch = {"/etc/nsswitch.conf": "passwd: sss files\nsudoers: files sss\n"}
    configured = {**switch, "/usr/sbin/sssd": "x", "/etc/sssd/conf.d/corp.conf": "[sssd]\n"}
    found = read(accounts, rhel(**configured), RHEL_ANSWERS)
    assert "user/alice" in found.facts
    assert found.listing is not None
    assert "sss" in found.listing.detail
    grants = read(sudo_grants, rhel(**configured), RHEL_ANSWERS)
    assert grants.listing is not None
    assert "rules of sudo" in grants.listing.detail
    # The RHEL family names sss from the start; without a domain nothing comes from there.
    assert read(accounts, rhel(**switch), RHEL_ANSWERS).listing is None
    unseen = {**switch, "/usr/sbin/sssd": "x", "/etc/sssd/sssd.conf": Node(refused=True)}
    assert read(accounts, rhel(**unseen), RHEL_ANSWERS).listing is not None


def test_nis_in_passwd_is_not_guessed() -> None:
    found = read(accounts, rhel(**{"/etc/passwd": "root:x:0:0::/root:/bin/sh\n+::::::\n"}))
    assert found.listing is not None
    assert found.listing.reason == "broken"


@pytest.mark.parametrize(
    ("field", "scheme"),
    [
        ("$y$j9T$a$b", "yescrypt"),
        ("!!$6$a$b", "sha512crypt"),
        ("$1$a$b", "md5crypt"),
        ("abJnggxhB/yWI", "descrypt"),
        ("*", None),
        ("!!", None),
        ("!*", None),
        ("", None),
        ("$99$new", "unknown"),
    ],
)
def test_only_the_scheme_of_a_hash_is_known(field: str, scheme: str | None) -> None:
    assert hash_scheme(field) == scheme


def test_shadow_dates() -> None:
    line = parse_shadow("a:$y$a$b:0:0:99999:7:::\n")["a"]
    assert line.changed == 0
    assert line.max_days is None


def test_authorized_keys_with_options() -> None:
    text = 'no-pty,command="echo \\"ssh-rsa AAAAfake\\" x" sk-ssh-ed25519@openssh.com AAAAGnNr c\n# ssh-rsa AAAAx\n'
    (key,) = parse_authorized_keys(text)
    assert key.security_key
    tree = rhel(**{"/home/alice/.ssh/authorized_keys": text})
    found = read(ssh_keys, tree)
    assert found.only.account == "linux:test/user/alice"


# -- lockout and quality


def lockout(stack: str, conf: str = "") -> Lockout:
    return Lockout(Stacks({"sshd": stack}.get).rules("sshd", "auth"), conf)


def test_lockout_counts_only_where_failures_are_counted() -> None:
    well = "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\nauth required pam_faillock.so authfail\n"
    assert lockout(well).threshold() == 3
    assert lockout(well, "deny = 0\n").threshold() is None
    assert lockout(well, "deny = 5\nunlock_time = never\n").seconds() == 0
    assert lockout(well.replace("authfail", "authfail deny=4"), "deny = 5\n").threshold() == 4
    assert lockout(well.replace("pam_faillock.so authfail", "pam_deny.so")).threshold() is None
    assert lockout("auth required pam_unix.so").threshold() is None
    with pytest.raises(Unclear):
        lockout(well.replace("sufficient pam_unix", "requisite pam_unix")).threshold()
    assert lockout("auth required pam_tally2.so deny=5").threshold() == 5


def test_the_weakest_way_in_decides() -> None:
    tree = rhel(**{"/etc/pam.d/sshd": "auth required pam_unix.so\n"})
    found = read(sign_in_policy, tree, RHEL_ANSWERS).only
    assert found.lockout_threshold is None
    assert found.lockout_root is False


def quality(args: str = "", control: str = "requisite", text: str = "") -> Quality:
    rules = Stacks({"p": f"password {control} pam_pwquality.so {args}"}.get).rules("p", "password")
    return Quality(rules[0], [text])


SHIPPED = "# minlen = 8\n# difok = 1\n# dcredit = 0\n# ucredit = 0\n# lcredit = 0\n# ocredit = 0\n# minclass = 0\n"


def test_quality_takes_arguments_files_and_shipped_defaults_in_this_order() -> None:
    assert quality(text=SHIPPED).min_length() == 8
    assert quality(text=SHIPPED + "minlen = 14\n").min_length() == 14
    assert quality("minlen=20", text=SHIPPED + "minlen = 14\n").min_length() == 20
    assert quality("minlen=14 dcredit=2", text=SHIPPED).min_length() == 12
    assert quality("dcredit=-1 ucredit=-1", text=SHIPPED).char_classes() == 2
    assert quality(control="optional", text=SHIPPED).min_length() is None
    assert quality("enforcing=0", text=SHIPPED).min_length() is None
    with pytest.raises(Unclear):
        quality().min_length()


def test_a_password_module_that_is_not_known_gives_no_verdict() -> None:
    tree = rhel(
        **{
            "/etc/pam.d/passwd": "password required pam_corporate.so\npassword required pam_unix.so\n"
        }
    )
    found = read(sign_in_policy, tree, RHEL_ANSWERS)
    assert found.why("min_length").reason == "broken"
    assert found.only.history is None


# -- sudo


def grants(text: str, **files: str) -> list[tuple[str, tuple[str, ...], str, bool]]:
    rules = parse_sudoers(text, lambda path, folder: [files[path.rpartition("/")[2]]])
    return [(g.who, g.commands, g.run_as, g.password) for g in rules.grants]


def test_sudoers_in_its_forms() -> None:
    assert grants("alice ALL=(ALL:ALL) NOPASSWD: ALL") == [("alice", ("ALL",), "ALL:ALL", False)]
    assert grants("%ops web=/usr/bin/a, (www) NOPASSWD: /usr/bin/b\\, c") == [
        ("%ops", ("/usr/bin/a",), "root", True),
        ("%ops", ("/usr/bin/b\\, c",), "www", False),
    ]
    assert grants("a, b ALL = \\\n  ALL # comment") == [
        ("a", ("ALL",), "root", True),
        ("b", ("ALL",), "root", True),
    ]
    assert grants("#include /etc/x\n# a comment\n#1000 ALL=ALL", x="c ALL=ALL") == [
        ("c", ("ALL",), "root", True),
        ("#1000", ("ALL",), "root", True),
    ]
    with pytest.raises(Unclear):
        grants("alice may do everything")


def test_groups_aliases_and_spared_passwords() -> None:
    tree = rhel(
        **{
            "/etc/group": "root:x:0:\nwheel:x:10:\ndocker:x:990:bob\n",
            "/etc/sudoers": (
                "User_Alias OPS = alice, %wheel\nCmnd_Alias AUDIT = /usr/sbin/auditctl, /usr/sbin/aureport\n"
                "Defaults:alice !authenticate\nOPS ALL = (root) AUDIT\n"
            ),
        }
    )
    found = read(sudo_grants, tree)
    docker = found["grant/group/docker/bob"]
    assert docker.privileged is True
    (alice,) = [f for f in found.facts.values() if f.principal_name == "alice"]
    assert alice.action_class == ("audit",)
    assert alice.password_required is False
    people = read(accounts, tree, RHEL_ANSWERS)
    assert people["user/alice"].privileged is False
    assert people["user/bob"].privileged is True


def test_an_include_elsewhere_is_not_passed_over() -> None:
    tree = rhel(**{"/etc/sudoers": "root ALL=(ALL) ALL\n@includedir /opt/sudo.d\n"})
    found = read(sudo_grants, tree)
    assert found.listing is not None
    assert "/opt/sudo.d" in found.listing.detail
    assert read(accounts, tree, RHEL_ANSWERS).why("privileged", "user/bob").reason == "broken"


# -- algorithms


def test_a_list_that_adds_to_the_programs_own_asks_the_program() -> None:
    from linux_reading import said

    text = "Ciphers +3des-cbc\nMACs hmac-sha2-256\nKexAlgorithms ecdh-sha2-nistp256\n"
    tree = rhel(**{"/etc/ssh/sshd_config": text})
    answers = {**RHEL_ANSWERS, ("sshd", "-T"): said("port 22\nciphers aes256-ctr,3des-cbc\n")}
    assert read(ssh_endpoint, tree, answers).only.ciphers == ("aes256-ctr", "3des-cbc")
    refused = {
        **RHEL_ANSWERS,
        ("sshd", "-T"): said("", 1, "sshd: no hostkeys available -- exiting."),
    }
    found = read(ssh_endpoint, tree, refused)
    assert found.why("ciphers").reason in ("broken", "denied")
    assert found.only.macs == ("hmac-sha2-256",)


def test_a_console_whose_stack_was_not_read_leaves_open_who_is_enrolled() -> None:
    """A factor may be enrolled for the console alone: who cannot look there says of nobody that it lacks."""
    alone = {k: v for k, v in RHEL.items() if not k.startswith("/home/")}
    seen = {**alone, "/etc/pam.d/login": "auth required pam_unix.so\n"}
    closed = {**alone, "/etc/pam.d/login": Node(refused=True)}
    assert read(accounts, seen, RHEL_ANSWERS)["user/alice"].mfa_registered is False
    found = read(accounts, closed, RHEL_ANSWERS)
    assert found["user/alice"].mfa_registered is UNSET
    assert found.why("mfa_registered", "user/alice").reason == "denied"
