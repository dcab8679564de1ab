"""The queue: who waits, in which folder, in which order."""
