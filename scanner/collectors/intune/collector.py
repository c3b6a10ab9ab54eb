"""The collector of Intune tenants."""

from __future__ import annotations

from scanner.collectors.base import Collector
from scanner.collectors.intune.allowed_software import application_control
from scanner.collectors.intune.device_policies import (
    host_firewall,
    mobile_code,
    private_network,
    updates,
    wireless,
)
from scanner.collectors.intune.device_settings import (
    device_passwords,
    fips,
    removable_media,
    screen_lock,
    sign_in_notice,
)
from scanner.collectors.intune.fleet import detected_apps, managed_devices, protection
from scanner.collectors.intune.tenant import baselines, enrolment, intune_logs
from scanner.collectors.microsoft.graph import tenant_scopes
from scanner.collectors.microsoft.permissions import FORMATS
from scanner.collectors.microsoft.session import TENANT_OPTIONS, MicrosoftSession

COLLECTOR = Collector(
    provider="intune",
    about="Intune: devices, what is enforced on them, the software that they run",
    sources=(
        managed_devices,
        protection,
        detected_apps,
        application_control,
        fips,
        screen_lock,
        sign_in_notice,
        device_passwords,
        removable_media,
        mobile_code,
        host_firewall,
        updates,
        wireless,
        private_network,
        baselines,
        enrolment,
        intune_logs,
    ),
    open=lambda target: MicrosoftSession(target, tenant_scopes("intune")),
    options=TENANT_OPTIONS,
    grants=FORMATS,
    concurrency=12,
)
