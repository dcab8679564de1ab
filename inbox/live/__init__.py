"""What an open screen hears without asking: events, rows and timelines, and who else is there."""
