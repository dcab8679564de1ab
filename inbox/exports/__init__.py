"""What the lists of a business show, as CSV files."""
