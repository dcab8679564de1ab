"""Many businesses from one file: read, shown with every problem, made one by one, and told row by row."""
