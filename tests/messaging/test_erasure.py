"""Erasing a person: nothing of number, name or words is left, and the proof still stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from calls.models import Call
from messaging import alerts, consent, holds
from messaging.erasure import REQUESTED, ErasureRefused, erase, request_erasure
from messaging.evidence.verify_ledger import problems
from messaging.forgetting import NAME, Person
from messaging.ledger import FIELDS, as_row
from messaging.marks import mark_here
from messaging.models import (
    Alert,
    AuditEntry,
    ConsentDetail,
    ConsentEvent,
    Contact,
    Conversation,
    ErasedPerson,
    LegalHold,
    Message,
    Refusal,
)
from messaging.people import lock_contact
from messaging.services import send_as
from tenants.models import AgendaItem, ProviderEvent
from tenants.scope import current_schema
from tests.support.hooks import a_caller, a_sid
from tests.support.world import Biz

BODY = "my cellar is under grapefruit water"
NAME_SAID = "Wilhelmina Quartermaine"


def traces(biz: Biz, needles: list[str]) -> list[tuple[str, str, Any]]:
    """Search every column of every table of the business's schema and of the public floor."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema IN ('public', %s) AND table_type = 'BASE TABLE'",
            [biz.schema],
        )
        tables = cursor.fetchall()
        assert len(tables) > 30
        for schema, table in tables:
            for needle in needles:
                cursor.execute(
                    f'SELECT count(*) FROM "{schema}"."{table}" t WHERE t::text ILIKE %s',
                    [f"%{needle}%"],
                )
                if count := cursor.fetchone()[0]:
                    found.append((f"{schema}.{table}", needle, count))
    return found


def written(phone: str) -> list[str]:
    """Return a number as it may be written."""
    n = phone[2:]
    return [n, f"({n[:3]}) {n[3:6]}-{n[6:]}", f"{n[:3]}-{n[3:6]}-{n[6:]}", f"{n[:3]} {n[3:6]}"]


def ledger_problems() -> list[str]:
    rows = []
    for event in ConsentEvent.objects.order_by("seq"):
        values = {n: getattr(event, "contact_id" if n == "contact" else n) for n in FIELDS}
        row = as_row(values) | {"prev_hash": event.prev_hash, "row_hash": event.row_hash}
        if hasattr(event, "detail"):
            row["detail"] = {
                n: getattr(event.detail, n)
                for n in ("ip", "phone", "raw_text", "salt", "user_agent")
            }
        rows.append(row)
    assert rows
    return list(problems(rows))


@dataclass
class Known:
    """A person the plumber knows in every way there is."""

    phone: str
    contact_id: int
    messages: int


@pytest.fixture
def known(twilio, work, stand_in, plumber, dentist, helper) -> Known:
    """Calls, voicemail, texts both ways, a token, a receipt, a refusal, alerts, holds, a failed webhook."""
    phone = a_caller()
    for biz in (dentist, plumber):
        twilio.biz = biz
        call = twilio.call(phone)
        call.arrives(CallerName=NAME_SAID, StirPassportToken="eyJ0bi" + phone[1:], FromZip="60601")
        call.dial_ends("no-answer")
        call.leaves_voicemail()
        work()
        twilio.text(phone, BODY, NumMedia="1", MediaUrl0="https://api.twilio.com/m/1",
                    MediaContentType0="image/png")  # fmt: skip
        work()
        with biz.scope():
            Contact.objects.filter(phone=phone).update(
                name=NAME_SAID, state="IL", zone="America/Chicago", place_source="stated"
            )
    for sent in stand_in.requests:
        if sent["form"].get("From") == plumber.number and "StatusCallback" in sent["form"]:
            twilio.receipt(sent["form"]["StatusCallback"], "delivered", sent["sid"], To=phone)
    work()
    ProviderEvent.objects.create(
        provider="twilio", kind="messaging", business=plumber.business, subject="SMdead",
        dedupe_key="dead", params={"From": phone, "Body": BODY}, state="failed",
        note=f"no sense in {phone}", received_at=timezone.now(),
    )  # fmt: skip
    AgendaItem.objects.create(
        lane="realtime", kind="messaging.text_event", business=plumber.business,
        subject=str(ProviderEvent.objects.get(subject="SMdead").pk), state="dead",
        unique_key=f"event:{ProviderEvent.objects.get(subject='SMdead').pk}",
        due_at=timezone.now(), last_error=f"ValueError: {phone}",
    )  # fmt: skip
    with plumber.scope():
        now = timezone.now()
        send_as(phone, f"{NAME_SAID}, about the grapefruit", author="api",
                client_token=f"crm-{phone}")  # fmt: skip
        work()
        contact = Contact.objects.get(phone=phone)
        Refusal.objects.create(
            contact=contact, author="person", purpose="manual", body=BODY, code="X", at=now,
            clearance={"sentence": f"No text to {phone}: it says “grapefruit water”."},
        )  # fmt: skip
        last4 = f"{phone[2:5]}-{phone[5:8]}-{phone[8:]}"
        alerts.raise_alert("A", f"{NAME_SAID} wrote: {BODY}", contact=contact, at=now, subject="1")
        alerts.raise_alert("B", f"Call {last4} back", subject=phone, at=now)
        alerts.raise_alert("C", f"Two people wait: {last4}, and another", at=now)
        hold = holds.place(phone, f"Case of {NAME_SAID}", "Counsel", now)
        holds.lift(hold.pk, "Counsel", now)
        with transaction.atomic():
            person = lock_contact(phone, now)
            consent.record(
                person, "opt_out", at=now, channel="sms", raw_text=BODY, matched="under water",
                provider="twilio", provider_id=a_sid("SM"), ip="203.0.113.7", user_agent=NAME_SAID,
            )  # fmt: skip
        LogEntry.objects.create(
            user=helper, content_type=ContentType.objects.get_for_model(Contact),
            object_id=str(contact.pk), object_repr=NAME_SAID, action_flag=2, change_message="",
        )  # fmt: skip
        return Known(phone, contact.pk, Message.objects.count())


@pytest.fixture
def helper(world):
    from tenants.models import User

    return User.objects.create_user("sam@ringback.example", "x", name="Sam", is_staff=True)


def of(biz: Biz) -> dict[str, Any]:
    """What a business keeps of somebody, for comparing."""
    with biz.scope():
        return {
            model.__name__: list(model.objects.order_by("pk").values())
            for model in (Contact, Conversation, Message, ConsentEvent, ConsentDetail, Call, Alert)
        } | {
            "webhooks": list(
                ProviderEvent.objects.filter(business=biz.business).order_by("pk").values()
            )
        }


def test_nothing_is_left_of_number_name_and_words(known, plumber, dentist):
    needles = [*written(known.phone), "grapefruit", "Quartermaine", "203.0.113.7"]
    before = of(dentist)
    assert {where.split(".")[0] for where, *_ in traces(plumber, needles)} == {
        "public", plumber.schema,
    }  # fmt: skip
    times = ProviderEvent.objects.filter(business=plumber.business).order_by("pk")
    kept = list(times.values_list("subject", "received_at", "processed_at", "dedupe_key"))
    with plumber.scope():
        erased = erase(known.contact_id, actor="Pat", door="page", at=timezone.now())

    # The same number is the dentist's as well, and stays his.
    others = {f"{dentist.schema}.", "public.tenants_providerevent"}
    left = [t for t in traces(plumber, needles) if not t[0].startswith(tuple(others))]
    assert left == []
    ours = ProviderEvent.objects.filter(business=plumber.business)
    words = " ".join(f"{e.params} {e.note}" for e in ours)
    assert not [needle for needle in needles if needle in words]
    assert of(dentist) == before

    # What proves that texts went, and when, is there.
    assert list(times.values_list("subject", "received_at", "processed_at", "dedupe_key")) == kept
    assert all(
        e.params.get("CallSid") or e.params.get("MessageSid") or e.subject == "SMdead" for e in ours
    )
    with plumber.scope():
        assert ledger_problems() == []
        assert ConsentEvent.objects.filter(kind="erasure", contact=known.contact_id).count() == 1
        assert not ConsentDetail.objects.filter(event__contact=known.contact_id).exists()
        contact = Contact.objects.get(pk=known.contact_id)
        mark = ErasedPerson.objects.get()
        assert contact.phone == f"x{mark.phone_mark[:15]}" and contact.name == NAME
        assert contact.opted_out_at == mark.opted_out_at != None  # noqa: E711
        texts = Message.objects.filter(conversation__contact=contact)
        assert texts.count() == known.messages
        assert all(t.provider_id and t.body_hash == "" and t.erased_at for t in texts)
        assert {(t.body, t.their_number) for t in texts} == {("", contact.phone)}
        call = Call.objects.get(contact=contact)
        assert (call.caller, call.voicemail_url) == (contact.phone, "")
        assert call.decision and call.receipt["questions"] and call.voicemail_seconds == 12
        assert not Alert.objects.filter(code__in=["A", "B"], resolved_at=None).exists()
        assert Alert.objects.get(code="C").resolved_at is None
        assert LegalHold.objects.get().reason == "Case of [erased]"
        entry = AuditEntry.objects.get(action="person.erase")
        assert (entry.actor, entry.door, entry.subject) == ("Pat", "page", str(contact.pk))
        assert entry.detail == erased.counts
    assert erased.counts["texts"] == known.messages
    assert LogEntry.objects.get().object_repr == NAME


def test_reports_that_come_later_are_found_by_a_later_look(known, plumber, twilio, work, pass_time):
    with plumber.scope():
        erase(known.contact_id, actor="Pat", door="page", at=timezone.now())
        sid = Message.objects.filter(direction="out", status="delivered").first().provider_id
        subject = Call.objects.get().provider_id
    ProviderEvent.objects.create(
        provider="twilio", kind="messaging.status", business=plumber.business, subject=sid,
        dedupe_key="late", params={"To": known.phone, "MessageSid": sid}, state="processed",
        received_at=timezone.now(),
    )  # fmt: skip
    waiting = ProviderEvent.objects.create(
        provider="twilio", kind="voice.status", business=plumber.business, subject=subject,
        dedupe_key="waits", params={"From": known.phone}, state="stored",
        received_at=timezone.now(),
    )  # fmt: skip
    row = AgendaItem.objects.get(kind="messaging.forget")
    assert row.subject == str(known.contact_id) and row.due_at > timezone.now()
    pass_time(86_400)
    work()
    late = ProviderEvent.objects.get(dedupe_key="late")
    with plumber.scope():
        placeholder = Contact.objects.get(pk=known.contact_id).phone
    assert late.params == {"To": placeholder, "MessageSid": sid}
    waiting.refresh_from_db()
    assert waiting.params == {"From": known.phone}, "what waits is processed first"
    ProviderEvent.objects.filter(pk=waiting.pk).update(state="processed")
    with plumber.scope():
        Contact.objects.filter(pk=known.contact_id).update(
            erased_at=timezone.now() - timedelta(days=7)
        )
    pass_time(7 * 86_400)
    work()
    waiting.refresh_from_db()
    assert waiting.params == {"From": placeholder}
    assert not AgendaItem.objects.filter(kind="messaging.forget").exists()


def test_who_opted_out_and_was_erased_stays_opted_out_until_start(
    known, plumber, twilio, work, stand_in
):
    with plumber.scope():
        erase(known.contact_id, actor="Pat", door="page", at=timezone.now())
    asked = len(stand_in.requests)
    again = twilio.call(known.phone)
    again.arrives()
    again.dial_ends("no-answer")
    work()
    assert len(stand_in.requests) == asked, "a new call is no new consent"
    with plumber.scope():
        came = Contact.objects.get(phone=known.phone)
        assert came.pk != known.contact_id and came.opted_out_at is not None
        assert came.name == "" and not came.erased_at
        assert Call.objects.filter(contact=came).get().decision == "skip"
    twilio.text(known.phone, "START")
    work()
    with plumber.scope():
        assert Contact.objects.get(phone=known.phone).opted_out_at is None
        assert ErasedPerson.objects.get().opted_out_at is None
        # Erased once more he is another placeholder, and now nobody who opted out.
        erase(came.pk, actor="Pat", door="page", at=timezone.now())
        assert ErasedPerson.objects.get().opted_out_at is None
        phones = set(Contact.objects.values_list("phone", flat=True))
        assert len(phones) == 2 and all(len(p) == 16 and p[0] == "x" for p in phones)
        assert ledger_problems() == []
    assert traces_in(plumber, known.phone) == []
    call = twilio.call(known.phone)
    call.arrives()
    call.dial_ends("no-answer")
    work()
    with plumber.scope():
        assert Contact.objects.get(phone=known.phone).opted_out_at is None


def test_who_could_have_meant_stop_when_he_was_erased_is_not_texted_again(
    plumber, dentist, twilio, work, stand_in
):
    now, paused, ended = timezone.now(), a_caller(), a_caller()
    with plumber.scope():
        for phone, until in ((paused, now + timedelta(days=3)), (ended, now - timedelta(days=1))):
            with transaction.atomic():
                contact = lock_contact(phone, now)
            Contact.objects.filter(pk=contact.pk).update(paused_until=until)
            erase(contact.pk, actor="Pat", door="page", at=now)
        outs = ErasedPerson.objects.values_list("phone_mark", "opted_out_at")
        assert dict(outs) == {mark_here(paused): now, mark_here(ended): None}
        told = ConsentEvent.objects.filter(kind="erasure").order_by("seq")
        assert [row.evidence.get("paused") for row in told] == ["yes", None]
        assert {row.evidence["opted_out"] for row in told} == {"no"}
        assert ledger_problems() == []
    call = twilio.call(paused)
    call.arrives()
    call.dial_ends("no-answer")
    work()
    assert stand_in.requests == []
    with plumber.scope():
        assert Contact.objects.get(phone=paused).opted_out_at == now
    with dentist.scope():
        assert not ErasedPerson.objects.exists()


def test_what_quotes_the_words_goes_with_them(plumber, dentist):
    phone, now = a_caller(), timezone.now()
    allowed = {"code": "ALLOW_MANUAL", "rules": ["8.47"], "sentence": "Written by hand.", "at": "1"}
    blocked = {"code": "CONTENT_BLOCKED", "rules": ["R-CTIA-9"], "at": "2",
               "sentence": "No text: the word grapefruit may not be sent."}  # fmt: skip
    with plumber.scope():
        text = send_as(phone, "No fruit here", author="person")
        Message.objects.update(
            clearances=[allowed, blocked], status="cancelled", error_code="CONTENT_BLOCKED",
            error_sentence=blocked["sentence"],
        )  # fmt: skip
        contact = Contact.objects.get(phone=phone)
        Refusal.objects.create(
            contact=contact, author="person", purpose="manual", body="Some fruit", at=now,
            code="CONTENT_BLOCKED", clearance=blocked,
        )  # fmt: skip
        erase(contact.pk, actor="Pat", door="page", at=now)
        text.refresh_from_db()
        assert text.clearances == [allowed, blocked | {"sentence": ""}]
        assert (text.error_code, text.error_sentence) == ("CONTENT_BLOCKED", "")
        assert Refusal.objects.get().clearance == blocked | {"sentence": ""}
    assert [t for t in traces(plumber, ["grapefruit"]) if t[0].startswith(plumber.schema)] == []


def test_their_own_words_do_not_outlive_them_in_the_ledger(plumber, dentist, twilio, work):
    phone = a_caller()
    twilio.text(phone, "take Wilhelmina Grapefruit 312 555 0142 off your list")
    work()
    with plumber.scope():
        event = ConsentEvent.objects.get(kind="pause")
        assert event.matched_by and event.matched == "" and "Grapefruit" in event.raw_text
        erase(event.contact_id, actor="Pat", door="page", at=timezone.now())
        assert ledger_problems() == []
    left = traces(plumber, ["wilhelmina", "grapefruit", "555 0142", *written(phone)])
    assert [found for found in left if found[0].startswith(plumber.schema)] == []


LEDGER_FREE: list[bool] = []


def is_the_ledger_free(person: Person) -> dict[str, int]:
    """A room's part in the erasure: asks whether somebody else could append meanwhile."""
    schema = current_schema()
    with psycopg.connect(**connection.get_connection_params()) as other:
        try:
            other.execute(f'SELECT 1 FROM "{schema}".messaging_ledgerhead FOR UPDATE NOWAIT')
            LEDGER_FREE.append(True)
        except psycopg.errors.LockNotAvailable:
            LEDGER_FREE.append(False)
    return {}


def test_while_words_are_overwritten_the_ledger_is_free_for_others(plumber, dentist, settings):
    settings.ERASURE_HANDLERS = [*settings.ERASURE_HANDLERS, f"{__name__}.is_the_ledger_free"]
    LEDGER_FREE.clear()
    now = timezone.now()
    with plumber.scope():
        with transaction.atomic():
            contact = lock_contact(a_caller(), now)
        erase(contact.pk, actor="Pat", door="page", at=now)
        assert LEDGER_FREE == [True]
        assert ConsentEvent.objects.get().kind == "erasure"
        assert not ConsentDetail.objects.exists() and ledger_problems() == []


def traces_in(biz: Biz, phone: str) -> list[Any]:
    return [t for t in traces(biz, written(phone)) if t[0].startswith(biz.schema)]


def test_texts_that_wait_are_called_off(plumber, work, stand_in):
    phone, now = a_caller(), timezone.now()
    with plumber.scope():
        waiting = send_as(phone, "On our way", author="person")
        contact = Contact.objects.get(phone=phone)
        erased = erase(contact.pk, actor="Pat", door="page", at=now)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.body) == ("cancelled", "")
    assert erased.counts["texts called off"] == 1
    assert not AgendaItem.objects.filter(kind="messaging.deliver").exists()
    work()
    assert stand_in.requests == []


@pytest.mark.parametrize("whom", ["number", "everybody"])
def test_a_legal_hold_stands_against_it(whom, plumber, dentist):
    phone, now = a_caller(), timezone.now()
    for biz in (plumber, dentist):
        with biz.scope(), transaction.atomic():
            lock_contact(phone, now, "Dana")
    with plumber.scope():
        contact = Contact.objects.get(phone=phone)
        hold = holds.place(phone if whom == "number" else "", "Case 1", "Counsel", now)
        with pytest.raises(ErasureRefused, match="contact: a legal hold") as refused:
            erase(contact.pk, actor="Pat", door="page", at=now)
        assert refused.value.field == "contact"
        contact.refresh_from_db()
        assert (contact.phone, contact.name, contact.erased_at) == (phone, "Dana", None)
        assert not ConsentEvent.objects.exists() and not ErasedPerson.objects.exists()
        holds.lift(hold.pk, "Counsel", now)
        erase(contact.pk, actor="Pat", door="page", at=now)
        with pytest.raises(ErasureRefused, match="was erased on"):
            erase(contact.pk, actor="Pat", door="page", at=now)
        with pytest.raises(ErasureRefused, match="no such person"):
            erase(10**9, actor="Pat", door="page", at=now)
    with dentist.scope():
        assert Contact.objects.get(phone=phone).name == "Dana"


def test_what_is_going_on_is_waited_for(plumber, twilio, work):
    caller = a_caller()
    twilio.call(caller).arrives()
    work()
    with plumber.scope():
        contact = Contact.objects.get(phone=caller)
        with pytest.raises(ErasureRefused, match="a call of this person is going on"):
            erase(contact.pk, actor="Pat", door="page", at=timezone.now())
        assert Contact.objects.get(phone=caller).erased_at is None
        Call.objects.update(outcome="answered")
        text = send_as(caller, "Hello", author="person")
        Message.objects.filter(pk=text.pk).update(status="sending")
        with pytest.raises(ErasureRefused, match="on its way"):
            erase(contact.pk, actor="Pat", door="page", at=timezone.now())


def test_asking_for_it_is_a_ticket(plumber):
    now = timezone.now()
    with plumber.scope(), transaction.atomic():
        contact = lock_contact(a_caller(), now)
        request_erasure(contact, at=now)
        request_erasure(contact, at=now + timedelta(minutes=1))
        ticket = Alert.objects.get(code=REQUESTED)
        assert (ticket.contact_id, ticket.times, ticket.resolved_at) == (contact.pk, 2, None)
        assert contact.phone not in ticket.sentence
        erase(contact.pk, actor="Pat", door="page", at=now)
        ticket.refresh_from_db()
        assert ticket.resolved_by == "Pat"


def test_the_command_erases_and_says_what_stands_against_it(plumber, dentist, capsys):
    phone, now = a_caller(), timezone.now()
    with plumber.scope(), transaction.atomic():
        lock_contact(phone, now, "Dana")
    call = {"business": plumber.schema}
    for number, more, said in (
        ("12", call, "NUMBER: expected a phone number"),
        (a_caller(), call, "NUMBER: Lakeside Plumbing knows nobody"),
        (phone, {"business": "nowhere"}, "--business: there is no business"),
        (phone, {"business": dentist.schema}, "NUMBER: Desert Dental knows nobody"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("erase_person", number, **more)
    call_command("erase_person", phone, **call)
    assert "erased" in capsys.readouterr().out
    with plumber.scope():
        assert Contact.objects.get().name == NAME
        assert AuditEntry.objects.get(action="person.erase").door == "command"
    with pytest.raises(CommandError, match="knows nobody"):
        call_command("erase_person", phone, **call)
