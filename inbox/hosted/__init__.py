"""Pages that a business shows to everybody on its own host: how its texts work, privacy, terms."""
