"""What belongs to an agency itself: its facts, and its record of who did what. Verbs of the public floor."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from tenants import postures
from tenants.models import E164, Agency, AgencyEntry, Business


def note(
    agency: Agency,
    action: str,
    *,
    actor: str,
    door: str,
    at: datetime,
    business: Business | None = None,
    **detail: Any,
) -> AgencyEntry:
    """Write down what was done at an agency, in the transaction that does it.

    action: such as business.create; actor: who, by name; door: page, api, command, admin or agenda;
    at: aware; detail: JSON, no secret and no caller's number.
    """
    return AgencyEntry.objects.create(
        agency=agency,
        business=business,
        at=at,
        actor=actor[:120],
        door=door,
        action=action,
        detail=detail,
    )


class AgencyError(ValueError):
    """What an agency cannot be; `errors` names every field that is wrong."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in errors.items()))
        self.errors = errors


def change(agency: Agency, wanted: dict[str, str]) -> list[str]:
    """Keep an agency's own facts and return the names of those that changed. Raises AgencyError.

    wanted: name, legal_name, website, phone (E.164), timezone and posture_floor; only these are taken. A
    name that another agency has: IntegrityError.
    """
    values = cleaned(wanted)
    changed = [name for name, value in values.items() if getattr(agency, name) != value]
    for name in changed:
        setattr(agency, name, values[name])
    if changed:
        agency.save(update_fields=changed)
    return changed


def cleaned(wanted: dict[str, str]) -> dict[str, str]:
    """Return the facts as they are kept. Raises AgencyError naming every field that cannot be used."""
    fields = ("name", "legal_name", "website", "phone", "timezone", "posture_floor")
    values = {name: " ".join(wanted[name].split()) for name in fields if name in wanted}
    errors: dict[str, str] = {}
    if not 1 <= len(values.get("name", "-")) <= 120:
        errors["name"] = _("Write the agency's name, at most 120 letters.")
    if len(values.get("legal_name", "")) > 160:
        errors["legal_name"] = _("At most 160 letters.")
    if website := values.get("website", ""):
        values["website"] = website if "://" in website else f"https://{website}"
        try:
            URLValidator(schemes=["https", "http"])(values["website"])
        except ValidationError:
            errors["website"] = _("Write an address such as https://example.com.")
        if len(values["website"]) > 200:
            errors["website"] = _("At most 200 letters.")
    if phone := values.get("phone", ""):
        try:
            E164(phone)
        except ValidationError:
            errors["phone"] = _("Write a number such as (312) 555-0142.")
    zone = values.get("timezone", "")
    if zone and zone not in zoneinfo.available_timezones():
        errors["timezone"] = _("Choose one of the time zones.")
    if values.get("posture_floor", postures.IMPLIED) not in postures.POSTURES:
        errors["posture_floor"] = _("Choose one of the list.")
    if errors:
        raise AgencyError(errors)
    return values
