"""The public floor as platform support sees it, table by table."""

from tenants.admin import apps, businesses, keys, numbers, people, record, roots, traffic

__all__ = ["apps", "businesses", "keys", "numbers", "people", "record", "roots", "traffic"]
