"""A whole class: grading in many processes, and writing the results."""
