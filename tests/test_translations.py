"""Staff screens speak Spanish: every phrase has its translation, and no template says anything bare."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

from config.translating import SAID, Phrase, untranslated_text, wanted
from inbox.said import said
from tenants.management.commands.translations import fits

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "config" / "locale" / "es" / "LC_MESSAGES" / "django.po"
# Not screens of staff: our own support, the developers' page, the try-out, the way in.
ENGLISH_ONLY = ("admin/", "drf_spectacular/", "simulator/", "public/")
# Names, and words of machines: the same in every language.
NAMES = {"Ringback", "English", "Español", "s", "SHA-256", "TXT", "CNAME"}


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(CATALOGUE))


def test_every_phrase_is_there_in_spanish(catalogue):
    known = {Phrase(e.msgid, e.msgid_plural, e.msgctxt or ""): e for e in catalogue}
    asked = wanted(ROOT).places
    assert len(asked) > 1000
    missing = [
        f"{places[0]}: {phrase.text}"
        for phrase, places in asked.items()
        if phrase not in known or not known[phrase].translated() or not fits(known[phrase])
    ]
    assert not missing, f"{len(missing)} phrases, run manage.py translations:\n" + "\n".join(
        missing[:30]
    )


def test_what_is_compiled_is_what_is_written(catalogue):
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in compiled} == {
        (e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in catalogue.translated_entries()
    }


def _templates():
    paths = sorted((ROOT / "templates").rglob("*.html"))
    return [
        path.relative_to(ROOT / "templates")
        for path in paths
        if not str(path.relative_to(ROOT / "templates")).startswith(ENGLISH_ONLY)
    ]


@pytest.mark.parametrize("name", _templates(), ids=str)
def test_no_template_says_anything_bare(name):
    bare = untranslated_text(ROOT / "templates" / name)
    left = [(line, words) for line, words in bare if words.strip(" ·:.,") not in NAMES]
    assert not left, f"{name}: {left}"


def test_a_kept_sentence_is_said_in_the_reader_s_language():
    kept = "No text: we texted this caller 2 h ago."
    with translation.override("es"):
        assert said(kept) == "Sin mensaje: le escribimos a esta persona hace 2 h."
        assert said("No text: this person opted out. Call them back instead.").startswith(
            "Sin mens"
        )
        # A hole is said as well, and what nobody knows stays as it is.
        assert "nadie contestó" in said("Text back: nobody answered.")
        assert said("Maria Novak, gate 4") == "Maria Novak, gate 4"
        assert said("") == ""
    with translation.override("en"):
        assert said(kept) == kept


def test_a_wait_is_said_whole_and_so_are_two_sentences():
    with translation.override("es"):
        assert said(
            "Waits until Mon 8:15 AM their time (Mon 9:15 PM yours): quiet hours in Texas"
        ) == (
            "Espera hasta lun 8:15\xa0a.\xa0m. hora de esa persona (lun 9:15\xa0p.\xa0m. la suya): "
            "horas de silencio en Texas"
        )
        two = said(
            "Phone companies block links through “bit.ly”, a public link shortener. "
            "Use the full address on your own domain."
        )
        assert "acortador público. Use la dirección completa" in two
        assert said("Hello there. Bye now.") == "Hello there. Bye now."


def test_a_sentence_is_said_whole_or_not_at_all():
    with translation.override("es"):
        for unknown in (
            "No text: the moon was in the way of the satellite.",
            "Whoever mends pipes has to know the pipes.",
            "Sorry to hear about it.",
            "We said no. No text: the moon was in the way.",
        ):
            assert said(unknown) == unknown
        # Quoted words and names are somebody's own, and stay.
        assert (
            said("The first rules of “Kites and co”.") == "Las primeras reglas de «Kites and co»."
        )


def test_hostile_sentences_stay_what_they_are():
    with translation.override("es"):
        for words in ("{0}", "No text: " * 400, "\x00{number}", "%(n)s", "<b>No text: {0}</b>"):
            assert isinstance(said(words), str)
        assert "<script>" in said("No text: your rule “<script>” says so.")


def test_patterns_have_the_holes_of_their_sentences(catalogue):
    spoken = [entry for entry in catalogue if entry.msgctxt == SAID and entry.translated()]
    assert len(spoken) > 300
    assert [entry.msgid for entry in spoken if not fits(entry)] == []


def test_a_percent_sign_in_a_template_is_no_obstacle():
    template = Template('{% load i18n %}{% translate "%n% segments" %}, {% translate "%s days" %}')
    with translation.override("es"):
        assert template.render(Context()) == "%n% segmentos, %s días"
