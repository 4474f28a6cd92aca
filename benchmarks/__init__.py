"""What grading costs, beside nbgrader, nbclient and otter-grader in the same run."""
