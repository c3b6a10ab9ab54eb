"""Documents that people write: strict YAML with the position of every value, and schema checks."""

from scanner.documents.check import FORM, check_schema, did_you_mean, nearest, schema_faults
from scanner.documents.document import Document, Path, Where
from scanner.documents.reader import DEFAULT_LIMIT, load, loads

__all__ = [
    "DEFAULT_LIMIT",
    "FORM",
    "Document",
    "Path",
    "Where",
    "check_schema",
    "did_you_mean",
    "load",
    "loads",
    "nearest",
    "schema_faults",
]
