"""URLs of an agency's playbooks."""

from __future__ import annotations

from django.urls import path

from inbox.agency.playbooks import files, pages, push_pages

urlpatterns = [
    path("playbooks/", pages.playbooks, name="playbooks"),
    path("playbooks/new/", pages.new, name="playbook-new"),
    path("playbooks/<int:playbook_id>/", pages.one, name="playbook"),
    path("playbooks/<int:playbook_id>/save/", pages.next_version, name="playbook-save"),
    path("playbooks/<int:playbook_id>/away/", pages.away, name="playbook-away"),
    path("playbooks/<int:playbook_id>/drift/", push_pages.drifts, name="playbook-drift"),
    path("playbooks/<int:playbook_id>/drift.csv", files.drifts, name="drift-csv"),
    path(
        "playbooks/<int:playbook_id>/accept/<int:use_id>/",
        push_pages.accept,
        name="playbook-accept",
    ),
    path("playbooks/<int:playbook_id>/apply/", push_pages.prepare, name="playbook-apply"),
    path("playbooks/pushes/<uuid:push_id>/", push_pages.push, name="push"),
    path("playbooks/pushes/<uuid:push_id>/push.csv", files.push, name="push-csv"),
    path("playbooks/pushes/<uuid:push_id>/progress/", push_pages.progress, name="push-progress"),
    path("playbooks/pushes/<uuid:push_id>/act/", push_pages.act, name="push-act"),
    path("playbooks/pushes/<uuid:push_id>/<int:use_id>/", push_pages.use, name="push-use"),
]
