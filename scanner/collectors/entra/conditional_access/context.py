"""Authentication contexts: what a policy asks where a resource or a role asks for the context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.collectors.entra.conditional_access.controls import controls
from scanner.collectors.entra.conditional_access.requirements import MFA
from scanner.collectors.microsoft.values import part, words

_EVERY_CLIENT = ["all"]


def asks_in_context(policy: Mapping[str, Any], context: str) -> bool | None:
    """Whether the policy asks everybody for a second factor in the context, always.

    None: it names the context, but for some accounts or sign-ins only, or it is not understood.
    """
    conditions = part(policy, "conditions")
    apps = part(conditions, "applications")
    named = {one.lower() for one in words(apps.get("includeAuthenticationContextClassReferences"))}
    if context.lower() not in named or policy.get("state") != "enabled":
        return False
    grant = part(policy, "grantControls")
    asked = set(controls(grant, {}))
    every = str(grant.get("operator") or "OR").upper() == "AND"
    enough = bool(asked & MFA.controls) if every else bool(asked) and asked <= MFA.controls
    if not enough:
        return None if any(a.startswith(("unknown", "strength:unknown")) for a in asked) else False
    users = part(conditions, "users")
    left_out = any(value for key, value in users.items() if key.startswith("exclude"))
    narrowed = any(
        value not in (None, "", [], {})
        for key, value in conditions.items()
        if key not in ("users", "applications", "clientAppTypes") and "@odata" not in key
    )
    clients = [one.lower() for one in words(conditions.get("clientAppTypes"))]
    whole = words(users.get("includeUsers")) == ["All"] and clients == _EVERY_CLIENT
    return True if whole and not left_out and not narrowed else None
