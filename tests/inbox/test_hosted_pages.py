"""How a business's texts work, for everybody, in its own name alone."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client
from PIL import Image

from inbox.hosted import picture
from messaging.senders.compiling import compile_for, page_url
from tenants.models import Agency, Business, BusinessFacts, PhoneNumber, Stage
from tests.senders.test_filing import FACTS

PAGES = ("/sms/", "/sms/privacy/", "/sms/terms/")


def get(biz, path, client=None, **headers):
    return (client or Client()).get(path, headers={"host": biz.host, **headers})


@pytest.mark.parametrize("path", PAGES)
def test_everybody_may_read_it_and_it_names_the_business_alone(plumber, dentist, path):
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    answer = get(plumber, path)
    said = answer.content.decode()
    assert answer.status_code == 200
    for word in (
        "Lakeside Plumbing LLC",
        "401 N Wabash Ave",
        "Chicago, IL 60611",
        "(312) 555-0100",
    ):
        assert word in said, word
    shown = re.sub(r"<[^>]+>", " ", said).lower()
    assert "ringback" not in shown and "northwind" not in shown and "desert" not in shown
    assert FACTS["ein"] not in said and FACTS["contact_email"] not in said
    theirs = get(dentist, path).content.decode()
    assert "Desert Dental" in theirs and "Lakeside" not in theirs


def test_what_reviewers_look_for_is_said(plumber):
    texts, privacy, terms = (
        " ".join(get(plumber, path).content.decode().split()) for path in PAGES
    )
    for word in ("STOP", "HELP", "Message frequency varies", "Message and data rates may apply"):
        assert word in texts and word in terms
    assert (
        "No mobile information is shared with third parties or affiliates for marketing" in privacy
    )
    assert "<form" not in texts + privacy + terms


@pytest.mark.parametrize(
    ("posture", "words"),
    [("press_one", "press the key"), ("notice", "Before anything else"), ("implied", "our greeting says")],
)  # fmt: skip
def test_how_people_agree_follows_the_posture(plumber, posture, words):
    Business.objects.filter(pk=plumber.business.pk).update(posture=posture)
    assert words in get(plumber, "/sms/").content.decode()


def test_the_agency_s_floor_counts_too(plumber):
    Agency.objects.filter(pk=plumber.business.agency_id).update(posture_floor="press_one")
    assert "press the key" in get(plumber, "/sms/").content.decode()


def test_it_speaks_spanish(plumber):
    asked = get(plumber, "/sms/?lang=es")
    accepted = get(plumber, "/sms/", **{"accept-language": "es-MX"})
    for answer in (asked, accepted):
        assert answer.headers["Content-Language"].startswith("es")
        assert (
            "Responda STOP" in answer.content.decode()
            and "Message frequency" not in answer.content.decode()
        )
    assert 'lang="en"' in get(plumber, "/sms/?lang=xx").content.decode()


def test_a_stranger_who_is_signed_in_may_read_it_and_nothing_else(plumber, dentist):
    client = Client()
    client.force_login(dentist.owner)
    assert get(plumber, "/sms/", client).status_code == 200
    assert get(plumber, "/contacts/", client).status_code in (302, 404)


def test_it_is_there_while_a_business_is_set_up_and_gone_with_it(plumber):
    rows = Business.objects.filter(pk=plumber.business.pk)
    rows.update(stage=Stage.DRAFT)
    assert get(plumber, "/sms/").status_code == 200
    rows.update(stage=Stage.GONE)
    assert get(plumber, "/sms/").status_code == 404
    rows.update(stage=Stage.LIVE)
    PhoneNumber.objects.filter(business=plumber.business).update(is_active=False)
    assert get(plumber, "/sms/").status_code == 200


def test_the_filed_addresses_are_those_of_the_pages(plumber):
    for part, path in zip(("", "privacy", "terms"), PAGES, strict=True):
        assert page_url(plumber.business, part).endswith(f"{path}")
        assert plumber.host in page_url(plumber.business, part)


def test_how_people_agree_is_there_as_a_picture_too(plumber, dentist):
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    dossier = compile_for(plumber.business)
    filed = dossier.opt_in_picture_url
    assert plumber.host in filed and filed.endswith("/sms/opt-in.png")
    answer = get(plumber, "/sms/opt-in.png")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert shown.format == "PNG" and shown.width == 1080 and 600 < shown.height < 4000
    assert answer.content == picture.drawn(dossier.brand, dossier.flow, dossier.samples[0])
    assert answer.content != get(dentist, "/sms/opt-in.png").content
    # It says what is filed, and nothing of its papers.
    said = " ".join(dossier.flow)
    assert said == dossier.message_flow and FACTS["ein"] not in said
    Business.objects.filter(pk=plumber.business.pk).update(posture="press_one")
    assert get(plumber, "/sms/opt-in.png").content != answer.content
    Business.objects.filter(pk=plumber.business.pk).update(stage=Stage.GONE)
    assert get(plumber, "/sms/opt-in.png").status_code == 404


@pytest.mark.parametrize("words", ["", "W" * 900, "é ñ ¿? “quoted”", "a b " * 900])
def test_a_picture_is_drawn_of_any_words(words):
    with Image.open(io.BytesIO(picture.drawn(words, (words, "STOP"), words))) as shown:
        assert 0 < shown.height <= 4000 and shown.width == 1080


@pytest.mark.parametrize("path", (*PAGES, "/sms/opt-in.png"))
def test_only_reading_is_possible(plumber, path):
    assert Client().post(path, headers={"host": plumber.host}).status_code == 405
