"""URLs of a person's thread."""

from __future__ import annotations

from django.urls import path

from inbox.thread import calling_pages, new, notes_pages, pages, panel, scheduling

urlpatterns = [
    path("c/<int:conversation_id>/timeline/", pages.timeline, name="timeline"),
    path("c/<int:conversation_id>/reply/", pages.reply, name="reply"),
    path("c/<int:conversation_id>/composer/", pages.composer, name="composer"),
    path("c/<int:conversation_id>/foretell/", pages.foretell, name="foretell"),
    path("c/<int:conversation_id>/quick/", pages.quick, name="quick"),
    path("c/<int:conversation_id>/scheduled/", scheduling.scheduled, name="scheduled"),
    path("texts/<uuid:message_id>/undo/", scheduling.undo, name="text-undo"),
    path("texts/<uuid:message_id>/now/", scheduling.send_now, name="text-now"),
    path("texts/<uuid:message_id>/call-off/", scheduling.call_off, name="text-call-off"),
    path("c/<int:conversation_id>/notes/", notes_pages.write, name="notes"),
    path("notes/<int:note_id>/", notes_pages.note, name="note"),
    path("notes/<int:note_id>/remove/", notes_pages.remove, name="note-remove"),
    path("notes/members/", notes_pages.members, name="note-members"),
    path("c/<int:conversation_id>/panel/", panel.panel, name="panel"),
    path("c/<int:conversation_id>/call/", calling_pages.call, name="call-back"),
    path("new/", new.new, name="new-text"),
    path("new/look/", new.look, name="new-look"),
    path("new/find/", new.find, name="new-find"),
]
