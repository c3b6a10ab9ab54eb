"""cmmc-scan: live configuration, judged by rules, reported as CMMC and ISO 27001 evidence."""

__version__ = "0.1.0"
