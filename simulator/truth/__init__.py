"""The books: what every table must come to, computed by another way than the answers."""
