"""What only Exchange, Purview or Teams PowerShell can tell: declared, so that nobody takes its
absence for an answer. Each entry asks for an attestation.
"""

from __future__ import annotations

from typing import NamedTuple


class NotCollectable(NamedTuple):
    """A setting that Graph does not serve to an application."""

    what: str
    objectives: tuple[str, ...]
    read_with: str
    """The command that shows it to a person."""
    attest: str
    """What the attestation has to state, with the command's output as its artifact."""


NOT_COLLECTABLE = (
    NotCollectable(
        "Unified audit log: on, and kept how long",
        ("3.3.1[c]", "3.3.1[f]", "3.3.2[b]"),
        "Get-AdminAuditLogConfig; Get-UnifiedAuditLogRetentionPolicy",
        "ingestion is enabled, and the retention policy and licences keep records for the period",
    ),
    NotCollectable(
        "Mailbox auditing",
        ("3.3.1[c]",),
        "Get-OrganizationConfig; Get-MailboxAuditBypassAssociation",
        "auditing is not disabled and nobody is exempt",
    ),
    NotCollectable(
        "Automatic forwarding of mail",
        ("3.1.3[e]", "3.13.1[e]", "3.14.6[c]"),
        "Get-RemoteDomain; Get-HostedOutboundSpamFilterPolicy; Get-TransportRule",
        "mail cannot be forwarded outside by itself",
    ),
    NotCollectable(
        "Data loss prevention",
        ("3.1.3[e]",),
        "Get-DlpCompliancePolicy",
        "which policies are in force, and for which services",
    ),
    NotCollectable(
        "Legacy protocols of mailboxes and SMTP AUTH",
        ("3.4.6[b]", "3.4.7[l]"),
        "Get-TransportConfig; Get-CASMailbox",
        "SMTP AUTH is off, POP and IMAP are off or justified",
    ),
    NotCollectable(
        "Mail protection: safe attachments, safe links, malware filters",
        ("3.14.2[b]", "3.14.5[c]", "3.14.6[b]", "3.13.13[b]"),
        "Get-MalwareFilterPolicy; Get-SafeAttachmentPolicy; Get-SafeLinksPolicy",
        "which protections are on, and for whom",
    ),
    NotCollectable(
        "Teams: outside access, remote control, apps, calling",
        ("3.4.8[c]", "3.13.12[c]", "3.13.14[a]"),
        "Get-CsTeamsMeetingPolicy; Get-CsTeamsAppPermissionPolicy; "
        "Get-CsTenantFederationConfiguration",
        "who may join, give control, install apps and call",
    ),
    NotCollectable(
        "Sensitivity labels and their marks",
        ("3.8.4[a]", "3.8.4[b]"),
        "Get-Label; Get-LabelPolicy",
        "which labels are published, with which marks",
    ),
    NotCollectable(
        "Retention labels",
        ("3.3.1[f]",),
        "Get-ComplianceTag (Graph serves them to a signed-in person only)",
        "which labels keep records, and for how long",
    ),
)  # fmt: skip
