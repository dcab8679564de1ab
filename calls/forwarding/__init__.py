"""Keeping one's own number: how a carrier is told to forward missed calls, and whether they arrive."""
