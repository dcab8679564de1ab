"""How the admin looks, on the support host and on a business's own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def _favicon(request: HttpRequest) -> str:
    """Return whose icon the tab shows: an agency's clients meet nothing of ours, even at this door."""
    from tenants import brands  # settings read this module before there are models
    from tenants.templatetags.brand import brand_url

    ours = brands.current().is_ours
    return "/static/app/img/favicon.svg" if ours else brand_url("icon-192.png")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Ringback support",
    "SITE_HEADER": "Ringback support",
    "SITE_URL": "/",
    "SITE_SYMBOL": "call_missed",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
    "BORDER_RADIUS": "6px",
    "SIDEBAR": {"show_search": True, "navigation": "config.admin_menu.support_menu"},
    # The accent of config/static/app/css/tokens.css, in the steps the theme wants.
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .012 215)",
            "100": "oklch(94% .025 215)",
            "200": "oklch(88% .05 215)",
            "300": "oklch(80% .075 215)",
            "400": "oklch(76.5% .1 215)",
            "500": "oklch(60% .1 218)",
            "600": "oklch(47.5% .085 220)",
            "700": "oklch(40.5% .075 221)",
            "800": "oklch(34% .06 222)",
            "900": "oklch(28.5% .05 223)",
            "950": "oklch(22% .04 224)",
        }
    },
}
# The admin on a business's own host looks the same and shows other tables.
UNFOLD_BUSINESS = {
    **UNFOLD,
    "SITE_TITLE": "Support",
    "SITE_HEADER": "Support",
    "SIDEBAR": {"show_search": True, "navigation": "config.admin_menu.business_menu"},
}
