"""The morning page: one HTML file about what was loaded, for an owner and an engineer. Needs the extra ``report``."""
