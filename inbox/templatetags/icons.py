"""The pictures of the pages: the library's, each drawn once in a process (a list shows hundreds)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import lucide as library
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


# Stands in for the library's own tag of this name (config/settings.py, TEMPLATES).
@register.simple_tag
def lucide(name: str, *, size: int | None = 24, **attributes: Any) -> SafeString:
    """Return an icon as SVG; attributes are those of the <svg>. Raises IconDoesNotExist."""
    return _drawn(str(name), size, tuple(sorted(attributes.items())))


@lru_cache(maxsize=1024)
def _drawn(name: str, size: int | None, attributes: tuple[tuple[str, Any], ...]) -> SafeString:
    # What a template passes is marked safe although it is only text: it is escaped as any other.
    plain = {key: str(value) + "" for key, value in attributes}
    return mark_safe(library._render_icon(name, size, **plain))
