"""What members write of a person: name, address, firm, language, own fields and tags; and a person made by hand.

Each verb holds the contact's row. What changed is told in the person's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from inbox import activity
from inbox.activity import Actor
from inbox.models import CustomField, Tag
from inbox.people import fields
from inbox.people.fields import Shape
from integrations import happenings
from messaging import audit, callers, standing
from messaging.callers import CallerError, tags_of
from messaging.models import Contact, Conversation
from messaging.people import lock_contact
from messaging.people_files import clean_name, number_of
from messaging.standing import StandingError
from tenants import live

LANGUAGES = ("", "en", "es")
MOST_TAGS = 20
PLAIN = ("name", "email", "company", "language")


class ProfileError(ValueError):
    """Something that cannot be kept of a person. `errors`: what is wrong, by field (own ones "own-key")."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is, as messaging.standing.save_profile takes it."""

    state: str
    zone: str
    source: str


def shapes() -> list[Shape]:
    """Return the business's own fields that are in use, in their order."""
    return [
        Shape(field.key, field.kind, tuple(field.options))
        for field in CustomField.objects.filter(archived_at=None)
    ]


def save(
    contact_id: int, plain: Mapping[str, str], own: Mapping[str, Any], place: Place | None, *,
    actor: Actor, at: datetime, door: str = "page",
) -> Contact:  # fmt: skip
    """Keep what was written of a person; what is not given stays.

    plain: of name, email, company and language; own: values by their fields' keys; place: where he is.
    Raises ProfileError, StandingError (an unknown or erased person, a place there is not).
    """
    kept = checked(plain)
    with transaction.atomic():
        contact = _locked(contact_id)
        before = {name: getattr(contact, name) for name in PLAIN} | {"fields": contact.fields}
        values, wrong = fields.values_of(shapes(), dict(own), contact.fields)
        if wrong:
            raise ProfileError({f"own-{key}": problem_words(code) for key, code in wrong.items()})
        if place is not None:
            contact = standing.save_profile(
                contact.pk, name=kept.get("name", contact.name), state=place.state,
                zone=place.zone, source=place.source, actor=actor.name, at=at, door=door,
            )  # fmt: skip
        for name, value in kept.items():
            setattr(contact, name, value)
        contact.fields = values
        contact.save(update_fields=[*PLAIN, "fields"])
        changed = [name for name in PLAIN if before[name] != getattr(contact, name)]
        labels = dict(CustomField.objects.values_list("key", "label"))
        own_changed = sorted(
            key for key in {*before["fields"], *values} if before["fields"].get(key) != values.get(key)
        )  # fmt: skip
        if changed or own_changed:
            audit.note(
                "contact.profile", actor=actor.name, door=door, at=at, subject=str(contact.pk),
                detail={"fields": [*changed, *own_changed]},
            )  # fmt: skip
            what = [*changed, *(labels.get(key, key) for key in own_changed)]
            tell(contact, activity.PROFILE, actor, at, {"fields": what})
    return contact


def checked(plain: Mapping[str, str]) -> dict[str, str]:
    """Return what may be kept of name, email, company and language. Raises ProfileError."""
    kept, wrong = {}, {}
    for name in PLAIN:
        if name not in plain:
            continue
        written = plain[name].strip()
        if name in ("name", "company"):
            kept[name] = clean_name(written)
            if len(written) > 120 or not written.isprintable():
                wrong[name] = _("expected at most 120 printable characters")
        elif name == "email":
            kept[name] = written
            if written and not _is_email(written):
                wrong[name] = _("expected an address such as maria@example.com")
        else:
            kept[name] = written
            if written not in LANGUAGES:
                wrong[name] = _("choose one of the languages")
    if wrong:
        raise ProfileError(wrong)
    return kept


def create(
    number: str, plain: Mapping[str, str], *, actor: Actor, at: datetime, door: str = "page"
) -> tuple[Contact, bool]:
    """Make a contact by hand; returns it and whether it is new. Somebody known stays as he is.

    It allows no text by itself: consent is what they said, not what we wrote. Raises ProfileError.
    """
    phone = number_of(number, callers.country_here())
    wrong = {}
    if not phone:
        wrong["number"] = _("expected a phone number such as (312) 555-0142")
    elif phone in callers.own_numbers():
        wrong["number"] = _("this is one of your own numbers")
    try:
        kept = checked(plain)
    except ProfileError as problem:
        raise ProfileError(wrong | problem.errors) from None
    if wrong:
        raise ProfileError(wrong)
    with transaction.atomic():
        known = Contact.objects.filter(phone=phone).first()
        if known is not None:
            return known, False
        contact = lock_contact(phone, at, kept.get("name", ""))
        if contact.created_at != at:
            return contact, False  # another was first
        for name, value in kept.items():
            setattr(contact, name, value)
        contact.save(update_fields=list(PLAIN))
        audit.note("contact.create", actor=actor.name, door=door, at=at, subject=str(contact.pk))
        happenings.contact_created(contact)
    return contact, True


def add_tag(contact_id: int, written: str, *, actor: Actor, at: datetime) -> bool:
    """Give a person a tag, which is made if it is new; False when he has it. Raises ProfileError, StandingError."""
    name = _tag(written)

    def added(tags: list[str]) -> list[str]:
        if name not in tags and len(tags) >= MOST_TAGS:
            raise ProfileError(
                {"tag": _("at most %(most)s; take one off first") % {"most": MOST_TAGS}}
            )
        return tags if name in tags else [*tags, name]

    with transaction.atomic():
        Tag.objects.get_or_create(name__iexact=name, defaults={"name": name, "created_at": at})
        return _retag(contact_id, added, activity.TAGGED, name, actor, at)


def remove_tag(contact_id: int, name: str, *, actor: Actor, at: datetime) -> bool:
    """Take a tag off a person; False when he does not have it. Raises StandingError."""

    def less(tags: list[str]) -> list[str]:
        return [tag for tag in tags if tag != name]

    return _retag(contact_id, less, activity.UNTAGGED, name, actor, at)


def _retag(
    contact_id: int, after: Callable[[list[str]], list[str]], kind: str, name: str, actor: Actor,
    at: datetime,
) -> bool:  # fmt: skip
    with transaction.atomic():
        contact = _locked(contact_id)
        tags = after(list(contact.tags))
        if tags == contact.tags:
            return False
        contact.tags = tags
        contact.save(update_fields=["tags"])
        audit.note(
            "people.mark", actor=actor.name, door="page", at=at, subject=str(contact.pk),
            detail={"tags": tags},
        )  # fmt: skip
        tell(contact, kind, actor, at, {"tag": name})
    return True


def suggestions(contact: Contact, names: Iterable[str], most: int = 30) -> list[str]:
    """Return the tags that are offered for a person: those there are (by name), without his own."""
    own = set(contact.tags)
    found = dict.fromkeys([callers.CUSTOMER, *(name.casefold() for name in names)])
    return [name for name in found if name not in own][:most]


def tell(
    contact: Contact, kind: str, actor: Actor, at: datetime, detail: Mapping[str, Any]
) -> None:
    """Tell of something in a person's thread, where there is one, in the caller's transaction."""
    threads: Iterable[int] = Conversation.objects.filter(contact=contact.pk).values_list(
        "pk", flat=True
    )
    ids = list(threads)
    activity.record(ids, kind, actor, at, detail)
    for each in ids:
        live.changed(each)


def problem_words(code: str) -> str:
    """Return what is wrong with a value of an own field (inbox.people.fields)."""
    return {
        "long": _("at most %(most)s letters") % {"most": fields.LONGEST},
        "number": _("expected a number such as 42 or 3.5"),
        "date": _("expected a day such as 2026-11-30"),
        "choice": _("choose one of the list"),
        "yes_no": _("choose yes or no"),
    }.get(code, _("expected text"))


def _tag(written: str) -> str:
    try:
        names = tags_of(written.replace("\x00", "")[:400])
    except CallerError as problem:
        raise ProfileError({"tag": problem.sentence}) from None
    if len(names) != 1:
        raise ProfileError({"tag": _("write one tag, without a comma")})
    return names[0]


def _is_email(written: str) -> bool:
    try:
        validate_email(written)
    except ValidationError:
        return False
    return len(written) <= 254


def _locked(contact_id: int) -> Contact:
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise StandingError("contact", _("there is no such person"))
    if contact.erased_at is not None:
        raise StandingError("contact", f"was erased on {contact.erased_at:%Y-%m-%d}")
    return contact
