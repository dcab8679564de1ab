"""The pages of phone systems that report calls to us."""
