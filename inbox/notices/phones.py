"""Members' own phones: asked by text, joined by the word JOIN from the phone itself, ended by STOP.

Whoever mistypes his number has a stranger texted. So a question keeps to waking hours (8:00 to 21:00
by the member's clock, compliance.md R-HRS) and waits for the morning at night; only an owner, who
answers for the business and holds the phone in his hand, is asked at once. It is bounded by number
and by business, whoever asks.

While a phone is a member's, what it texts is no caller's: its conversation stands in no queue, and
no rule texts it back. Once the member is gone it is anybody's phone.
"""

from __future__ import annotations

import contextlib
import re
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inbox.models import StaffPhone, Wait
from inbox.notices import members, rules, texts
from inbox.notices.plain import defanged
from inbox.waits import services as waits
from messaging import consent, policies, scheduled
from messaging.models import Contact, Conversation, Message
from messaging.numbers import normalise, textable
from messaging.people import lock_contact
from tenants.models import Membership, PhoneNumber, Role, User
from tenants.scope import current_business

SCOPE = "staff_alerts"
MOST_ASKED_A_DAY = 5  # invitations one member may cause a day
MOST_A_NUMBER, MOST_A_BUSINESS = 3, 20  # a day, whoever asks
_WAKING = {"from": "08:00", "to": "21:00"}
_NAME = re.compile(r"[^\W\d_][\w'’-]*", re.UNICODE)
_NAME_LENGTH = 30
_AGAIN = timedelta(minutes=1)


class PhoneError(ValueError):
    """A number that cannot be a member's phone; the text is for him."""


def ask(user: User, number: str) -> StaffPhone:
    """Ask a member's phone by text whether it wants alerts. Raises PhoneError.

    The same number again sends the question again; another one takes the place of the first.
    """
    phone, now, business = normalise(number), timezone.now(), current_business()
    if not phone or textable(phone).problem:
        raise PhoneError(_("That is no number that gets texts. Type a mobile like (312) 555-0142."))
    if PhoneNumber.objects.filter(e164=phone).exists():
        raise PhoneError(_("That is a number that businesses answer here, not a mobile."))
    before = StaffPhone.objects.filter(user=user.pk).first()
    if before is not None and before.phone == phone and before.asked_at > now:
        raise PhoneError(_("It is night. We text this phone in the morning."))
    if before is not None and before.phone == phone and now - before.asked_at < _AGAIN:
        raise PhoneError(_("We texted this phone a moment ago. It may take a minute to arrive."))
    _count(user)
    try:
        with transaction.atomic():
            _one_at_a_time()
            contact = lock_contact(phone, now)
            if contact.opted_out_at is not None:
                raise PhoneError(
                    _("This phone said STOP to %(business)s. Text START from it, then try again.")
                    % {"business": business.name}
                )
            _bound(phone, now)
            if _is_merged(contact):
                raise PhoneError(
                    _("This number is one of several of a contact. Take those apart first.")
                )
            if before is not None and before.phone != phone:
                forget(before)
            leaves_at = _when(user, now)
            row, _new = StaffPhone.objects.update_or_create(
                user=user.pk,
                defaults={
                    "phone": phone, "state": StaffPhone.State.ASKED, "asked_at": leaves_at,
                    "joined_at": None, "stopped_at": None,
                },
            )  # fmt: skip
            refused = _invite(row, user, business.name, now, leaves_at)
            if refused:
                raise PhoneError(refused)
            _hide_if_unknown(contact)
    except IntegrityError:
        raise PhoneError(_("Another member has this phone already.")) from None
    return row


def join(row: StaffPhone, contact: Contact, message: Message) -> None:
    """The phone said JOIN: it is the member's from now on. The contact's row is locked."""
    now = message.created_at
    consent.record(
        contact, "consent", at=now, channel="sms", level=4, scope=SCOPE, matched="JOIN",
        matched_by="keyword", raw_text=message.body, provider=message.provider,
        provider_id=message.provider_id or "", our_number=message.our_number,
        legal_entity=current_business().name,
    )  # fmt: skip
    row.state, row.joined_at, row.stopped_at = StaffPhone.State.ON, now, None
    row.save(update_fields=["state", "joined_at", "stopped_at"])
    hide(contact)
    # The mark of this very moment: taken away again with the phone, and no other.
    Contact.objects.filter(pk=contact.pk, ignored_at=None).update(ignored_at=now)
    with translation.override(language_of(row) or None):
        words = _(
            "Alerts of %(business)s come to this phone now. Reply to one to answer the caller; your "
            "answer leaves from the business's number. STOP ends it."
        ) % {"business": current_business().name}
    texts.say(row, words, f"joined:{message.pk}", timezone.now())


def stop(row: StaffPhone, at: datetime) -> None:
    """The phone said STOP: no more alerts. One that never said JOIN is nobody's again."""
    if row.joined_at is None:
        forget(row)
        return
    row.state, row.stopped_at = StaffPhone.State.OFF, at
    row.save(update_fields=["state", "stopped_at"])


def forget(row: StaffPhone) -> None:
    """The phone is no member's any more: what it texts or calls is anybody's again.

    A question that waits for the morning is not asked any more.
    """
    contact = Contact.objects.select_for_update().filter(phone=row.phone).first()
    if contact is not None:
        Conversation.objects.filter(contact=contact, hidden=Conversation.Hidden.STAFF).update(
            hidden=""
        )
        if row.joined_at is not None and contact.ignored_at == row.joined_at:
            Contact.objects.filter(pk=contact.pk).update(ignored_at=None)
    waiting = Message.objects.filter(
        purpose="staff_invite", their_number=row.phone, status__in=["queued", "held"]
    )
    for message in waiting:
        with contextlib.suppress(scheduled.HasLeft):
            scheduled.call_off(
                message, current_business().pk, code=scheduled.CALLED_OFF,
                sentence="The phone is no member's any more.",
            )  # fmt: skip
    row.delete()


def hide(contact: Contact) -> None:
    """Take a phone's conversation out of every queue, and end its waiting. The contact is locked.

    One that is shown with another stays there, and one that shows others goes on showing them.
    """
    if _is_merged(contact):
        return
    found = Conversation.objects.filter(contact=contact)
    for pk in found.values_list("pk", flat=True):
        waits.end(pk, Wait.Ended.CLOSED, timezone.now())
    found.update(hidden=Conversation.Hidden.STAFF, unread=0, waiting_since=None)


def _is_merged(contact: Contact) -> bool:
    """Whether a number is shown with another, or another with it."""
    merged = Contact.objects.filter(
        Q(pk=contact.pk, merged_into__isnull=False) | Q(merged_into=contact)
    )
    return merged.exists()


def show(contact: Contact) -> None:
    """Bring a conversation back into the queue that had been taken for a member's phone."""
    Conversation.objects.filter(contact=contact, hidden=Conversation.Hidden.STAFF).update(hidden="")


def owner(row: StaffPhone) -> User | None:
    """Return the member a phone belongs to, None when he is a member no more."""
    user = User.objects.filter(pk=row.user, is_active=True).first()
    return user if user and members.is_present(user.pk, current_business()) else None


def is_member_s(phone: str) -> bool:
    """Whether a phone (E.164) said JOIN and is a member's still (settings.STAFF_PHONE_CHECK)."""
    row = StaffPhone.objects.filter(phone=phone, state=StaffPhone.State.ON).first()
    return row is not None and owner(row) is not None


def language_of(row: StaffPhone) -> str:
    """Return the language its member reads, '' for the business's own."""
    return User.objects.filter(pk=row.user).values_list("language", flat=True).first() or ""


def _bound(phone: str, now: datetime) -> None:
    """No number is asked again and again, whoever asks, and no business asks by the dozen."""
    asked = Message.objects.filter(purpose="staff_invite", created_at__gt=now - timedelta(days=1))
    if asked.filter(their_number=phone).count() >= MOST_A_NUMBER:
        raise PhoneError(_("That phone was asked already today. Try again tomorrow."))
    if asked.count() >= MOST_A_BUSINESS:
        raise PhoneError(_("That is enough for today. Try again tomorrow."))


def _one_at_a_time() -> None:
    """Let two who ask at once be counted one after the other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('staff-invite'), %s)", [current_business().pk]
        )


def _when(user: User, now: datetime) -> datetime:
    """Return when a question may leave: now by day, or for an owner; else in the member's morning."""
    business = current_business()
    told = members.load([user.pk]).get(user.pk)
    is_owner = Membership.objects.filter(
        Q(business=business.pk) | Q(agency=business.agency_id, business=None),
        user=user.pk, is_active=True, role__in=[Role.OWNER, Role.AGENCY_OWNER],
    ).exists()  # fmt: skip
    if is_owner or told is None:
        return now
    return rules.next_hour(_WAKING, told.member.zone, now) or now


def _count(user: User) -> None:
    """Count the invitations a member causes: nobody has strangers texted by the dozen."""
    key = f"staff-invite:{user.pk}:{timezone.now():%Y%m%d}"
    cache.add(key, 0, 2 * 86400)
    if cache.incr(key) > MOST_ASKED_A_DAY:
        raise PhoneError(_("That is enough for today. Try again tomorrow."))


def _invite(row: StaffPhone, user: User, business: str, now: datetime, leaves_at: datetime) -> str:
    with translation.override(user.language or None):
        words = _(
            "%(business)s: %(member)s wants alerts about waiting callers on this phone. Reply JOIN to "
            "get them. Msg frequency varies. Msg&data rates may apply. Reply STOP to opt out, HELP "
            "for help."
        ) % {"business": policies.current(current_business().pk).brand or business,
             "member": _short(str(user))}  # fmt: skip
    token = f"invite:{row.pk}:{int(now.timestamp())}"
    return texts.say(row, words, token, now, invite=True, leaves_at=leaves_at)


def _short(name: str) -> str:
    """A member's name as a stranger's phone may show it: no link, and no room for a message."""
    plain = " ".join(_NAME.findall(defanged(name)))
    return plain[:_NAME_LENGTH].strip() or _("A member")


def _hide_if_unknown(contact: Contact) -> None:
    """Hide the new conversation of a phone that never wrote or called; a caller's stays where it is."""
    if contact.last_inbound_at is None and not contact.calls.exists():
        hide(contact)
