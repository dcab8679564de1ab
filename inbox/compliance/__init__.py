"""The compliance pages of a business, and the page of one person."""
