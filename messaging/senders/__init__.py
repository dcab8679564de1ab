"""A business's numbers and their registration at the provider: found, bought, brought, given back, filed."""
