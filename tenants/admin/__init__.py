"""The public floor as platform support sees it, table by table."""

from tenants.admin import businesses, keys, numbers, people, roots, traffic

__all__ = ["businesses", "keys", "numbers", "people", "roots", "traffic"]
