"""Documents that people write: strict YAML with the position of every value, and schema checks.

`written` puts a value into one, so that the reader takes it.
"""

from scanner.documents.check import FORM, check_schema, did_you_mean, nearest, schema_faults
from scanner.documents.document import Document, Path, Where
from scanner.documents.reader import DEFAULT_LIMIT, load, loads
from scanner.documents.write import held, holds, written

__all__ = [
    "DEFAULT_LIMIT",
    "FORM",
    "Document",
    "Path",
    "Where",
    "check_schema",
    "did_you_mean",
    "held",
    "holds",
    "load",
    "loads",
    "nearest",
    "schema_faults",
    "written",
]
