"""Intune: devices, the settings that reach them, and what they report."""
