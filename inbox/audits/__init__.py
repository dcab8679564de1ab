"""Call audits: of a business at its own host, and of prospects for their agency at the public one."""
