"""What an agency chooses of its look is checked, kept for it alone, and worn by its businesses."""

from __future__ import annotations

import io
import re

import pytest
from django.core import mail
from django.test import Client
from PIL import Image

from tenants import brand_settings
from tenants.models import Agency, AgencyEntry


def look(biz):
    return f"/agency/{biz.business.agency_id}/look/"


def fresh(biz) -> Agency:
    return Agency.objects.get(pk=biz.business.agency_id)


def picture(form="PNG", size=(300, 90), mode="RGBA") -> io.BytesIO:
    out = io.BytesIO()
    Image.new(mode, size, "#336699").save(out, form)
    out.seek(0)
    out.name = f"logo.{form.lower()}"
    return out


def test_a_brand_is_kept_and_worn_by_its_businesses_alone(
    north, plumber, dentist, owner, other_owner
):
    page = north.post(
        look(plumber),
        {"name": "Callwell", "colour": "#7A1FA2", "support_email": "help@callwell.example"},
    )
    assert "Saved." in page and "#7a1fa2" in page
    assert "<title>" in owner.get("/settings/") and "Callwell" in owner.get("/settings/")
    css = re.search(r'href="(/brand/\w+/look.css)"', owner.get("/settings/"))[1]
    answer = owner.client.get(css, headers={"host": owner.host})
    assert "--accent-fill: #7a1fa2" in answer.content.decode()
    assert "immutable" in answer.headers["Cache-Control"]
    old = owner.client.get("/brand/old/look.css", headers={"host": owner.host})
    assert old.headers["Cache-Control"] == "no-cache"
    assert "Callwell" not in other_owner.get("/settings/")
    assert "/brand/" not in other_owner.get("/settings/")
    assert other_owner.client.get(css, headers={"host": other_owner.host}).status_code == 404
    assert AgencyEntry.objects.get(agency=fresh(plumber)).action == "look.change"
    assert not AgencyEntry.objects.filter(agency=fresh(dentist)).exists()


def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(north, plumber, dentist):
    typed = {"name": "Callwell", "colour": "#ffcc00", "support_email": "x"}
    page = north.post(look(plumber), typed, status=422)
    assert "The nearest that works is #826800." in page and 'value="#826800"' in page
    assert 'value="#ffcc00"' in page and "That is no e-mail address." in page
    assert fresh(plumber).brand_name == fresh(plumber).colour == ""
    assert fresh(dentist).brand_name == ""


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_logo_is_made_anew(north, plumber, dentist, form, settings, tmp_path):
    mode = "RGB" if form == "JPEG" else "RGBA" if form != "GIF" else "P"
    north.post(look(plumber) + "logo/", {"logo": picture(form, (3000, 300), mode)})
    kept = fresh(plumber).logo
    assert kept.endswith(".png") and not fresh(dentist).logo
    shown = north.client.get(look(plumber) + "logo.png", headers={"host": north.host})
    with Image.open(io.BytesIO(shown.content)) as opened:
        assert opened.format == "PNG" and opened.size == (960, 96)
    north.post(look(plumber) + "logo/", {"remove": "1"})
    assert fresh(plumber).logo == ""


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"\x89PNG\r\n\x1a\n broken",
        b"%PDF-1.4",
        b"",
        b"\x89PNG\r\n\x1a\n" + b"0" * 2_100_000,
    ],
)
def test_what_is_no_picture_is_refused(north, plumber, dentist, content):
    file = io.BytesIO(content)
    file.name = "logo.png"
    page = north.post(look(plumber) + "logo/", {"logo": file}, status=422)
    assert 'id="note-logo"' in page
    assert fresh(plumber).logo == "" == fresh(dentist).logo


def test_letters_come_from_an_address_once_it_is_proven(north, south, plumber, dentist, owner):
    north.post(look(plumber), {"name": "Callwell", "support_email": "help@callwell.example"})
    north.post(look(plumber) + "sender/", {"sender_email": "hello@callwell.example"})
    (letter,) = mail.outbox
    assert letter.to == ["hello@callwell.example"]
    link = re.search(r"http://[^/]+(/\S+)", letter.body)[1]
    assert fresh(plumber).sender_email == ""
    asked = {"email": plumber.owner.email}
    Client().post("/login/password/", asked, headers={"host": plumber.host})
    assert mail.outbox[-1].from_email.startswith("Callwell <notices@")
    assert mail.outbox[-1].reply_to == ["help@callwell.example"]
    # A mail server that opens the link proves nothing, nor does another agency.
    assert "Send emails from hello@callwell.example?" in north.get(link)
    assert fresh(plumber).sender_email == ""
    stolen = link.replace(f"/{plumber.business.agency_id}/", f"/{dentist.business.agency_id}/")
    south.post(stolen)
    assert fresh(dentist).sender_email == ""
    north.post(link)
    assert fresh(plumber).sender_email == "hello@callwell.example"
    Client().post("/login/password/", asked, headers={"host": plumber.host})
    assert mail.outbox[-1].from_email == "Callwell <hello@callwell.example>"
    Client().post(
        "/login/password/", {"email": dentist.owner.email}, headers={"host": dentist.host}
    )
    assert "Callwell" not in mail.outbox[-1].from_email + mail.outbox[-1].body


def test_a_link_for_another_address_or_too_old_proves_nothing(north, plumber, dentist, settings):
    token = brand_settings.sender_token(fresh(dentist), "a@b.example")
    assert "too old" in north.post(look(plumber) + f"sender/{token}/")
    assert "too old" in north.post(look(plumber) + "sender/nonsense/")
    assert fresh(plumber).sender_email == ""


def test_icons_are_pictures_of_the_sizes_that_are_promised(north, plumber, dentist, owner):
    north.post(look(plumber), {"name": "Çallwell", "colour": "#7a1fa2"})
    manifest = owner.client.get("/manifest.webmanifest", headers={"host": owner.host}).json()
    for icon in manifest["icons"]:
        answer = owner.client.get(icon["src"], headers={"host": owner.host})
        with Image.open(io.BytesIO(answer.content)) as opened:
            assert "{}x{}".format(*opened.size) == icon["sizes"]
    assert (
        owner.client.get("/brand/x/../../settings.py", headers={"host": owner.host}).status_code
        == 404
    )
