"""The pages that try a line: forwarding set up and watched, and test calls."""
