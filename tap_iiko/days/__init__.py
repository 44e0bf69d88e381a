"""Pure thinking about days: calendar, windows, bookmarks; no HTTP, no Singer."""
