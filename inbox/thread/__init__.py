"""One person's thread: reading it, writing in it, and what is known of the person beside it."""
