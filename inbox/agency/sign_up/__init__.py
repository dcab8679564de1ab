"""Signing up as an agency: an address is proven first, everything else comes after."""
