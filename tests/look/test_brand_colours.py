"""A brand's colour can be read, whatever was chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tenants import brand_colours as colours

ANY = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(ANY)
def test_every_colour_has_an_allowed_neighbour_that_is_read_by_day_and_by_night(colour):
    near = colours.nearest(colour)
    assert colours.is_allowed(near)
    assert (near == colour) == colours.is_allowed(colour)
    worn = colours.palette(near)
    for words, ground in (
        (colours.WHITE, worn.fill),
        (colours.WHITE, worn.fill_hover),
        (worn.day, "#ffffff"),
        (worn.day, "#f6f5f1"),
        (worn.day, worn.day_tint),
        (worn.night, "#14181a"),
        (worn.night, "#1b2023"),
        (worn.night, worn.night_tint),
    ):
        assert colours.contrast(words, ground) >= 4.5, (colour, words, ground)


def test_contrast_is_that_of_the_standard():
    assert colours.contrast("#000000", "#ffffff") == 21
    assert round(colours.contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize(
    ("typed", "colour"), [("#0B667B", "#0b667b"), (" 0b667b ", "#0b667b"), ("#abc", "#aabbcc")]
)
def test_a_colour_may_be_typed_in_several_ways(typed, colour):
    assert colours.cleaned(typed) == colour


@pytest.mark.parametrize(
    "typed", ["", "red", "#12345", "#1234567", "#ggg", "url(x)", "#fff;}", "٣٣٣"]
)
def test_what_is_no_colour_is_said_to_be_none(typed):
    with pytest.raises(colours.NoColour):
        colours.cleaned(typed)
