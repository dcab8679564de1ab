"""URLs of answers."""

from django.urls import path

from inbox.exports import pages as exports
from inbox.waits import pages

urlpatterns = [
    path("", pages.waiting, name="answers"),
    path("waits/<int:wait_id>/see-to/", pages.see_to, name="wait-see-to"),
    path("promises/", pages.promises, name="answers-promises"),
    path("promises/<int:promise_id>/", pages.settle_promise, name="promise-settle"),
    path("figures/", pages.report, name="answers-figures"),
    path("calls.csv", exports.calls, name="calls-csv"),
    path("waits.csv", exports.waits, name="waits-csv"),
    path("promises.csv", exports.promises, name="promises-csv"),
    path("figures.csv", exports.figures, name="figures-csv"),
    path("settings/", pages.settings, name="answers-settings"),
]
