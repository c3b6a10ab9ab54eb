"""The collector of Microsoft 365 services."""

from __future__ import annotations

from scanner.collectors.base import Collector
from scanner.collectors.m365.services import (
    incidents,
    portal_sessions,
    sharepoint_sessions,
    sharepoint_sharing,
)
from scanner.collectors.microsoft.graph import tenant_scopes
from scanner.collectors.microsoft.permissions import FORMATS
from scanner.collectors.microsoft.session import TENANT_OPTIONS, MicrosoftSession

COLLECTOR = Collector(
    provider="m365",
    about="Microsoft 365: SharePoint sharing, idle sessions, incidents",
    sources=(sharepoint_sharing, sharepoint_sessions, portal_sessions, incidents),
    open=lambda target: MicrosoftSession(target, tenant_scopes("m365")),
    options=TENANT_OPTIONS,
    grants=FORMATS,
    concurrency=4,
)
