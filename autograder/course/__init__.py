"""A course and its assignments: settings, tasks, the reference solution, the catalogue of mistakes, scaffolds."""
