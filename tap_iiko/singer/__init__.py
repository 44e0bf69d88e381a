"""All that touches the inside of the Singer SDK."""
