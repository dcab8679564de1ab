"""URLs of call audits: the same on a business's host and, for an agency's prospects, the public one."""

from __future__ import annotations

from django.urls import path

from inbox.audits import pages, taking

app_name = "inbox"
urlpatterns = [
    path("audits/", pages.audits, name="audits"),
    path("audits/new/", pages.new, name="audit-new"),
    path("audits/attach/", pages.attach, name="audit-attach"),
    path("audits/example.csv", taking.example, name="audit-example"),
    path("audits/<int:log_id>/", pages.audit, name="audit"),
    path("audits/<int:log_id>/progress/", pages.progress, name="audit-progress"),
    path("audits/<int:log_id>/mapping/", pages.mapping, name="audit-mapping"),
    path("audits/<int:log_id>/assumptions/", pages.assume, name="audit-assume"),
    path("audits/<int:log_id>/again/", pages.again, name="audit-again"),
    path("audits/<int:log_id>/delete/", pages.delete, name="audit-delete"),
    path("audits/<int:log_id>/draft/", taking.draft, name="audit-draft"),
    path("audits/<int:log_id>/report.pdf", taking.pdf, name="audit-pdf"),
    path("audits/<int:log_id>/missed-by-hour.csv", taking.hours, name="audit-hours"),
    path("audits/<int:log_id>/rows-not-read.csv", taking.malformed, name="audit-malformed"),
]
