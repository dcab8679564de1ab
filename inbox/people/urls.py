"""URLs of the people: the list, each one's page, and what is done there."""

from __future__ import annotations

from django.urls import path

from inbox.callers import pages as callers
from inbox.exports import pages as exports
from inbox.people import merge_pages, pages, person

urlpatterns = [
    path("", pages.people, name="contacts"),
    path("contacts.csv", exports.people, name="contacts-csv"),
    path("new/", pages.new, name="contact-new"),
    path("<int:contact_id>/", person.contact, name="contact"),
    path("<int:contact_id>/opt-out/", person.opt_out, name="contact-opt-out"),
    path("<int:contact_id>/resume/", person.resume, name="contact-resume"),
    path("<int:contact_id>/erase/", person.erase, name="contact-erase"),
    path("<int:contact_id>/marks/", callers.mark, name="contact-marks"),
    path("<int:contact_id>/tags/", pages.tags, name="contact-tags"),
    path("<int:contact_id>/merge/", merge_pages.merge, name="contact-merge"),
    path("merges/<int:merge_id>/undo/", merge_pages.undo, name="merge-undo"),
]
