"""The collector of Azure subscriptions."""

from __future__ import annotations

from scanner.collectors.azure.data import backup_vaults, disks, storage_accounts, storage_endpoints
from scanner.collectors.azure.databases import sql_databases, sql_endpoints
from scanner.collectors.azure.defences import DEFENDER_PLANS, contacts, defender, policy_assignments
from scanner.collectors.azure.delegations import record_delegations
from scanner.collectors.azure.keys import key_vaults, vault_keys
from scanner.collectors.azure.log_stores import flow_logs, log_archives, workspaces
from scanner.collectors.azure.machines import cluster_nodes, machine_scans, machines, patches
from scanner.collectors.azure.network import (
    bastions,
    direct_access,
    just_in_time,
    security_groups,
    subnets,
)
from scanner.collectors.azure.readers import record_exports
from scanner.collectors.azure.records import (
    activity_log,
    activity_records,
    alerts,
    key_vault_logs,
    sql_audit,
)
from scanner.collectors.azure.rights import role_assignments
from scanner.collectors.base import Collector
from scanner.collectors.microsoft.arm import subscription_scopes
from scanner.collectors.microsoft.permissions import FORMATS
from scanner.collectors.microsoft.session import SUBSCRIPTION_OPTIONS, MicrosoftSession

COLLECTOR = Collector(
    provider="azure",
    about="Azure: storage, keys, networks, machines, records, rights and defences",
    sources=(
        storage_accounts,
        storage_endpoints,
        disks,
        sql_databases,
        sql_endpoints,
        backup_vaults,
        key_vaults,
        vault_keys,
        security_groups,
        subnets,
        bastions,
        direct_access,
        just_in_time,
        activity_log,
        activity_records,
        key_vault_logs,
        sql_audit,
        workspaces,
        log_archives,
        flow_logs,
        alerts,
        cluster_nodes,
        machines,
        machine_scans,
        patches,
        role_assignments,
        record_exports,
        record_delegations,
        *DEFENDER_PLANS,
        defender,
        contacts,
        policy_assignments,
    ),
    open=lambda target: MicrosoftSession(target, subscription_scopes),
    options=SUBSCRIPTION_OPTIONS,
    grants=FORMATS,
    concurrency=12,
)
