"""The system itself: release, units, kernel settings, disks and media."""
