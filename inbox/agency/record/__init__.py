"""What was done at an agency and by it, newest first."""
