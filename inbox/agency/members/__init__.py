"""Who works at an agency: invited, given roles, let go."""
