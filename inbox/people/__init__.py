"""The people a business knows: the list of them, each one's page, and numbers that are one person."""
