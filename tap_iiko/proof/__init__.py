"""iiko's own totals against ours."""
