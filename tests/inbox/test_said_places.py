"""Why a text waits is said in Spanish also where a place has two clocks, and near the ends of its hours."""

from __future__ import annotations

import pytest
from django.utils import translation

from inbox.said import said


@pytest.mark.parametrize("end", [".", ", less 15 minutes at both ends."])
@pytest.mark.parametrize("start", ["", "Waits: "])
def test_a_place_with_two_clocks_and_the_minutes_at_both_ends_are_said(start, end):
    sentence = (
        f"{start}It is 8:52 PM in Newfoundland and Labrador (Goose Bay time); "
        f"texts may go from 8:00 AM to 9:00 PM there{end}"
    )
    with translation.override("es"):
        told = said(sentence)
    assert "Terranova y Labrador (hora de Goose Bay)" in told and " there" not in told
