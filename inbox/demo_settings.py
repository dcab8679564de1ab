"""What the demo's businesses have set up for themselves: quick replies, tags, a team, own fields, saved views.

Each is made by the verb its page uses. Who carries a tag or a value is written at once: thirty days of
history were not lived by hand.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from calls.setup import Setup
from inbox import staff
from inbox.models import CustomField
from inbox.people import fields
from inbox.queue import saved
from inbox.queue.folders import Folder, Selection, Sort
from inbox.settings import services
from messaging.models import Contact
from tenants.models import Business, User

# (short word, name, text, language)
_REPLIES: dict[str, list[tuple[str, str, str, str]]] = {
    "plumbing": [
        ("way", "On our way", "Hi {first_name}, we are on our way to you now. {member}, {business}", "en"),
        ("photo", "Ask for a photo", "Could you send us a photo of it, and the address? Then we bring what it needs.", "en"),
        ("price", "What a visit costs", "A visit is $89 within the city, and the first half hour is in it. You hear the price of the repair before we begin.", "en"),
        ("valve", "Shut the water off", "Please close the main valve first: turn it clockwise until it stops. It is mostly where the pipe comes into the house.", "en"),
        ("foto", "Pedir una foto", "¿Nos puede mandar una foto y la dirección? Así llevamos lo necesario.", "es"),
    ],
    "dental": [
        ("slot", "Offer a visit", "Hi {first_name}, we have a place for you this week. Which day suits you, mornings or afternoons?", "en"),
        ("card", "Insurance card", "Please bring your insurance card and a photo ID. {business}", "en"),
        ("after", "After a filling", "Please do not eat until the numbness is gone. If it still hurts tomorrow, call us. {member}", "en"),
        ("cita", "Ofrecer una cita", "Hola {first_name}, tenemos un lugar esta semana. ¿Qué día le conviene?", "es"),
    ],
    "legal": [
        ("first", "First consultation", "Hi {first_name}, the first consultation is free and takes half an hour. Which day suits you?", "en"),
        ("papers", "What to bring", "Please bring every letter you got about it, and a photo ID. Send nothing confidential by text. {member}", "en"),
        ("got", "We have it", "Thank you, {first_name}, we have it. {member} will look at it.", "en"),
        ("cita", "Primera consulta", "Hola {first_name}, la primera consulta es gratis y dura media hora. ¿Qué día le conviene?", "es"),
    ],
}  # fmt: skip
_TAGS = {
    "plumbing": [("estimate", "blue"), ("member", "green"), ("warranty", "purple"), ("landlord", "amber")],
    "dental": [("new patient", "blue"), ("recall", "amber"), ("braces", "purple"), ("family", "green")],
    "legal": [("consultation", "blue"), ("open matter", "green"), ("conflict check", "amber"), ("referral", "purple")],
}  # fmt: skip
_TEAMS = {"plumbing": "Dispatch", "dental": "Front desk", "legal": "Intake"}
# (name, kind, choices, what a few people have of it)
_FIELDS: dict[str, list[tuple[str, str, tuple[str, ...], tuple[Any, ...]]]] = {
    "plumbing": [
        ("Street", "text", (), ("2214 W Grace St", "871 N Paulina St", "40 E Cedar St", "1530 W Berwyn Ave")),
        ("Water heater", "choice", ("Gas tank", "Electric tank", "Tankless"), ("Gas tank", "Tankless", "Electric tank")),
        ("Last visit", "date", (), (40, 95, 210, 380)),
        ("Service plan", "yes_no", (), (True, False)),
    ],
    "dental": [
        ("Insurance", "choice", ("Delta", "Cigna", "MetLife", "None"), ("Delta", "None", "Cigna")),
        ("Last cleaning", "date", (), (60, 170, 190, 400)),
        ("Afraid of needles", "yes_no", (), (False, True, False)),
    ],
    "legal": [
        ("Matter", "text", (), ("Lease dispute", "Closing", "Visa renewal", "Rear-end collision")),
        ("Area", "choice", ("Real estate", "Immigration", "Injury"), ("Real estate", "Real estate", "Immigration", "Injury")),
        ("Retainer paid", "yes_no", (), (True, True, False)),
    ],
}  # fmt: skip
_PEOPLE = 14  # so many carry something


def add(setup: Setup, playbook: str, now: datetime) -> None:
    """Set the current business up as one that has used Ringback for a month. `now` is aware."""
    business = Business.objects.get(pk=setup.business_id)
    colleagues = staff.colleagues(business)
    user = User.objects.get(pk=colleagues[0].id)
    for shortcut, title, body, language in _REPLIES[playbook]:
        services.save_reply(
            None, shortcut=shortcut, title=title, body=body, language=language, user=user,
            shared=True, governs=True,
        )  # fmt: skip
    for name, colour in _TAGS[playbook]:
        services.save_tag(None, name, colour, at=now)
    services.save_team(
        None, _TEAMS[playbook], [each.id for each in colleagues], business=business, at=now
    )
    _people(playbook, now)
    first = _TAGS[playbook][0][0]
    for name, selection in (
        (f"Tagged: {first}", Selection(Folder.ALL, Sort.NEWEST, tags=(first,))),
        ("Nobody's, unread", Selection(Folder.UNASSIGNED, Sort.NEWEST, unread=True)),
    ):
        saved.save(name, selection, user_id=user.pk, shared=True, at=now)


def _people(playbook: str, now: datetime) -> None:
    """Make the fields, and give people who are known by name a few tags and values."""
    shapes = [
        (services.save_field(None, label, kind, "\n".join(options)), values)
        for label, kind, options, values in _FIELDS[playbook]
    ]
    tags = [name for name, _colour in _TAGS[playbook]]
    people = list(Contact.objects.exclude(name="").order_by("-last_inbound_at", "pk")[:_PEOPLE])
    for place, contact in enumerate(people):
        if place % 3:
            contact.tags = [tags[place % len(tags)], *(tags[:1] if place % 5 == 0 else [])]
        for field, values in shapes[: 1 + place % len(shapes)]:
            value = values[place % len(values)]
            contact.fields[field.key] = _value(field, value, now)
    Contact.objects.bulk_update(people, ["tags", "fields"])


def _value(field: CustomField, value: Any, now: datetime) -> Any:
    """Return what is stored; a day is given as how many days ago it was."""
    if field.kind == CustomField.Kind.DATE:
        value = f"{now - timedelta(days=value):%Y-%m-%d}"
    return fields.value_of(fields.Shape(field.key, field.kind, tuple(field.options)), value)
