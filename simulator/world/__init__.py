"""The living business: what the restaurant group is, and what happens in it."""
