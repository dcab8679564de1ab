"""What is typed about a look, checked: nothing is kept of a form that has a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from tenants import brand_colours

LONGEST_NAME = 60


@dataclass(slots=True)
class Look:
    """A form as typed, with what is wrong by field, and the colour that would do in place of the typed one."""

    name: str
    colour: str
    support_email: str
    errors: dict[str, str] = field(default_factory=dict)
    nearest: str = ""


def read(typed: Mapping[str, str]) -> Look:
    """Return what was typed, cleaned; `errors` says what cannot be kept."""
    look = Look(
        " ".join(str(typed.get("name", "")).split()),
        str(typed.get("colour", "")).strip(),
        str(typed.get("support_email", "")).strip(),
    )
    if len(look.name) > LONGEST_NAME:
        look.errors["name"] = _("Write at most %(most)s letters.") % {"most": LONGEST_NAME}
    elif look.name and not look.name.isprintable():
        look.errors["name"] = _("Write the name in plain letters.")
    elif not look.name and (look.colour or look.support_email):
        look.errors["name"] = _("Without a name of yours, nothing else is shown.")
    if look.colour:
        _check_colour(look)
    if look.support_email and not is_address(look.support_email):
        look.errors["support_email"] = _("That is no e-mail address.")
    return look


def is_address(email: str) -> bool:
    """Whether it could be an e-mail address that is kept."""
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= 254


def _check_colour(look: Look) -> None:
    try:
        look.colour = brand_colours.cleaned(look.colour)
    except brand_colours.NoColour:
        look.errors["colour"] = _("Write a colour as #rrggbb, such as #0b667b.")
        return
    if not brand_colours.is_allowed(look.colour):
        look.nearest = brand_colours.nearest(look.colour)
        look.errors["colour"] = _(
            "White words on it have a contrast of %(has)s to 1 and could not be read well; %(needs)s "
            "to 1 is needed. The nearest that works is %(nearest)s."
        ) % {
            "has": f"{brand_colours.contrast(look.colour, brand_colours.WHITE):.1f}",
            "needs": f"{brand_colours.ENOUGH:g}",
            "nearest": look.nearest,
        }
