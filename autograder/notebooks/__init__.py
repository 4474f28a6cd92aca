"""A submitted notebook: found, read, repaired, written."""
