"""What a field of the business's own may hold."""

from __future__ import annotations

import pytest

from inbox.people.fields import FieldProblem, Shape, typed, value_of, values_of

CHOICE = Shape("boiler", "choice", ("Gas", "Oil"))


@pytest.mark.parametrize(
    ("shape", "given", "kept"),
    [
        (Shape("a", "text"), "  two\u202e\n words ", "two words"),
        (Shape("a", "text"), "<script>alert(1)</script>", "<script>alert(1)</script>"),
        (Shape("a", "text"), " \x00 ", None),
        (Shape("a", "number"), "42", 42),
        (Shape("a", "number"), "-3.5", -3.5),
        (Shape("a", "number"), "1,200", 1200),
        (Shape("a", "number"), 7, 7),
        (Shape("a", "date"), "2024-02-29", "2024-02-29"),
        (Shape("a", "yes_no"), "no", False),
        (Shape("a", "yes_no"), True, True),
        (CHOICE, "Gas", "Gas"),
        (CHOICE, "", None),
    ],
)
def test_what_fits_is_kept(shape, given, kept):
    assert value_of(shape, given) == kept


@pytest.mark.parametrize(
    ("shape", "given", "code"),
    [
        (Shape("a", "text"), "x" * 501, "long"),
        (Shape("a", "text"), ["x"], "text"),
        (Shape("a", "number"), "12 people", "number"),
        (Shape("a", "number"), "1e9", "number"),
        (Shape("a", "number"), "٣", "number"),
        (Shape("a", "number"), float("nan"), "number"),
        (Shape("a", "number"), True, "number"),
        (Shape("a", "number"), "9" * 16, "number"),
        (Shape("a", "date"), "2025-02-29", "date"),
        (Shape("a", "date"), "02/03/2025", "date"),
        (Shape("a", "date"), 20250203, "date"),
        (Shape("a", "yes_no"), "perhaps", "yes_no"),
        (CHOICE, "Wood", "choice"),
        (CHOICE, 1, "choice"),
    ],
)
def test_what_does_not_fit_says_why(shape, given, code):
    with pytest.raises(FieldProblem) as problem:
        value_of(shape, given)
    assert problem.value.code == code


def test_a_choice_that_is_offered_no_more_may_stay():
    assert value_of(CHOICE, "Wood", before="Wood") == "Wood"


def test_only_what_is_given_changes():
    shapes = [Shape("a", "number"), CHOICE]
    after, wrong = values_of(shapes, {"a": "x", "boiler": ""}, {"boiler": "Gas", "old": "stays"})
    assert after == {"old": "stays"} and wrong == {"a": "number"}
    assert values_of(shapes, {"unknown": "1"}, {"a": 1}) == ({"a": 1}, {})
    assert (typed("yes_no", False), typed("number", 0), typed("text", None)) == ("no", "0", "")
