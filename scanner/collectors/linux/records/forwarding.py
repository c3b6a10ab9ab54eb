"""Whether records leave the machine, and by which program."""

from __future__ import annotations

import re

from scanner.collectors.linux.forms import (
    equals_pairs,
    last,
    section_values,
    systemd_calls,
    systemd_texts,
)
from scanner.collectors.linux.host import Host

FORWARD_CALLS = {
    "read:/etc/rsyslog.conf": "",
    "read:/etc/rsyslog.d/*.conf": "",
    "stat:/usr/sbin/rsyslogd": "",
    "stat:/usr/sbin/syslog-ng": "",
    "read:/etc/syslog-ng/syslog-ng.conf": "root",
    "read:/etc/syslog-ng/conf.d/*.conf": "root",
    **systemd_calls("journal-upload.conf"),
    "read:/etc/audit/plugins.d/au-remote.conf": "root",
    "read:/etc/audisp/plugins.d/au-remote.conf": "root",
    "stat:/etc/fluent-bit/fluent-bit.conf": "",
    "stat:/etc/vector/vector.yaml": "",
    "stat:/etc/filebeat/filebeat.yml": "",
    "stat:/opt/splunkforwarder": "",
    "stat:/var/ossec/etc/ossec.conf": "",
    "stat:/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json": "",
}

_AGENTS = {
    "fluent-bit": "/etc/fluent-bit/fluent-bit.conf",
    "vector": "/etc/vector/vector.yaml",
    "filebeat": "/etc/filebeat/filebeat.yml",
    "splunk": "/opt/splunkforwarder",
    "wazuh": "/var/ossec/etc/ossec.conf",
    "cloudwatch-agent": "/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json",
}


def rsyslog_targets(text: str) -> list[str]:
    """The hosts to which an rsyslog configuration forwards: `@host`, `@@host`, omfwd, omrelp."""
    plain = "\n".join(re.sub(r"#.*", "", line) for line in text.splitlines())
    found = re.findall(r"^\s*[^\s@]+\s+-?@{1,2}(?:\([^)]*\))?(\[[^\]\s]+\]|[^\s:;]+)", plain, re.M)
    for action in re.findall(r"action\s*\(([^)]*)\)", plain, re.S | re.I):
        if re.search(r"type\s*=\s*\"om(?:fwd|relp)\"", action, re.I):
            found.extend(re.findall(r"target\s*=\s*\"([^\"]+)\"", action, re.I))
    return [host for host in found if not _local(host)]


def _local(host: str) -> bool:
    return host in ("localhost", "::1", "[::1]") or host.startswith("127.")


def syslog_ng_targets(text: str) -> list[str]:
    """The hosts of syslog-ng's network destinations."""
    plain = "\n".join(re.sub(r"#.*", "", line) for line in text.splitlines())
    found = re.findall(r"\b(?:network|syslog|tcp|udp|tcp6|udp6)\s*\(\s*\"([^\"]+)\"", plain)
    return [host for host in found if not _local(host)]


def forwards(host: Host) -> list[str]:
    """The ways by which records leave this machine, each as program:destination; sorted."""
    found: set[str] = set()
    # Configurations outlive their programs, and then send nothing.
    if host.exists("/usr/sbin/rsyslogd"):
        texts = [host.read_optional("/etc/rsyslog.conf") or ""]
        texts.extend(host.read_optional(p) or "" for p in host.glob("/etc/rsyslog.d/*.conf"))
        for text in texts:
            found |= {f"rsyslog:{name}" for name in rsyslog_targets(text)}
    if host.exists("/usr/sbin/syslog-ng"):
        texts = [host.read_optional("/etc/syslog-ng/syslog-ng.conf") or ""]
        texts.extend(host.read_optional(p) or "" for p in host.glob("/etc/syslog-ng/conf.d/*.conf"))
        for text in texts:
            found |= {f"syslog-ng:{name}" for name in syslog_ng_targets(text)}
    upload = section_values(systemd_texts(host, "journal-upload.conf"), "Upload").get("URL")
    if upload is not None:
        found.add(f"journal-upload:{upload}")
    for path in ("/etc/audit/plugins.d/au-remote.conf", "/etc/audisp/plugins.d/au-remote.conf"):
        text = host.read_optional(path) or ""
        if (last(equals_pairs(text), "active") or "").lower() == "yes":
            found.add("auditd:au-remote")
    for name, path in _AGENTS.items():
        if host.exists(path):
            found.add(f"{name}:configured")
    return sorted(found)
