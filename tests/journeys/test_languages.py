"""Whoever's language is Spanish is texted back in Spanish, where the business has such a text."""

from __future__ import annotations

import pytest

from messaging.models import Contact, Message, MessageTemplate

MARIA, JOHN = "+13125550142", "+13125550143"


@pytest.fixture
def maria(plumber):
    from django.utils import timezone

    with plumber.scope():
        return Contact.objects.create(
            phone=MARIA, name="Maria", language="es", created_at=timezone.now()
        )


def missed(twilio, work, phone):
    call = twilio.call(phone)
    call.arrives()
    assert call.dial_ends("no-answer").status_code == 200
    call.ends()
    work()


def test_each_in_the_language_he_has(twilio, work, plumber, dentist, maria):
    missed(twilio, work, MARIA)
    missed(twilio, work, JOHN)
    with plumber.scope():
        hers = Message.objects.get(their_number=MARIA, direction="out")
        his = Message.objects.get(their_number=JOHN, direction="out")
    assert "Perdimos su llamada" in hers.body and "STOP" in hers.body
    assert hers.template.startswith("missed-") and "-es@" in hers.template
    assert "Sorry we missed your call" in his.body and "-es@" not in his.template
    with dentist.scope():
        assert not Message.objects.exists()


def test_without_such_a_text_the_business_s_own_is_sent(twilio, work, plumber, maria):
    with plumber.scope():
        MessageTemplate.objects.filter(key__endswith="-es").delete()
    missed(twilio, work, MARIA)
    with plumber.scope():
        hers = Message.objects.get(their_number=MARIA, direction="out")
    assert "Sorry we missed your call" in hers.body
