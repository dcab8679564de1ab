"""Settings: one's own, and for owners and managers the business's."""
