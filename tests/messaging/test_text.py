"""Templates with merge fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.segments import measure
from messaging.text import FIELDS, MAX_LENGTH, clean, problems, render
from tenants.playbooks import PLAYBOOKS

VALUES = {
    "business": "Lakeside Plumbing",
    "caller_name": "Ann",
    "next_open": "Monday at 8:00 AM",
    "phone": "+13125550100",
}


def test_fields_are_filled_and_gaps_closed():
    assert (
        render("Hi {caller_name}, this is { business }.", VALUES)
        == "Hi Ann, this is Lakeside Plumbing."
    )
    assert render("Hi {caller_name}, sorry!", {**VALUES, "caller_name": ""}) == "Hi, sorry!"
    assert render("{business}: back {next_open}.", {"business": "A"}) == "A: back."
    assert render("Hi {nobody}there", VALUES) == "Hi there"


def test_values_are_never_read_as_templates_and_stay_on_one_line():
    assert render("{caller_name}", {**VALUES, "caller_name": "{business}"}) == "{business}"
    assert (
        render("Hi {caller_name}.", {"caller_name": "Ann\r\nBob\x00\x1b[31m"}) == "Hi Ann Bob [31m."
    )
    assert clean("\x7f a\tb \n") == "a b"


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("Hi {naem}", "naem"),
        ("{}", "no field"),
        ("x" * (MAX_LENGTH + 1), "1601"),
    ],
)
def test_what_a_template_lacks_is_said(template, complaint):
    assert any(complaint in sentence for sentence in problems(template))


def test_a_good_template_has_no_problems():
    assert problems("".join(f"{{{name}}} " for name in FIELDS)) == []


@pytest.mark.parametrize("key", sorted(PLAYBOOKS))
def test_every_playbook_s_texts_are_usable(key):
    playbook = PLAYBOOKS[key]
    for template in playbook.texts:
        assert problems(template) == []
        filled = render(template, VALUES)
        assert filled.startswith("Lakeside Plumbing") and "STOP" in filled and "{" not in filled
        assert measure(filled).encoding == "GSM-7" and measure(filled).segments <= 2


@given(
    st.text(max_size=200), st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=50))
)
def test_rendering_never_raises_and_keeps_to_the_limit(template, values):
    assert len(render(template, values)) <= MAX_LENGTH


def test_a_text_too_long_is_cut_to_what_a_provider_takes():
    assert len(render("{business}", {"business": "x" * 5000})) == MAX_LENGTH
