"""An AWS emulator over real HTTP on loopback: moto's server behind a front of our own.

moto keeps the state of some forty services; the front adds the reads that moto lacks, pages what
moto does not page, injects faults and counts every call. Needs the `demo` extra.
"""

from __future__ import annotations

from scanner.demo.aws.emulator import Emulator, start_emulator
from scanner.demo.aws.process import EmulatorProcess, start_emulator_process

__all__ = ["Emulator", "EmulatorProcess", "start_emulator", "start_emulator_process"]
