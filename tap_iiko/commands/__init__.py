"""Questions that a user may ask beside a run: one function each."""
