"""Deciding what to read, and proving what was read. Knows business days, nothing of HTTP."""
