"""Files that are written from the schemas and the settings: what stands in two places is written once."""
