"""URLs of the pages that try a line, below /lines/."""

from django.urls import path

from inbox.trials import forwarding, tests

urlpatterns = [
    path("forwarding/", forwarding.page, name="forwarding"),
    path("forwarding/save/", forwarding.save, name="forwarding-save"),
    path("forwarding/check/", forwarding.begin_check, name="forwarding-begin"),
    path("forwarding/check/<int:check_id>/", forwarding.check_state, name="forwarding-check"),
    path("forwarding/watch/", forwarding.set_watch, name="forwarding-watch"),
    path("forwarding/carrier/", forwarding.set_carrier, name="forwarding-carrier"),
    path("tests/", tests.page, name="test-calls"),
    path("tests/place/", tests.place, name="test-call-place"),
    path("tests/<int:test_id>/steps/", tests.steps, name="test-call-steps"),
    path("tests/<int:test_id>/keep/", tests.keep, name="test-call-keep"),
    path("tests/saved/run/", tests.run_saved, name="scenario-run"),
    path("tests/saved/<int:scenario_id>/", tests.change_saved, name="scenario-change"),
]
