"""URLs of notices: what a member was told, and by which ways he is told."""

from django.urls import path

from inbox.notices import pages, ways

urlpatterns = [
    path("", pages.notices, name="notices"),
    path("seen/", pages.seen, name="notices-seen"),
    path("unseen/", pages.unseen_count, name="notices-unseen"),
    path("<int:notice_id>/", pages.open_notice, name="notice"),
    path("ways/", ways.ways, name="notices-ways"),
    path("ways/devices/", ways.subscribe, name="push-subscribe"),
    path("ways/devices/renew/", ways.renew, name="push-renew"),
    path("ways/devices/<int:device_id>/remove/", ways.remove_device, name="push-remove"),
    path("ways/devices/<int:device_id>/test/", ways.test_device, name="push-test"),
    path("ways/phone/", ways.ask_phone, name="staff-phone"),
    path("ways/phone/remove/", ways.remove_phone, name="staff-phone-remove"),
    path("ways/phone/test/", ways.test_phone, name="staff-phone-test"),
    path("ways/email/test/", ways.test_email, name="email-test"),
    path("ways/chat/", ways.add_hook, name="alert-hook-add"),
    path("ways/chat/<int:hook_id>/remove/", ways.remove_hook, name="alert-hook-remove"),
    path("ways/chat/<int:hook_id>/test/", ways.test_hook, name="alert-hook-test"),
]
