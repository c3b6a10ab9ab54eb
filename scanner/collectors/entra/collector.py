"""The collector of Entra ID tenants."""

from __future__ import annotations

from scanner.collectors.base import Collector
from scanner.collectors.entra.accounts import accounts
from scanner.collectors.entra.grants import active_grants, eligible_grants
from scanner.collectors.entra.records import (
    change_records,
    directory_logs,
    registered_devices,
    risk_policies,
    sign_in_records,
    terms_of_use,
)
from scanner.collectors.entra.rules_of_tenant import directory_policy
from scanner.collectors.entra.workloads import app_credentials, service_principals
from scanner.collectors.microsoft.graph import tenant_scopes
from scanner.collectors.microsoft.permissions import FORMATS
from scanner.collectors.microsoft.session import TENANT_OPTIONS, MicrosoftSession

COLLECTOR = Collector(
    provider="entra",
    about="Entra ID: accounts, factors, Conditional Access, roles, applications, records",
    sources=(
        accounts,
        service_principals,
        app_credentials,
        directory_policy,
        active_grants,
        eligible_grants,
        directory_logs,
        sign_in_records,
        change_records,
        risk_policies,
        terms_of_use,
        registered_devices,
    ),
    open=lambda target: MicrosoftSession(target, tenant_scopes("entra")),
    options=TENANT_OPTIONS,
    grants=FORMATS,
    concurrency=16,
)
