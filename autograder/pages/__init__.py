"""Pages for students and instructors, made from reports and grades: no database and no process."""
