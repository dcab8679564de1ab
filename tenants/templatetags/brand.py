"""The brand in templates, whatever they are rendered for: a page, a letter, an error."""

from __future__ import annotations

from django import template

from tenants import brands

register = template.Library()


@register.simple_tag
def brand() -> brands.Brand:
    """Return the brand; for `{% brand as brand %}`."""
    return brands.current()


@register.simple_tag
def brand_url(file: str) -> str:
    """Return the address of a file of the brand (tenants/brand_pages.py), new with every change of it."""
    return f"/brand/{brands.current().version}/{file}"


@register.simple_tag
def brand_name() -> str:
    """Say the name people know us by here."""
    return brands.name()
