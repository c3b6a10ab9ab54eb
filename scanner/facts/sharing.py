"""What services let out of the tenant, and incidents that were recorded."""

from __future__ import annotations

from typing import Annotated

from scanner.facts.base import UNSET, Fact, Maybe, Sure


class Sharing(Fact, frozen=True, kw_only=True, tag="sharing.policy"):
    """The rules of one service for sharing with people outside."""

    service: Annotated[Sure[str], "sharepoint, mail, teams, log-groups, records, ..."] = UNSET
    external: Annotated[
        Sure[str], "who may be shared with: nobody, existing-guests, new-guests, anybody"
    ] = UNSET
    anonymous_links: Annotated[Sure[bool], "a link can open content without any sign-in"] = UNSET
    parties: Annotated[
        Sure[tuple[str, ...]], "parties outside that may read it, as the provider writes them"
    ] = UNSET
    domains: Annotated[
        Maybe[tuple[str, ...]], "domains that sharing is restricted to; null: all"
    ] = UNSET
    domains_mode: Annotated[Sure[str], "none, allow-list or block-list"] = UNSET
    guests_reshare: Annotated[Sure[bool], "guests can share on what was shared with them"] = UNSET
    legacy_auth: Annotated[Sure[bool], "protocols that know no second factor are accepted"] = UNSET
    unmanaged_sync: Annotated[Sure[bool], "machines outside the organisation can synchronise"] = (
        UNSET
    )


class Incident(Fact, frozen=True, kw_only=True, tag="incident.record"):
    """One incident or alert with its handling."""

    status: Annotated[Sure[str], "active, in-progress, resolved, redirected, ..."] = UNSET
    severity: Annotated[Sure[str], "high, medium, low, informational"] = UNSET
    assigned: Annotated[Sure[bool], "somebody is named to handle it"] = UNSET
    open_days: Annotated[Maybe[int], "days that it has been open; null: it is closed"] = UNSET
