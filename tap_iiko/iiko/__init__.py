"""Talking to an iiko server: HTTP, sessions and iiko's formats. Knows nothing of Singer."""
