"""One class per table: what it reads from iiko and how its rows become Singer messages."""
