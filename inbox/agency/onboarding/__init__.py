"""The onboarding wizard: a business is set up step by step, each step kept by itself in its rows."""
