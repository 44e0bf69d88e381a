"""What differs from table to table in how rows come out of an answer. Most tables need no class."""
