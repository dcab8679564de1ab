"""White label: what an agency's clients see in place of us."""
