"""Who the business knows, and what rules may spend: two tabs of the rules."""
