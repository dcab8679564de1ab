"""Test calls: what can happen to a call, tried on a line step by step."""
