"""What the local accounts sign in with: passwords and SSH keys, never the secrets."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.base import Refused, source
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.sign_in.authorized_keys import KEY_FILES, parse_authorized_keys
from scanner.collectors.linux.sign_in.passwd import (
    PASSWD_CALLS,
    SHADOW,
    SHADOW_CALLS,
    shadow,
    users,
)
from scanner.facts.identity import Credential


@source(
    Credential,
    fields=[
        "account",
        "kind_of_secret",
        "active",
        "rotated_days",
        "expires_days",
        "hash_scheme",
        "root",
    ],
    calls={**PASSWD_CALLS, **SHADOW_CALLS},
    always={"kind_of_secret": "password"},
)
def passwords(here: Host) -> Iterator[Credential]:
    """How the password of each local account is stored, and how old it is; never its hash."""
    lines = shadow(here)
    today = here.today()
    for user in users(here):
        entry = lines.get(user.name)
        if entry is None or entry.scheme is None:
            continue
        ends = None
        if entry.max_days is not None and entry.changed is not None:
            ends = entry.changed + entry.max_days - today
        yield Credential(
            subject=f"{here.id}/user/{user.name}/password",
            name=f"password of {user.name}",
            account=f"{here.id}/user/{user.name}",
            kind_of_secret="password",
            active=not entry.locked,
            rotated_days=None if entry.changed is None else max(0, today - entry.changed),
            expires_days=ends,
            hash_scheme=entry.scheme,
            root=user.uid == 0,
            **here.here(SHADOW),
        )


@source(
    Credential,
    fields=["account", "kind_of_secret", "active", "expires_days", "hash_scheme", "root"],
    calls={**PASSWD_CALLS, **{f"read:~/{path}": "root" for path in KEY_FILES}},
    always={"kind_of_secret": "ssh-key"},
)
def ssh_keys(here: Host) -> Iterator[Credential]:
    """The public keys that open an account over SSH."""
    refused: Refused | None = None
    for user in users(here):
        if not user.login_shell:
            continue
        for path in KEY_FILES:
            try:
                text = here.in_home(user.home, path) or ""
            except Refused as error:
                refused = error
                continue
            for key in {k.fingerprint: k for k in parse_authorized_keys(text)}.values():
                yield Credential(
                    subject=f"{here.id}/user/{user.name}/{path}/{key.fingerprint[:32]}",
                    name=f"{key.type} key of {user.name}",
                    account=f"{here.id}/user/{user.name}",
                    kind_of_secret="ssh-key",
                    active=True,
                    expires_days=None,
                    hash_scheme=None,
                    root=user.uid == 0,
                    **here.here(f"read:~/{path}"),
                )
    if refused is not None:
        raise refused
