"""URLs of the pages that try a line, below /lines/."""

from django.urls import path

from inbox.trials import forwarding

urlpatterns = [
    path("forwarding/", forwarding.page, name="forwarding"),
    path("forwarding/save/", forwarding.save, name="forwarding-save"),
    path("forwarding/check/", forwarding.begin_check, name="forwarding-begin"),
    path("forwarding/check/<int:check_id>/", forwarding.check_state, name="forwarding-check"),
    path("forwarding/watch/", forwarding.set_watch, name="forwarding-watch"),
    path("forwarding/carrier/", forwarding.set_carrier, name="forwarding-carrier"),
]
