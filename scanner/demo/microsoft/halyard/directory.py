"""The contractor's directory: people, roles, sign-in rules, applications, records."""

from __future__ import annotations

from scanner.demo.microsoft.halyard.access import add_access
from scanner.demo.microsoft.halyard.directory_records import add_directory_records
from scanner.demo.microsoft.halyard.people import add_people, everybody
from scanner.demo.microsoft.halyard.roles import add_roles
from scanner.demo.microsoft.halyard.tenant_rules import add_tenant_rules
from scanner.demo.microsoft.tenant import Tenant


def add_directory(tenant: Tenant) -> None:
    """Fill in what the directory answers."""
    people = everybody()
    add_people(tenant, people)
    add_roles(tenant, people)
    add_access(tenant)
    add_tenant_rules(tenant)
    add_directory_records(tenant, people)
