"""What a user may say, and what it means."""
