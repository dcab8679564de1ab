"""URLs of the queue."""

from django.urls import path

from inbox.exports import pages as exports
from inbox.queue import pages

urlpatterns = [
    path("list/", pages.rows, name="list"),
    path("conversations.csv", exports.conversations, name="conversations-csv"),
    path("counts/", pages.numbers, name="counts"),
    path("handle/", pages.handle, name="handle"),
    path("undo/", pages.undo, name="undo"),
    path("views/", pages.save_view, name="view-save"),
    path("views/<int:view_id>/delete/", pages.delete_view, name="view-delete"),
]
