"""Calls that other phone systems, CRMs and automations report to us (docs/call-events.md)."""
