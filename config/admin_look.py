"""How the admin looks, on the support host and on a business's own."""

from __future__ import annotations

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Ringback support",
    "SITE_HEADER": "Ringback support",
    "SITE_URL": "/",
    "SITE_SYMBOL": "call_missed",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "/static/ringback/img/favicon.svg"}
    ],
    "BORDER_RADIUS": "6px",
    "SIDEBAR": {"show_search": True, "navigation": "config.admin_menu.support_menu"},
    # The accent of config/static/ringback/css/tokens.css, in the steps the theme wants.
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
    "SIDEBAR": {"show_search": True, "navigation": "config.admin_menu.business_menu"},
}
