"""report.html: the whole assessment as one page that loads nothing."""

from scanner.reports.html.inputs import Context, context_of
from scanner.reports.html.write import write_html

__all__ = ["Context", "context_of", "write_html"]
