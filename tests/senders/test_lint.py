"""The likely rejection is named with its field before anything is filed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from messaging.senders.answers import explain
from messaging.senders.compiling import compile_for, page_url
from messaging.senders.dossier import Dossier
from messaging.senders.lint import lint, lint_site
from tenants.models import BusinessFacts
from tests.senders.test_filing import FACTS

GOOD = Dossier(
    brand="Lakeside Plumbing", legal_name="Lakeside Plumbing LLC", ein="364123987", kind="llc",
    vertical="plumbing", street="401 N Wabash Ave", city="Chicago", region="IL", postcode="60611",
    website="https://www.lakesideplumbing.com", contact_name="Ann Lake", contact_title="Owner",
    contact_email="ann@lakesideplumbing.com", contact_phone="+13125550190",
    description="Lakeside Plumbing texts people who called and were not answered.",
    message_flow=(
        "People call. Message frequency varies. Message and data rates may apply. Reply STOP to opt "
        "out. https://l.example/sms/privacy/ https://l.example/sms/terms/"
    ),
    samples=(
        "Lakeside Plumbing: Sorry we missed your call. Reply STOP to opt out.",
        "Lakeside Plumbing: We are closed until Monday at 8:00 AM.",
    ),
    privacy_url="https://l.example/sms/privacy/", terms_url="https://l.example/sms/terms/",
    numbers=("+13125550120",),
)  # fmt: skip


def codes(dossier: Dossier) -> set[str]:
    return {each.code for each in lint(dossier)}


def test_a_good_filing_has_nothing_against_it():
    assert lint(GOOD) == ()


@pytest.mark.parametrize(
    ("change", "code", "field", "blocks"),
    [
        ({"legal_name": ""}, "NO_LEGAL_NAME", "legal_name", True),
        ({"legal_name": "Lakeside Plumbing"}, "NO_SUFFIX", "legal_name", False),
        ({"legal_name": "Miller Holdings LLC"}, "OTHER_NAME", "legal_name", False),
        ({"kind": ""}, "NO_KIND", "legal_kind", True),
        ({"ein": ""}, "NO_EIN", "ein", True),
        ({"ein": "", "kind": "sole_proprietor"}, "SOLE_PROPRIETOR", "ein", True),
        ({"ein": "12-345678"}, "EIN_FORM", "ein", True),
        ({"ein": "123456789"}, "EIN_MADE_UP", "ein", True),
        ({"street": "P.O. Box 12"}, "PO_BOX", "street", True),
        ({"street": "PO BOX 12"}, "PO_BOX", "street", True),
        ({"street": "Post Office Box 12"}, "PO_BOX", "street", True),
        ({"city": ""}, "NO_ADDRESS", "city", True),
        ({"country": "DE"}, "COUNTRY", "country", True),
        ({"contact_name": "Ann"}, "CONTACT_NAME", "contact_name", True),
        ({"contact_phone": ""}, "CONTACT_PHONE", "contact_phone", True),
        ({"contact_email": ""}, "CONTACT_EMAIL", "contact_email", True),
        ({"contact_email": "ann@GMAIL.com"}, "FREE_MAIL", "contact_email", False),
        ({"contact_email": "ann@other.example"}, "OTHER_MAIL", "contact_email", False),
        ({"contact_title": ""}, "CONTACT_TITLE", "contact_title", False),
        ({"website": ""}, "NO_SITE", "website", True),
        ({"website": "https://facebook.com/l"}, "SOCIAL_SITE", "website", False),
        ({"website": "https://bit.ly/x"}, "SHORT_SITE", "website", True),
        ({"samples": GOOD.samples[:1]}, "FEW_SAMPLES", "samples", True),
        ({"samples": ("Sorry we missed your call. STOP to end.", GOOD.samples[1])}, "SAMPLE_BRAND", "samples", True),
        ({"samples": (GOOD.samples[1], GOOD.samples[1] + "!")}, "NO_WAY_OUT", "samples", True),
        ({"samples": (GOOD.samples[0] + " bit.ly/x", GOOD.samples[1])}, "SHORTENER", "samples", True),
        ({"samples": (GOOD.samples[0] + " 20% off", GOOD.samples[1])}, "OFFER", "samples", True),
        ({"samples": (GOOD.samples[0] + " CBD", GOOD.samples[1])}, "BANNED", "samples", True),
        ({"samples": (GOOD.samples[0], "Lakeside P")}, "SAMPLE_LENGTH", "samples", True),
        ({"message_flow": "They call us."}, "FLOW_LENGTH", "message_flow", True),
        ({"message_flow": GOOD.message_flow.replace("STOP", "no")}, "FLOW_LACKS", "message_flow", True),
        ({"description": "Texts."}, "DESCRIPTION", "description", True),
        ({"numbers": ()}, "NO_NUMBER", "numbers", False),
    ],
)  # fmt: skip
def test_each_likely_rejection_is_named_with_its_field(change, code, field, blocks):
    found = {each.code: each for each in lint(replace(GOOD, **change))}
    assert code in found, found
    assert (found[code].field, found[code].blocks) == (field, blocks)
    assert found[code].sentence and found[code].fix


def test_what_blocks_comes_first():
    found = lint(Dossier())
    assert [each.blocks for each in found] == sorted((each.blocks for each in found), reverse=True)


def test_no_own_street_is_taken_for_a_box():
    for street in ("12 Boxwood Lane", "1 Poe Box Road", "400 Post Office Square"):
        assert "PO_BOX" not in codes(replace(GOOD, street=street)), street


def test_a_website_is_looked_at_as_a_reviewer_would():
    assert [f.code for f in lint_site(GOOD, None)] == ["SITE_SILENT"]
    assert [f.code for f in lint_site(GOOD, "Welcome")] == ["SITE_NAMELESS", "SITE_NO_PRIVACY"]
    assert lint_site(GOOD, "LAKESIDE Plumbing – Privacy policy") == ()


@pytest.mark.parametrize(
    ("code", "fields", "field"),
    [
        ("30799", ("business_registration_number",), "ein"), ("30909", (), "message_flow"),
        ("30893", ("MESSAGE_SAMPLES",), "samples"), ("21736", (), "contact_email"),
        ("", ("website_url",), "website"), ("12345", (), ""),
    ],
)  # fmt: skip
def test_a_carrier_s_word_is_a_sentence_and_a_field(code, fields, field):
    sentence, named = explain(code, fields, "as they say")
    assert named == field and sentence.endswith((".", ")"))


def test_what_a_pack_brings_is_fit_to_be_filed(plumber, dentist):
    """The texts and the description we write ourselves: only facts of the business may be missing."""
    for biz in (plumber, dentist):
        dossier = compile_for(biz.business)
        ours = {"samples", "message_flow", "description"}
        assert [each for each in lint(dossier) if each.field in ours] == []
        assert page_url(biz.business, "privacy") in dossier.message_flow
    BusinessFacts.objects.create(business=plumber.business, **FACTS)
    assert [each for each in lint(compile_for(plumber.business)) if each.blocks] == []
    assert "401 N Wabash" not in repr(compile_for(dentist.business))
    assert FACTS["ein"] not in repr(compile_for(plumber.business))
