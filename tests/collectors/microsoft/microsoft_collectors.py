"""The collectors of Microsoft's clouds, as the tests name them."""

from __future__ import annotations

from collections.abc import Callable

from scanner.collectors.azure.collector import COLLECTOR as AZURE
from scanner.collectors.base import Collector
from scanner.collectors.entra.collector import COLLECTOR as ENTRA
from scanner.collectors.intune.collector import COLLECTOR as INTUNE
from scanner.collectors.m365.collector import COLLECTOR as M365
from scanner.snapshot.read import Snapshot

COLLECTORS: dict[str, Collector] = {c.provider: c for c in (ENTRA, INTUNE, AZURE, M365)}

Read = Callable[..., Snapshot]
