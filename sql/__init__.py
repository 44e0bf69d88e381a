"""Ready SQL for PostgreSQL, and what runs it."""
