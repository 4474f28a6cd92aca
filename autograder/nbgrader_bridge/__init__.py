"""Everything that knows nbgrader: its hooks, converters, gradebook and pages. No other wing imports it."""
