"""The rows of the decision table (compliance.md section 8), by what they look at. Pure."""
