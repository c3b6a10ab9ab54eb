"""Who can sign in, with what, under which rules, and what they may do."""

from __future__ import annotations

from typing import Annotated, Literal

from scanner.facts.base import PERSONAL, UNSET, Fact, Maybe, Sure


class Account(Fact, frozen=True, kw_only=True, tag="identity.account"):
    """One account, of a person or not, in one directory or on one host."""

    category: Annotated[
        Sure[Literal["human", "root", "service", "guest", "break-glass"]],
        "human, root, service, guest or break-glass",
    ] = UNSET
    enabled: Annotated[Sure[bool], "it can be used to sign in"] = UNSET
    privileged: Annotated[Sure[bool], "it holds administrative rights, directly or by a group"] = (
        UNSET
    )
    owner: Annotated[Maybe[str], "the person who answers for it", PERSONAL] = UNSET
    created_days: Annotated[Maybe[int], "days since it was made"] = UNSET
    last_used_days: Annotated[
        Maybe[int], "days since its last sign-in; null: never used", PERSONAL
    ] = UNSET
    password_enabled: Annotated[Sure[bool], "it has a password that works"] = UNSET
    password_used: Annotated[Sure[bool], "somebody has signed in with the password"] = UNSET
    password_change_required: Annotated[Sure[bool], "the password must be changed at next use"] = (
        UNSET
    )
    password_age_days: Annotated[Maybe[int], "days since the password was set"] = UNSET
    password_max_days: Annotated[Maybe[int], "days after which it must be changed; null: never"] = (
        UNSET
    )
    mfa_registered: Annotated[Sure[bool], "a second factor is enrolled"] = UNSET
    mfa_phishing_resistant: Annotated[Sure[bool], "a phishing-resistant factor is enrolled"] = UNSET
    mfa_enforced: Annotated[
        Sure[bool], "every remote sign-in is refused without a second factor"
    ] = UNSET
    mfa_open: Annotated[
        Maybe[tuple[str, ...]],
        "sign-ins that need no second factor, and policies that leave the account out; null: none",
    ] = UNSET
    mfa_phishing_resistant_enforced: Annotated[
        Sure[bool], "every sign-in is refused without a phishing-resistant factor"
    ] = UNSET
    mfa_local: Annotated[
        Sure[bool], "a sign-in at the console is refused without a second factor"
    ] = UNSET
    device_required: Annotated[Sure[bool], "a sign-in is refused from an unmanaged device"] = UNSET
    legacy_auth_blocked: Annotated[
        Sure[bool], "protocols that know no second factor are refused"
    ] = UNSET
    session_max_minutes: Annotated[
        Maybe[int], "minutes until it has to sign in again; null: none"
    ] = UNSET
    terms_required: Annotated[Sure[bool], "it has to accept terms of use before it gets access"] = (
        UNSET
    )
    roles: Annotated[Sure[tuple[str, ...]], "administrative roles that it holds or may take"] = (
        UNSET
    )
    synced: Annotated[Sure[bool], "another directory makes and manages it"] = UNSET
    leave_days: Annotated[
        Maybe[int], "days since the person left, below 0 until then; null: no leave date"
    ] = UNSET
    remote: Annotated[Sure[bool], "it can sign in over the network at all"] = UNSET
    daily_use: Annotated[Sure[bool], "it is a person's everyday account"] = UNSET
    shell: Annotated[Maybe[str], "the login shell of a host account"] = UNSET
    uid: Annotated[Maybe[int], "the numeric id of a host account"] = UNSET


class Credential(Fact, frozen=True, kw_only=True, tag="identity.credential"):
    """One password, key, token or certificate of an account; never its value."""

    account: Annotated[Sure[str], "subject of the account"] = UNSET
    kind_of_secret: Annotated[
        Sure[Literal["password", "access-key", "ssh-key", "certificate", "token"]], "what it is"
    ] = UNSET
    active: Annotated[Sure[bool], "it works"] = UNSET
    last_used_days: Annotated[Maybe[int], "days since its last use; null: never used"] = UNSET
    rotated_days: Annotated[Maybe[int], "days since it was made or changed"] = UNSET
    expires_days: Annotated[Maybe[int], "days until it expires; null: never"] = UNSET
    hash_scheme: Annotated[Maybe[str], "how it is stored, for example yescrypt or sha512crypt"] = (
        UNSET
    )
    root: Annotated[Sure[bool], "it belongs to the account's root user"] = UNSET


class Policy(Fact, frozen=True, kw_only=True, tag="identity.policy"):
    """The rules of one directory or host for accounts and sign-in."""

    min_length: Annotated[Maybe[int], "least password length; null: no rule"] = UNSET
    char_classes: Annotated[Maybe[int], "character classes that a password must hold"] = UNSET
    changed_chars: Annotated[Maybe[int], "characters that must differ from the old password"] = (
        UNSET
    )
    history: Annotated[
        Maybe[int], "earlier passwords that may not return; null: none remembered"
    ] = UNSET
    lockout_threshold: Annotated[Maybe[int], "failed sign-ins until lockout; null: never"] = UNSET
    lockout_seconds: Annotated[
        Maybe[int], "seconds of lockout; 0: until an administrator unlocks"
    ] = UNSET
    lockout_root: Annotated[Sure[bool], "lockout holds for root too"] = UNSET
    max_age_days: Annotated[Maybe[int], "days until a password must change; null: never"] = UNSET
    temp_password_days: Annotated[Maybe[int], "days that a temporary password lives"] = UNSET
    allowed_methods: Annotated[Sure[tuple[str, ...]], "sign-in methods that are allowed"] = UNSET
    empty_passwords: Annotated[Sure[bool], "an empty password is accepted"] = UNSET
    hash_scheme: Annotated[Maybe[str], "how new passwords are stored"] = UNSET
    user_consent: Annotated[Maybe[str], "which apps users may consent to"] = UNSET
    user_can_create: Annotated[Sure[tuple[str, ...]], "what ordinary users may create"] = UNSET
    guest_invite: Annotated[Maybe[str], "who may invite guests"] = UNSET
    guest_role: Annotated[Maybe[str], "what guests may see"] = UNSET
    partner_default: Annotated[Maybe[str], "default for other tenants' users"] = UNSET


class RoleGrant(Fact, frozen=True, kw_only=True, tag="identity.role_grant"):
    """One effective grant: who may do what kind of action where."""

    principal: Annotated[Sure[str], "subject of the account, group or outside party"] = UNSET
    principal_name: Annotated[Sure[str], "its name", PERSONAL] = UNSET
    principal_kind: Annotated[
        Sure[str], "user, group, role, account, service, federated or anybody"
    ] = UNSET
    role: Annotated[Sure[str], "the role, policy or sudo rule"] = UNSET
    action_class: Annotated[
        Sure[tuple[str, ...]], "kinds of action: admin, iam, audit, keys, network, change, data"
    ] = UNSET
    privileged: Annotated[Sure[bool], "it amounts to administration"] = UNSET
    reads_records: Annotated[Sure[bool], "it lets its holder read audit records"] = UNSET
    permanent: Annotated[Sure[bool], "it stands until somebody removes it"] = UNSET
    expires_days: Annotated[Maybe[int], "days until it ends; null: never"] = UNSET
    approval_required: Annotated[Sure[bool], "using it needs another person's approval"] = UNSET
    mfa_condition: Annotated[Sure[bool], "it works only with a second factor"] = UNSET
    external: Annotated[Sure[bool], "the principal is outside the organisation"] = UNSET
    password_required: Annotated[Sure[bool], "the person must authenticate again to use it"] = UNSET
    last_used_days: Annotated[Maybe[int], "days since its last use; null: never"] = UNSET
