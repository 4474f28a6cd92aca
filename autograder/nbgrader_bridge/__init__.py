"""What nbgrader calls, and what is read from and written to its gradebook."""
