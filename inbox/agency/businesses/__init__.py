"""The businesses of an agency: how each does, and the ways into them."""
