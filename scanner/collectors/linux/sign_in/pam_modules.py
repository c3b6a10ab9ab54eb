"""What the modules of PAM do: check a password, a second factor, a condition, or nothing."""

from __future__ import annotations

PASSWORD = frozenset(
    [
        "pam_unix",
        "pam_unix2",
        "pam_sss",
        "pam_ldap",
        "pam_krb5",
        "pam_winbind",
        "pam_pwdfile",
        "pam_userdb",
        "pam_systemd_home",
    ]
)
SECOND = frozenset(
    [
        "pam_google_authenticator",
        "pam_oath",
        "pam_duo",
        "pam_u2f",
        "pam_yubico",
        "pam_yubikey",
        "pam_securid",
        "pam_okta",
        "pam_privacyidea",
        "pam_linotp",
        "pam_rsa",
        "pam_mfa",
        "pam_otpw",
        "pam_authy",
        "pam_url",
        "pam_barada",
        "pam_multiotp",
        "pam_nitrokey",
    ]
)
CARD = frozenset({"pam_pkcs11", "pam_p11"})
"""A smart card with its PIN is two factors in one."""

OTHER_FACTOR = frozenset({"pam_fprintd", "pam_howdy", "pam_thinkfinger", "pam_ssh_agent_auth"})
PASSES = frozenset(
    [
        "pam_env",
        "pam_faildelay",
        "pam_motd",
        "pam_mail",
        "pam_limits",
        "pam_keyinit",
        "pam_loginuid",
        "pam_selinux",
        "pam_umask",
        "pam_systemd",
        "pam_gnome_keyring",
        "pam_kwallet",
        "pam_kwallet5",
        "pam_cap",
        "pam_group",
        "pam_lastlog",
        "pam_lastlog2",
        "pam_warn",
        "pam_issue",
        "pam_apparmor",
        "pam_namespace",
        "pam_ecryptfs",
        "pam_mount",
        "pam_nologin",
        "pam_securetty",
        "pam_shells",
        "pam_permit",
        "pam_console",
        "pam_ck_connector",
        "pam_tty_audit",
        "pam_wtmpdb",
        "pam_setquota",
        "pam_xauth",
    ]
)
CONDITIONS = frozenset(
    [
        "pam_succeed_if",
        "pam_access",
        "pam_listfile",
        "pam_time",
        "pam_localuser",
        "pam_usertype",
        "pam_rootok",
        "pam_wheel",
        "pam_exec",
        "pam_script",
        "pam_rhosts",
        "pam_ssh",
    ]
)
COUNTERS = frozenset({"pam_faillock", "pam_tally", "pam_tally2"})

PLAIN_CONDITIONS = frozenset({"pam_localuser", "pam_usertype"})
"""Conditions that hold for every account looked at here, or choose who checks a password."""

REMOTE_ENROLMENT = frozenset(
    [
        "pam_duo",
        "pam_securid",
        "pam_okta",
        "pam_privacyidea",
        "pam_linotp",
        "pam_rsa",
        "pam_mfa",
        "pam_authy",
        "pam_url",
        "pam_multiotp",
    ]
)
"""Modules that keep on a server who is enrolled."""
