"""URLs of the inbox."""

from django.urls import include, path

from inbox import evidence_views
from inbox.audits.urls import urlpatterns as audit_urls
from inbox.callers import limits
from inbox.callers import pages as callers
from inbox.compliance import pages, records
from inbox.exports import office_pages as exports
from inbox.lines import hours, sounds
from inbox.lines import pages as lines
from inbox.notices import pwa
from inbox.queue import pages as queue
from inbox.rules import backtest
from inbox.settings.joining import join

app_name = "inbox"
urlpatterns = [
    path("", queue.home, name="home"),
    path("inbox/", include("inbox.queue.urls")),
    path("", include("inbox.attachments.urls")),
    path("notices/", include("inbox.notices.urls")),
    path("sw.js", pwa.service_worker, name="service-worker"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("offline/", pwa.offline, name="offline"),
    path("sms/", include("inbox.hosted.urls")),
    path("search/", include("inbox.search.urls")),
    path("answers/", include("inbox.waits.urls")),
    path("c/<int:conversation_id>/", queue.home, name="conversation"),
    path("", include("inbox.thread.urls")),
    path("compliance/", pages.overview, name="compliance"),
    path("compliance/alerts/<int:alert_id>/done/", pages.alert_done, name="alert-done"),
    path("compliance/policy/", pages.policy, name="compliance-policy"),
    path("compliance/texts/", pages.texts, name="compliance-texts"),
    path("compliance/texts.csv", exports.texts, name="texts-csv"),
    path("compliance/ledger.csv", exports.ledger, name="ledger-csv"),
    path("compliance/audit.csv", exports.audit_log, name="audit-csv"),
    path("compliance/ledger/", records.ledger, name="compliance-ledger"),
    path("compliance/ledger/check/", records.ledger_check, name="compliance-ledger-check"),
    path("compliance/ledger/roots.json", records.ledger_roots, name="compliance-roots"),
    path("compliance/privacy/", records.privacy, name="compliance-privacy"),
    path("compliance/privacy/holds/", records.hold_place, name="hold-place"),
    path("compliance/privacy/holds/<int:hold_id>/lift/", records.hold_lift, name="hold-lift"),
    path("compliance/privacy/find/", records.find_person, name="find-person"),
    path("contacts/", include("inbox.people.urls")),
    path("rules/", include("inbox.rules.urls")),
    path("rules/backtest/", backtest.ask, name="rules-backtest"),
    path("rules/backtest/<str:token>/", backtest.result, name="rules-backtest-result"),
    path(
        "rules/backtest/<str:token>/differences.csv",
        backtest.differences,
        name="rules-backtest-csv",
    ),
    path("rules/callers/", callers.people, name="callers"),
    path("rules/callers/add/", callers.add, name="callers-add"),
    path("rules/callers/list/", callers.upload, name="callers-upload"),
    path("rules/callers/list/<int:list_id>/", callers.look, name="callers-list"),
    path("rules/callers/list/<int:list_id>/take/", callers.take_over, name="callers-take-over"),
    path("rules/callers/list/<int:list_id>/undo/", callers.undo, name="callers-undo"),
    path("rules/callers/callers.csv", callers.export, name="callers-export"),
    path("rules/limits/", limits.limits, name="limits"),
    path("rules/limits/let-go/", limits.let_go, name="limits-let-go"),
    path("lines/", lines.overview, name="lines"),
    path("lines/hours/", hours.hours, name="lines-hours"),
    path("lines/hours/holidays/", hours.add_holidays, name="holiday-add"),
    path(
        "lines/hours/holidays/<int:holiday_id>/remove/", hours.remove_holiday, name="holiday-remove"
    ),
    path("lines/<int:line_id>/", lines.line, name="line"),
    path("lines/<int:line_id>/preview/", lines.preview, name="line-preview"),
    path("lines/<int:line_id>/greeting/", sounds.greeting, name="line-greeting"),
    path("calls/<int:call_id>/voicemail/", sounds.voicemail, name="voicemail"),
    path("calls/<int:call_id>/heard/", sounds.heard, name="voicemail-heard"),
    path("compliance/evidence/", evidence_views.evidence, name="evidence-export"),
    *audit_urls,
    path("settings/", include("inbox.settings.urls")),
    path("join/<str:token>/", join, name="join"),
    path("lines/", include("inbox.trials.urls")),
    path("lines/", include("inbox.sources.urls")),
]
