"""An emulator of the parts of Microsoft Graph and Azure Resource Manager that the collectors read.

It serves a described tenant over real HTTP on loopback, in the shapes that Microsoft documents.
"""

from __future__ import annotations

from scanner.demo.microsoft.emulator import Emulator, start_emulator
from scanner.demo.microsoft.faults import FAULT_KINDS, Faults
from scanner.demo.microsoft.tenant import Tenant

__all__ = ["FAULT_KINDS", "Emulator", "Faults", "Tenant", "start_emulator"]
