"""Microsoft 365: what Graph tells of SharePoint, sessions and incidents."""
