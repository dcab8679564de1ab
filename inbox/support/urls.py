"""URLs of support's pages, on the public host, before those of the admin's tables."""

from __future__ import annotations

from django.urls import path

from inbox.support import apps, braking, playbooks, providers, searching, traces, visiting, working

urlpatterns = [
    path("find/", searching.find, name="support-find"),
    path("trace/<int:business_id>/call/<int:call_id>/", traces.call, name="support-trace-call"),
    path("trace/<int:business_id>/text/<uuid:text_id>/", traces.text, name="support-trace-text"),
    path("provider/", providers.overview, name="support-providers"),
    path("provider/<int:business_id>/", providers.business, name="support-provider"),
    path("visit/<int:business_id>/", visiting.visit, name="support-visit"),
    path("replay/", working.replay, name="support-replay"),
    path("dead/", working.dead, name="support-dead"),
    path("apps/<int:app_id>/end/", apps.end, name="support-app"),
    path("brake/", braking.brake, name="support-brake"),
    path("playbooks/", playbooks.shelf, name="support-playbooks"),
    path("playbooks/<slug:name>/", playbooks.book, name="support-playbook"),
]
