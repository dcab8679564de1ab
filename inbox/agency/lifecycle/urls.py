"""URLs of a business's life with its agency."""

from __future__ import annotations

from django.urls import path

from inbox.agency.lifecycle import pages

_HERE = "businesses/<int:business_id>/lifecycle/"
urlpatterns = [
    path(_HERE, pages.page, name="lifecycle"),
    path(f"{_HERE}suspend/", pages.suspend, name="lifecycle-suspend"),
    path(f"{_HERE}resume/", pages.resume, name="lifecycle-resume"),
    path(f"{_HERE}off-board/", pages.off_board, name="lifecycle-off-board"),
    path(f"{_HERE}stay/", pages.stay, name="lifecycle-stay"),
    path(f"{_HERE}export.zip", pages.export, name="lifecycle-export"),
]
