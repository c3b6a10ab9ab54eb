"""Plug-ins that read live configuration, one folder a provider; they know only facts."""
