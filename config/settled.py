"""A web process settles before its first request: what every page is drawn from is loaded and left alone.

Python's collector looks at every object that lives, again and again: some 220,000 of them are the program
itself, which takes 80 ms of a request each time. What is frozen it passes over.
"""

from __future__ import annotations

import gc

# New objects until the youngest are looked at: a page makes some thousands, which die with it.
# Python's own 700 had them looked at fifteen times a page.
_YOUNG, _MIDDLE, _OLD = 10_000, 20, 10
# The page most people see first; what it is made of stands in most others.
_TEMPLATES = ("inbox/page.html", "404.html")


def settle() -> None:
    """Load addresses, views and templates, and let the collector pass over all that is there now."""
    from django.conf import settings
    from django.template.loader import get_template
    from django.urls import get_resolver

    for urlconf in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
        get_resolver(urlconf).url_patterns  # noqa: B018 - asked for, they are imported
    for name in _TEMPLATES:
        get_template(name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
