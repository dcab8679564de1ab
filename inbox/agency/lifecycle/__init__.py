"""Suspending, resuming and letting go of a business, by its agency."""
