"""Marks on people (ignored, VIP, tags), by hand and by lists: looked at first, taken over, taken back.

product.md A11, B7. Whoever opted out stays so: nothing here touches consent. A list is forgotten a day
after it was looked at, and once it was taken over nothing of it is kept but which contacts it made
and marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import ProtectedError, QuerySet

from messaging import audit, holds
from messaging.marks import mark_here
from messaging.models import Contact, ContactImport, ErasedPerson
from messaging.numbers import normalise, textable
from messaging.people import lock_contact
from messaging.people_files import BadFile, Entry, clean_name, number_of, read
from tenants import agenda
from tenants.models import PhoneNumber
from tenants.scope import current_business

# Whoever bears it is a customer, and known from the first call on (calls/guards.py).
CUSTOMER = "customer"
MAX_TAGS, TAG_LENGTH = 20, 40
PREVIEW_KEPT = timedelta(days=1)
_CHUNK = 1_000
_T = TypeVar("_T")
_UNTAG = "UPDATE messaging_contact SET tags = tags - %s::text[] WHERE id = ANY(%s)"


class CallerError(ValueError):
    """Something that cannot be said of callers; `field` names what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Marks:
    """What somebody becomes by a list or by hand; what is not said stays as it is."""

    ignored: bool = False
    vip: bool = False
    tags: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"ignored": self.ignored, "vip": self.vip, "tags": list(self.tags)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Marks:
        """Read it back."""
        return cls(bool(stored["ignored"]), bool(stored["vip"]), tuple(stored["tags"]))


@dataclass(frozen=True, slots=True)
class Preview:
    """What taking a list over would do, person by person."""

    new: tuple[Entry, ...]
    known: tuple[Entry, ...]  # there already
    own: tuple[Entry, ...]  # our own lines and staff phones: left out
    opted_out: frozenset[str]  # numbers that stay opted out
    repeated: int


# What the product itself marks; lists and figures leave out who bears it, so nobody writes it.
TEST_CALL = "test call"


def tags_of(written: str) -> tuple[str, ...]:
    """Return tags as people write them, parted by commas. Raises CallerError naming tags."""
    tags = tuple(dict.fromkeys(clean_name(part).casefold() for part in written.split(",")))
    tags = tuple(tag for tag in tags if tag)
    if len(tags) > MAX_TAGS or any(len(tag) > TAG_LENGTH for tag in tags):
        raise CallerError(
            "tags", f"expected at most {MAX_TAGS}, each of at most {TAG_LENGTH} letters"
        )
    if TEST_CALL in tags:
        raise CallerError("tags", f"“{TEST_CALL}” marks whom test calls play; choose another word")
    return tags


def country_here() -> str:
    """Return the country whose numbers the business writes without it: that of its first line."""
    first = (
        PhoneNumber.objects.filter(business=current_business().pk, is_active=True)
        .order_by("pk").values_list("e164", flat=True).first()
    )  # fmt: skip
    return (textable(first).region if first else "") or "US"


def add(
    number: str, name: str, marks: Marks, *, actor: str, door: str, at: datetime
) -> tuple[Contact, bool]:
    """Mark somebody by number as people write it; returns the contact and whether it is new. Raises CallerError.

    Marks are added to what the person has.
    """
    phone = number_of(number, country_here())
    if not phone:
        raise CallerError("number", "expected a phone number such as (312) 555-0142")
    if phone in own_numbers():
        raise CallerError("number", "this is one of your own numbers")
    with transaction.atomic():
        contact = lock_contact(phone, at, clean_name(name))
        is_new = contact.created_at == at
        _mark(contact, marks, at)
        _note(contact, actor, door, at, marks.as_dict())
    return contact, is_new


def set_marks(
    contact_id: int, *, ignored: bool, vip: bool, tags: tuple[str, ...] | None, actor: str,
    door: str, at: datetime,
) -> Contact:  # fmt: skip
    """Say of a person exactly what he is; what he was otherwise is no more. Raises CallerError.

    tags: None leaves them as they are.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update().filter(pk=contact_id, erased_at=None).first()
        if contact is None:
            raise CallerError("contact", "there is no such person, or they were erased")
        tags = tuple(contact.tags) if tags is None else tags
        before = (contact.ignored_at is not None, contact.vip_at is not None, tuple(contact.tags))
        if before == (ignored, vip, tags):
            return contact
        contact.ignored_at = (contact.ignored_at or at) if ignored else None
        contact.vip_at = (contact.vip_at or at) if vip else None
        contact.tags = list(tags)
        contact.save(update_fields=["ignored_at", "vip_at", "tags"])
        _note(contact, actor, door, at, {"ignored": ignored, "vip": vip, "tags": list(tags)})
    return contact


def look_at(
    content: bytes, file_name: str, marks: Marks, *, actor: str, at: datetime
) -> ContactImport:
    """Read a list and keep what it says for a day, taking nothing over. Raises BadFile.

    Looking at another list forgets the one before that nobody took over.
    """
    found = read(content, country_here())
    if not found.entries and not found.unread:
        raise BadFile("The file has no people in it.")
    with transaction.atomic():
        ContactImport.objects.filter(state=ContactImport.State.PREVIEW).delete()
        stored = ContactImport.objects.create(
            file_name=clean_name(file_name) or "list",
            marks=marks.as_dict() | {"repeated": found.repeated},
            entries=[[entry.line, entry.name, entry.number] for entry in found.entries],
            unreadable=[[unread.line, unread.why] for unread in found.unread],
            created_by=actor[:120], created_at=at,
        )  # fmt: skip
        agenda.put(
            "messaging.forget_list", str(stored.pk), lane="housekeeping",
            business_id=current_business().pk, due_at=at + PREVIEW_KEPT,
        )  # fmt: skip
    return stored


def preview_of(stored: ContactImport) -> Preview:
    """Return what taking a list over would do now."""
    entries = [Entry(*entry) for entry in stored.entries]
    own, known, out = own_numbers(), set(), set()
    for chunk in _chunks(entries):
        phones = [entry.number for entry in chunk]
        for phone, opted_out_at in Contact.objects.filter(phone__in=phones).values_list(
            "phone", "opted_out_at"
        ):
            known.add(phone)
            if opted_out_at is not None:
                out.add(phone)
        out.update(_opted_out_and_erased(phones))
    mine = tuple(entry for entry in entries if entry.number in own)
    others = [entry for entry in entries if entry.number not in own]
    return Preview(
        tuple(entry for entry in others if entry.number not in known),
        tuple(entry for entry in others if entry.number in known),
        mine, frozenset(out), int(stored.marks.get("repeated", 0)),
    )  # fmt: skip


def take_over(import_id: int, *, actor: str, door: str, at: datetime) -> ContactImport:
    """Make and mark the people of a list. Once more changes nothing. Raises CallerError."""
    with transaction.atomic():
        stored = ContactImport.objects.select_for_update().filter(pk=import_id).first()
        if stored is None:
            raise CallerError("list", "it was forgotten after a day. Choose the file again")
        if stored.state != ContactImport.State.PREVIEW:
            return stored
        marks, own = Marks.from_dict(stored.marks), own_numbers()
        entries = [entry for entry in map(_entry, stored.entries) if entry.number not in own]
        for chunk in _chunks(sorted(entries, key=lambda entry: entry.number)):
            stored.before.extend(_take_over(chunk, marks, at))
        # Numbers and names stand with the people now, where they can be found and erased.
        stored.entries, stored.unreadable = [], []
        stored.state, stored.done_at = ContactImport.State.DONE, at
        stored.save()
        made = sum(each["made"] for each in stored.before)
        audit.note(
            "people.import", actor=actor, door=door, at=at,
            detail={"list": stored.pk, "people": len(stored.before), "new": made} | marks.as_dict(),
        )  # fmt: skip
    return stored


def undo(import_id: int, *, actor: str, door: str, at: datetime) -> int:
    """Take back what the last list changed, where nobody has changed it since; returns how many people.

    People it made are deleted unless something has happened with them. Raises CallerError.
    """
    with transaction.atomic():
        stored = ContactImport.objects.select_for_update().filter(pk=import_id).first()
        if stored is None or stored != last_done():
            raise CallerError("list", "only the last list that was taken over can be taken back")
        holds.settle()
        held = holds.held_contacts()
        by_id = {each["id"]: each for each in stored.before}
        for chunk in _chunks(sorted(by_id)):
            _take_back([by_id[pk] for pk in chunk], stored)
        made = [pk for pk, each in by_id.items() if each["made"]]
        if held is not None:
            _delete_unused([pk for pk in made if pk not in held])
        stored.state = ContactImport.State.UNDONE
        stored.save(update_fields=["state"])
        detail = {"list": stored.pk, "people": len(by_id)}
        audit.note("people.import_undo", actor=actor, door=door, at=at, detail=detail)
    return len(by_id)


def last_done() -> ContactImport | None:
    """Return the last list that was taken over, unless it was taken back."""
    done = ContactImport.objects.exclude(state=ContactImport.State.PREVIEW).order_by(
        "-done_at", "-pk"
    )
    last = done.first()
    return last if last is not None and last.state == ContactImport.State.DONE else None


def forget_preview(item: agenda.Item) -> None:
    """Agenda: a list nobody took over within a day is forgotten. Idempotent."""
    ContactImport.objects.filter(pk=int(item.subject), state=ContactImport.State.PREVIEW).delete()


def forget_lists_with(phone: str) -> int:
    """Forget the lists nobody took over that name a number which is being erased; returns how many."""
    looked_at = ContactImport.objects.filter(state=ContactImport.State.PREVIEW)
    with_it = [each.pk for each in looked_at if any(entry[2] == phone for entry in each.entries)]
    ContactImport.objects.filter(pk__in=with_it).delete()
    return len(with_it)


def _take_over(chunk: list[Entry], marks: Marks, at: datetime) -> list[dict[str, Any]]:
    """Make and mark so many people; returns what is needed to take it back."""
    phones = [entry.number for entry in chunk]
    there = set(Contact.objects.filter(phone__in=phones).values_list("phone", flat=True))
    out = _opted_out_and_erased([phone for phone in phones if phone not in there])
    names = {entry.number: entry.name for entry in chunk}
    # Whoever is new is made as the list wants him; only who was there is marked one by one.
    Contact.objects.bulk_create(
        [
            Contact(
                phone=phone, name=names[phone], created_at=at, opted_out_at=out.get(phone),
                ignored_at=at if marks.ignored else None, vip_at=at if marks.vip else None,
                tags=list(marks.tags),
            )
            for phone in phones
            if phone not in there
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    locked = Contact.objects.select_for_update().filter(phone__in=phones, erased_at=None)
    before, changed = [], []
    for contact in locked.order_by("pk"):
        is_made = contact.phone not in there and contact.created_at == at
        named = names[contact.phone] if is_made or not contact.name else ""
        before.append(
            {
                "id": contact.pk,
                "made": is_made,
                "ignored": marks.ignored and (is_made or contact.ignored_at is None),
                "vip": marks.vip and (is_made or contact.vip_at is None),
                "tags": [tag for tag in marks.tags if is_made or tag not in contact.tags],
                # A mark of the name, not the name: this row outlives an erasure.
                "named": mark_here(named) if named else "",
            }
        )
        if not is_made:
            contact.name = contact.name or named
            _mark(contact, marks, at, save=False)
            changed.append(contact)
    Contact.objects.bulk_update(changed, ["name", "ignored_at", "vip_at", "tags"], batch_size=200)
    return before


def _take_back(before: list[dict[str, Any]], stored: ContactImport) -> None:
    """Take a chunk's marks, tags and names off again: a statement for each, however many people."""
    chunk = [each["id"] for each in before]
    locked = Contact.objects.select_for_update().filter(pk__in=chunk, erased_at=None)
    names = dict(locked.order_by("pk").values_list("pk", "name"))
    mine = [each for each in before if each["id"] in names]

    def those(wanted: Callable[[dict[str, Any]], bool]) -> QuerySet[Contact]:
        return Contact.objects.filter(pk__in=[each["id"] for each in mine if wanted(each)])

    ignored = those(lambda each: each["ignored"])
    ignored.filter(ignored_at=stored.done_at).update(ignored_at=None)
    those(lambda each: each["vip"]).filter(vip_at=stored.done_at).update(vip_at=None)
    those(
        lambda each: bool(
            each["named"] and names[each["id"]] and mark_here(names[each["id"]]) == each["named"]
        )
    ).update(name="")
    with connection.cursor() as cursor:
        for tags in {tuple(each["tags"]) for each in mine if each["tags"]}:
            ids = [each["id"] for each in mine if tuple(each["tags"]) == tags]
            cursor.execute(_UNTAG, [list(tags), ids])


def _delete_unused(ids: list[int]) -> None:
    """Delete contacts that nothing refers to; whoever called or wrote since stays."""
    for chunk in _chunks(ids):
        unused = Contact.objects.filter(
            pk__in=chunk,
            conversation=None,
            tags=[],
            opted_out_at=None,
            name="",
            ignored_at=None,
            vip_at=None,
        )
        try:
            with transaction.atomic():
                unused.delete()
        except ProtectedError:
            for contact in unused:
                try:
                    with transaction.atomic():
                        contact.delete()
                except ProtectedError:
                    continue


def _mark(contact: Contact, marks: Marks, at: datetime, *, save: bool = True) -> None:
    """Add marks to a locked contact."""
    if marks.ignored:
        contact.ignored_at = contact.ignored_at or at
    if marks.vip:
        contact.vip_at = contact.vip_at or at
    contact.tags = [*contact.tags, *(tag for tag in marks.tags if tag not in contact.tags)][
        :MAX_TAGS
    ]
    if save:
        contact.save(update_fields=["ignored_at", "vip_at", "tags"])


def _note(contact: Contact, actor: str, door: str, at: datetime, detail: dict[str, Any]) -> None:
    audit.note("people.mark", actor=actor, door=door, at=at, subject=str(contact.pk), detail=detail)


def own_numbers() -> frozenset[str]:
    """Return the business's lines and the phones they ring."""
    lines = PhoneNumber.objects.filter(business=current_business().pk)
    own: set[str] = set()
    for line in lines.only("e164", "staff_numbers", "forwards_from", "emergency_number"):
        own |= {line.e164, line.forwards_from, line.emergency_number}
        own |= {normalise(str(staff)) for staff in line.staff_numbers}
    return frozenset(own - {""})


def _opted_out_and_erased(phones: list[str]) -> dict[str, datetime]:
    """Return who of these opted out and was erased since: they come back opted out."""
    marks = {mark_here(phone): phone for phone in phones}
    gone = ErasedPerson.objects.filter(phone_mark__in=list(marks), opted_out_at__isnull=False)
    return {
        marks[mark]: opted_out_at
        for mark, opted_out_at in gone.values_list("phone_mark", "opted_out_at")
        if opted_out_at is not None
    }


def _entry(stored: list[Any]) -> Entry:
    return Entry(*stored)


def _chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    everything = list(items)
    for start in range(0, len(everything), _CHUNK):
        yield everything[start : start + _CHUNK]
