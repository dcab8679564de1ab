"""URLs of the pages about a business's texts; a campaign is filed with them (messaging/senders)."""

from __future__ import annotations

from django.urls import path

from inbox.hosted import pages
from messaging.senders.compiling import OPT_IN_PICTURE

urlpatterns = [
    path("", pages.texts, name="sms"),
    path(OPT_IN_PICTURE, pages.opt_in_picture, name="sms-opt-in"),
    path("privacy/", pages.privacy, name="sms-privacy"),
    path("terms/", pages.terms, name="sms-terms"),
]
