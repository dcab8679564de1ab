"""Templates are linted where they are saved, and all of them by `manage.py validate_templates`."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from messaging.models import MessageTemplate, Policy
from messaging.template_checks import problems


def form_of(business):
    with business.scope():
        template = MessageTemplate.objects.get(key="missed-open")
    return template, f"messaging/messagetemplate/{template.pk}/change/"


def test_what_may_not_be_sent_is_not_saved(at_plumber, plumber):
    template, path = form_of(plumber)
    for body, told in (
        ("{business}: 20% off today! Reply STOP to opt out.", "(PROMO)"),
        ("See bit.ly/abc", "(SHORTENER)"),
        ("We have beer on tap", "(SHAFT)"),
        ("Book at https://joes.example/now", "(LINK_IN_FIRST)"),
    ):
        page = at_plumber.post(path, {"name": "Open", "body": body}, 200)
        assert told in page
    with plumber.scope():
        assert MessageTemplate.objects.get(pk=template.pk).body == template.body


def test_what_is_only_warned_of_is_saved_and_said(at_plumber, plumber):
    template, path = form_of(plumber)
    body = "{business}: We call back within 10 minutes. Reply STOP to opt out."
    at_plumber.post(path, {"name": "Open", "body": body})
    assert "within 10 minutes" in at_plumber.get("messaging/messagetemplate/")
    with plumber.scope():
        assert MessageTemplate.objects.get(pk=template.pk).body == body


def test_what_the_gate_adds_need_not_stand_in_the_template(at_plumber, plumber):
    template, path = form_of(plumber)
    at_plumber.post(path, {"name": "Open", "body": "How can we help?"})
    with plumber.scope():
        assert MessageTemplate.objects.get(pk=template.pk).body == "How can we help?"


def test_the_line_of_work_and_the_choice_about_links_are_kept_to(
    at_plumber, at_dentist, plumber, dentist
):
    linked = {"name": "Open", "body": "Book at https://joes.example/now"}
    for business in (plumber, dentist):
        with business.scope():
            last = Policy.objects.order_by("pk").last()
            assert last is not None
            last.pk, last.first_text_links, last.changed_at = None, True, timezone.now()
            last.save(force_insert=True)
    at_plumber.post(form_of(plumber)[1], linked)
    assert "(LINK_IN_FIRST)" in at_dentist.post(form_of(dentist)[1], linked, 200)
    named = {"name": "Open", "body": "Hi {caller_name}, please call us."}
    at_plumber.post(form_of(plumber)[1], named)
    assert "(PHI)" in at_dentist.post(form_of(dentist)[1], named, 200)


def test_ready_texts_and_untouched_templates_have_nothing_against_them(plumber, dentist):
    assert list(problems()) == []


def test_every_stored_template_is_checked(plumber, dentist):
    with plumber.scope():
        MessageTemplate.objects.filter(key="missed-open").update(body="{business}: free estimate")
    with dentist.scope():
        MessageTemplate.objects.filter(key="missed-closed").update(
            body="{business}: We promise to call. {nobody}"
        )
    errors = io.StringIO()
    with pytest.raises(CommandError, match="2 errors in"):
        call_command("validate_templates", stderr=errors)
    told = errors.getvalue()
    assert f"{plumber.business.name}, missed-open: This makes the text an advertisement" in told
    assert f"{dentist.business.name}, missed-closed: warning: The text promises" in told
    assert f"{dentist.business.name}, missed-closed: There is no field {{nobody}}" in told
