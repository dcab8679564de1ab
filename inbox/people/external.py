"""People as another system knows them: brought in by number or by that system's own id, and changed.

Two who bring in the same person at once make one: whoever is second finds what the first has made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from inbox.activity import Actor
from inbox.models import Tag
from inbox.people import profile
from inbox.people.profile import Place, ProfileError
from messaging import audit, callers
from messaging.callers import CallerError, tags_of
from messaging.models import Contact
from messaging.people_files import number_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be known of a person; what is None or not given stays as it is.

    plain: of name, email, company and language; own: values by their fields' keys; tags: all of
    them; ignored: whether rules never text him.
    """

    plain: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None
    external_id: str | None = None
    tags: tuple[str, ...] | None = None
    ignored: bool | None = None
    vip: bool | None = None


def bring_in(
    number: str, wanted: Wanted, *, actor: Actor, door: str, at: datetime
) -> tuple[Contact, bool]:
    """Find a person by the other system's id, else by number ('' where none is known), or make him.

    Returns him and whether he is new; `at` is aware. Raises ProfileError, StandingError, CallerError.
    """
    try:
        with transaction.atomic():
            return _bring_in(number, wanted, actor, door, at)
    except IntegrityError:
        # Another took the id meanwhile: he is found now, or named as another's.
        with transaction.atomic():
            return _bring_in(number, wanted, actor, door, at)


def _bring_in(
    number: str, wanted: Wanted, actor: Actor, door: str, at: datetime
) -> tuple[Contact, bool]:
    known = None
    if wanted.external_id:
        known = Contact.objects.filter(external_id=wanted.external_id).first()
    is_new = False
    if known is None:
        if not number:
            raise ProfileError(
                {"phone": _("nobody has this external id yet, so the number is needed")}
            )
        known, is_new = profile.create(number, wanted.plain, actor=actor, at=at, door=door)
    elif number and number_of(number, callers.country_here()) != known.phone:
        raise ProfileError({"external_id": _("this id belongs to another number")})
    return change(known.pk, wanted, actor=actor, door=door, at=at), is_new


def change(contact_id: int, wanted: Wanted, *, actor: Actor, door: str, at: datetime) -> Contact:
    """Keep what is wanted of a person. Raises ProfileError, StandingError, CallerError."""
    with transaction.atomic():
        contact = profile.save(
            contact_id, wanted.plain, wanted.own, wanted.place, actor=actor, at=at, door=door
        )
        _identify(contact, wanted.external_id, actor, door, at)
        if (wanted.tags, wanted.ignored, wanted.vip) != (None, None, None):
            _mark(contact, wanted, actor, door, at)
    return Contact.objects.select_related("conversation").get(pk=contact.pk)


def _identify(
    contact: Contact, external_id: str | None, actor: Actor, door: str, at: datetime
) -> None:
    """Give a person, whose row is locked, the other system's id; '' takes it away."""
    if external_id is None or external_id == contact.external_id:
        return
    if external_id and Contact.objects.filter(external_id=external_id).exists():
        raise ProfileError({"external_id": _("this id belongs to another number")})
    contact.external_id = external_id
    contact.save(update_fields=["external_id"])
    audit.note(
        "contact.external_id", actor=actor.name, door=door, at=at, subject=str(contact.pk),
        detail={"has_one": bool(external_id)},
    )  # fmt: skip


def _mark(contact: Contact, wanted: Wanted, actor: Actor, door: str, at: datetime) -> None:
    tags = None
    if wanted.tags is not None:
        tags = tags_of(",".join(wanted.tags))
        for name in tags:
            Tag.objects.get_or_create(name__iexact=name, defaults={"name": name, "created_at": at})
    callers.set_marks(
        contact.pk,
        ignored=contact.ignored_at is not None if wanted.ignored is None else wanted.ignored,
        vip=contact.vip_at is not None if wanted.vip is None else wanted.vip,
        tags=tags, actor=actor.name, door=door, at=at,
    )  # fmt: skip


__all__ = ["CallerError", "ProfileError", "Wanted", "bring_in", "change"]
