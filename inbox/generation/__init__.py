"""A big business that never was: for measuring, and for seeing how the inbox is at that size."""
