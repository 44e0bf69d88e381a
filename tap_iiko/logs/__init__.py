"""What goes into a log, and where it is kept."""
