"""Entra ID: accounts, roles, sign-in rules and their records."""
