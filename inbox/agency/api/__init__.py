"""How an agency's own programs reach us: its keys."""
