"""The demonstration: a simulated iiko and a PostgreSQL of its own, started, loaded twice, checked and shown."""
