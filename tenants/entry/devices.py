"""What a browser calls itself, in words its owner knows."""

from __future__ import annotations

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def name(user_agent: str) -> str:
    """Return browser and system, such as "Chrome · Windows"; '' when it says neither."""
    browser = next((said for mark, said in _BROWSERS if mark in user_agent), "")
    system = next((said for mark, said in _SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (browser, system)))
