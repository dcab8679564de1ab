"""URLs of texts' files."""

from __future__ import annotations

from django.urls import path

from inbox.attachments import pages

urlpatterns = [
    path("attachments/<uuid:attachment_id>/", pages.file, name="attachment"),
    path("attachments/<uuid:attachment_id>/preview/", pages.preview, name="attachment-preview"),
    path("c/<int:conversation_id>/attachments/", pages.upload, name="attach"),
    path(
        "c/<int:conversation_id>/attachments/<uuid:attachment_id>/remove/",
        pages.remove,
        name="attach-remove",
    ),
]
