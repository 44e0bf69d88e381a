"""iiko's rows as typed columns; nothing of Singer in it."""
