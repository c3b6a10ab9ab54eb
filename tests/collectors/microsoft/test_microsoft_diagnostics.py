"""Diagnostic settings name single categories or groups of them; only what is on is sent."""

from __future__ import annotations

import pytest

from scanner.collectors.microsoft.diagnostics import destination_of, enabled_categories


@pytest.mark.parametrize(
    ("logs", "on"),
    [
        ([{"category": "AuditLogs", "enabled": True}], {"auditlogs"}),
        ([{"category": None, "categoryGroup": "allLogs", "enabled": True}], {"alllogs"}),
        ([{"category": "AuditLogs", "enabled": False}], set()),
        (None, set()),
    ],
)
def test_what_is_on(logs, on):
    assert enabled_categories({"logs": logs}) == on


def test_the_workspace_stands_before_other_destinations():
    both = {"storageAccountId": "/S", "workspaceId": "/W"}
    assert destination_of(both) == "/w"
    assert destination_of({"workspaceId": None}) is None
