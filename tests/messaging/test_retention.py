"""Retention: announced, done a week later in batches, held back by holds, and never the proof."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from calls.models import Call
from inbox.models import Promise
from messaging import consent, holds, retention
from messaging.keeping import Limits, Plan, Share, announcement, months_before, next_month
from messaging.models import (
    Alert,
    AuditEntry,
    ConsentDetail,
    ConsentEvent,
    Contact,
    Conversation,
    LegalHold,
    Message,
    Policy,
    Refusal,
)
from messaging.people import lock_contact, touch_conversation
from tenants.models import AgendaItem, ProviderEvent, new_id
from tests.support.hooks import a_caller, a_sid

YEAR = timedelta(days=366)
NEW_YORK = ZoneInfo("America/New_York")


def test_months_are_counted_by_the_calendar():
    at = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
    assert months_before(at, 1) == datetime(2026, 2, 28, 12, 30, tzinfo=UTC)
    assert months_before(at, 25) == datetime(2024, 2, 29, 12, 30, tzinfo=UTC)
    assert months_before(at, 60) == datetime(2021, 3, 31, 12, 30, tzinfo=UTC)
    assert next_month(datetime(2026, 12, 31, 23, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert next_month(datetime(2026, 1, 31, tzinfo=NEW_YORK)).utcoffset() == timedelta(hours=-5)


def test_the_announcement_says_what_goes_when_and_where_it_is_so():
    at = datetime(2026, 11, 25, 3, tzinfo=UTC)
    texts = Share("texts", 1204, at - 6 * YEAR, at - 5 * YEAR)
    plan = Plan(Limits(at, 60, 90), (texts,))
    assert announcement(plan, ZoneInfo("UTC")) == (
        "On 2 December 1,204 texts older than 5 years will be blanked."
    )
    plan = Plan(
        Limits(at, 30, 90),
        (texts, Share("blocked texts", 0), Share("voicemail recordings", 3, held=2)),
    )
    assert announcement(plan, NEW_YORK) == (
        "On 1 December 1,204 texts older than 30 months and 3 voicemail recordings older than 90 "
        "days will be blanked. A legal hold keeps 2 more."
    )


def test_a_plan_is_kept_to_unless_policy_keeps_longer_by_now():
    at = datetime(2026, 11, 25, tzinfo=UTC)
    limits = Limits(at, 60, 90)
    assert limits.loosened(24, 30) == limits
    assert limits.loosened(72, 120) == Limits(at, 72, 120)
    assert limits.opt_outs_before == datetime(2016, 11, 25, tzinfo=UTC)
    assert Limits(at, 24, 1).evidence_before == datetime(2021, 11, 25, tzinfo=UTC)


def say(biz, age, *, phone=None, count=1, said="Grapefruit please"):
    """Put texts of that age into a business's thread with somebody, each with its webhook."""
    at, phone = timezone.now() - age, phone or a_caller()
    with biz.scope(), transaction.atomic():
        contact = lock_contact(phone, at)
        thread = touch_conversation(contact.pk, at=at, line=said, direction="in")
        ids = [a_sid("SM") for _ in range(count)]
        Message.objects.bulk_create(
            Message(
                id=new_id(), conversation_id=thread, direction="in", status="received",
                author="contact", body=said, media=[{"url": "x"}], our_number=biz.number,
                their_number=phone, provider="twilio", provider_id=sid,
                created_at=at + timedelta(seconds=n),
            )
            for n, sid in enumerate(ids)
        )  # fmt: skip
        ProviderEvent.objects.bulk_create(
            ProviderEvent(
                provider="twilio", kind="messaging", business=biz.business, subject=sid,
                dedupe_key=sid, params={"Body": said, "From": phone, "MessageSid": sid},
                state="processed", received_at=at,
            )
            for sid in ids[:3]
        )  # fmt: skip
    return phone, ids


def voicemail(biz, age, phone=None):
    at = timezone.now() - age
    with biz.scope(), transaction.atomic():
        contact = lock_contact(phone, at) if phone else None
        call = Call.objects.create(
            provider="twilio", provider_id=a_sid(), contact=contact, our_number=biz.number,
            caller=phone or "anonymous", outcome="voicemail", missed_because="no_answer",
            started_at=at, voicemail_url="https://api.twilio.com/RE1", voicemail_seconds=9,
        )  # fmt: skip
    ProviderEvent.objects.create(
        provider="twilio", kind="voice.recording", business=biz.business, subject=call.provider_id,
        dedupe_key=call.provider_id, state="processed", received_at=at,
        params={"RecordingUrl": "https://api.twilio.com/RE1", "CallSid": call.provider_id, "From": phone or ""},
    )  # fmt: skip
    return call


def bodies(biz):
    with biz.scope():
        return list(Message.objects.order_by("created_at").values_list("body", flat=True))


def everything(biz):
    """Return every row a purge could touch, for comparing."""
    models = (Message, Conversation, Refusal, ConsentEvent, ConsentDetail, Call, Contact, Alert,
              AuditEntry, LegalHold)  # fmt: skip
    with biz.scope():
        rows = {m.__name__: list(m.objects.order_by("pk").values()) for m in models}
    return rows | {
        "webhooks": list(ProviderEvent.objects.order_by("pk").values()),
        "agenda": list(AgendaItem.objects.order_by("pk").values()),
    }


@pytest.fixture
def aged(plumber, dentist):
    """Both businesses: texts of six and four years, voicemails of 100 and 80 days, one refused text."""
    for biz in (plumber, dentist):
        say(biz, 6 * YEAR)
        phone, _ = say(biz, 4 * YEAR)
        voicemail(biz, timedelta(days=100), phone)
        voicemail(biz, timedelta(days=80), phone)
        voicemail(biz, timedelta(days=200))
        with biz.scope():
            Refusal.objects.create(
                contact=Contact.objects.get(phone=phone), author="person", purpose="manual",
                body="Not this", code="X", at=timezone.now() - 6 * YEAR,
            )  # fmt: skip
    return plumber


def test_a_dry_run_counts_and_changes_nothing(aged, dentist, capsys):
    before = everything(aged)
    with aged.scope():
        plan = retention.plan(timezone.now())
    shares = {share.what: share for share in plan.shares}
    assert {what: share.count for what, share in shares.items()} == {
        "texts": 1, "blocked texts": 1, "details of consent": 0, "voicemail recordings": 2,
        "pictures and files": 0, "promises": 0,
    }  # fmt: skip
    assert shares["texts"].oldest == shares["texts"].newest
    assert shares["voicemail recordings"].oldest < shares["voicemail recordings"].newest
    call_command("apply_retention", "--dry-run")
    said = capsys.readouterr().out
    assert "Lakeside Plumbing" in said and "Desert Dental" in said and "nothing was changed" in said
    assert everything(aged) == before
    with pytest.raises(CommandError, match="--business: there is no business"):
        call_command("apply_retention", "--business", "nowhere")


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_broken_business_keeps_no_other_from_being_purged(aged, dentist, capsys, dry_run):
    table, aside = f'"{aged.schema}".messaging_message', f'"{aged.schema}".put_aside'
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO put_aside")
        try:
            with pytest.raises(CommandError, match="1 of 2 businesses") as raised:
                call_command("apply_retention", dry_run=dry_run)
        finally:
            cursor.execute(f"ALTER TABLE {aside} RENAME TO messaging_message")
    assert raised.value.returncode == 1
    said, wrong = capsys.readouterr()
    assert wrong.startswith(f"{aged.schema}: NOT FINISHED: relation") and wrong.count("\n") == 1
    assert "Desert Dental" in said and ("done: 4" in said) is not dry_run
    assert bodies(dentist) == ["Grapefruit please" if dry_run else "", "Grapefruit please"]
    assert bodies(aged) == ["Grapefruit please"] * 2


def test_by_hand_it_is_done_at_once_and_for_one_business_alone(aged, dentist, capsys):
    others = everything(dentist)
    call_command("apply_retention", "--business", aged.schema, "--by", "Pat")
    assert "done: 4" in capsys.readouterr().out
    assert bodies(aged) == ["", "Grapefruit please"]
    now = everything(dentist)
    for name in ("Message", "Conversation", "Refusal", "Call", "AuditEntry"):
        assert now[name] == others[name]
    with aged.scope():
        old, young = Message.objects.order_by("created_at")
        assert old.body_hash == hashlib.sha256(b"Grapefruit please").hexdigest()
        assert (old.media, bool(old.erased_at), old.provider_id is None) == ([], True, False)
        assert (young.erased_at, young.body_hash, young.media) == (None, "", [{"url": "x"}])
        lines = Conversation.objects.order_by("last_at").values_list("last_line", flat=True)
        assert list(lines) == ["", "Grapefruit please"]
        assert Refusal.objects.get().body == "" and Refusal.objects.get().code == "X"
        urls = Call.objects.order_by("started_at").values_list("voicemail_url", flat=True)
        assert [bool(url) for url in urls] == [False, False, True]
        assert set(Call.objects.values_list("voicemail_seconds", flat=True)) == {9}
        entries = AuditEntry.objects.filter(action="retention.purge", actor="Pat", door="command")
        assert sum(entry.detail["count"] for entry in entries) == 4
    events = {e.subject: e.params for e in ProviderEvent.objects.filter(business=aged.business)}
    assert events[old.provider_id] == {
        "Body": "", "From": old.their_number, "MessageSid": old.provider_id,
    }  # fmt: skip
    assert events[young.provider_id]["Body"] == "Grapefruit please"
    assert sum(bool(e.get("RecordingUrl")) for e in events.values()) == 1


def test_what_quotes_the_words_goes_with_them(plumber, dentist):
    """The gate's sentences repeat what stood against a text; its codes, rules and times stay."""
    allowed = {"code": "ALLOW_MANUAL", "rules": ["8.47"], "sentence": "Written by hand.", "at": "1"}
    offer = "No text: it makes an offer (“grapefruit half off”), and a missed call allows none."
    refused = {"code": "PROMO_WITHOUT_PEWC", "rules": ["8.30"], "sentence": offer, "at": "2"}
    blocked = {"code": "CONTENT_BLOCKED", "rules": ["R-CTIA-9"], "at": "3",
               "sentence": "No text: the word grapefruit may not be sent. Write it otherwise."}  # fmt: skip
    old = timezone.now() - 6 * YEAR
    for biz in (plumber, dentist):
        phone, _ = say(biz, 6 * YEAR)
        say(biz, 4 * YEAR, phone=phone)
        with biz.scope():
            Message.objects.update(
                direction="out", status="cancelled", clearances=[allowed, refused],
                error_code=refused["code"], error_sentence=offer,
            )  # fmt: skip
            contact = Contact.objects.get(phone=phone)
            for n, clearance in enumerate([blocked, allowed]):
                Refusal.objects.create(
                    contact=contact, author="person", purpose="manual", body="grapefruit",
                    code=clearance["code"], clearance=clearance, at=old + timedelta(seconds=n),
                )  # fmt: skip
    with plumber.scope():
        limits = retention.current_limits(timezone.now())
        assert retention.purge(limits, door="command", actor="Pat") == {
            "Texts": 1, "BlockedTexts": 2,
        }  # fmt: skip
        gone, young = Message.objects.order_by("created_at")
        assert gone.clearances == [allowed, refused | {"sentence": ""}]
        assert (gone.error_code, gone.error_sentence) == (refused["code"], "")
        assert (young.clearances, young.error_sentence) == ([allowed, refused], offer)
        kept = Refusal.objects.order_by("at").values_list("clearance", flat=True)
        assert list(kept) == [blocked | {"sentence": ""}, allowed]
    with dentist.scope():
        assert all(text.clearances[1]["sentence"] == offer for text in Message.objects.all())
        theirs = Refusal.objects.order_by("at").values_list("clearance", flat=True)
        assert list(theirs) == [blocked, allowed]


def test_what_a_text_promised_goes_with_its_words_but_not_that_it_was_kept(plumber, dentist):
    for biz in (plumber, dentist):
        say(biz, 6 * YEAR)
        with biz.scope():
            thread, old = Conversation.objects.get(), timezone.now() - 6 * YEAR
            for n, (at, state) in enumerate(
                ((old, "kept"), (old, "open"), (old + 5 * YEAR, "kept"))
            ):
                Promise.objects.create(
                    conversation=thread, message=new_id(), words=f"by {n} o'clock at Maria's",
                    due_at=at, warn_at=at, created_at=at, state=state,
                    ended_at=at if state == "kept" else None,
                )  # fmt: skip
    with plumber.scope():
        shares = {share.what: share.count for share in retention.plan(timezone.now()).shares}
        assert shares["promises"] == 1
        retention.purge(retention.current_limits(timezone.now()), door="test", actor="A test")
        words = list(Promise.objects.order_by("pk").values_list("words", "state"))
        assert words[0][0].startswith("erased ") and words[0][1] == "kept"
        assert all("Maria" in said for said, _state in words[1:])
    with dentist.scope():
        assert Promise.objects.filter(words__contains="Maria").count() == 3


def monthly(biz):
    with biz.scope():
        retention.start(biz.business.pk, timezone.now())
    return AgendaItem.objects.get(kind="messaging.retain", business=biz.business)


def test_it_is_announced_and_done_a_week_later_by_the_agenda(aged, work, pass_time):
    row = monthly(aged)
    assert row.due_at.day == 1 and row.due_at > timezone.now()
    work()
    assert not everything(aged)["AuditEntry"], "not before its day"
    pass_time(32 * 86_400)
    work()
    with aged.scope():
        plan = AuditEntry.objects.get()
        assert (plan.action, plan.subject) == ("retention.plan", f"{timezone.now():%Y-%m}")
        assert plan.detail["shares"][0]["count"] == 1
        notice = Alert.objects.get()
        assert "1 texts older than 5 years" in notice.sentence and notice.resolved_at is None
    assert bodies(aged)[0] == "Grapefruit please"
    rows = AgendaItem.objects.filter(kind="messaging.retain").order_by("subject")
    assert [r.subject for r in rows] == ["monthly", f"purge:{plan.pk}"]
    week = rows[1].due_at - timezone.now()
    assert timedelta(days=6, hours=23) < week <= timedelta(days=7)
    # Asked again within the month it says nothing new.
    AgendaItem.objects.filter(subject="monthly").update(due_at=timezone.now())
    work()
    with aged.scope():
        assert AuditEntry.objects.count() == 1 and Alert.objects.get().times == 1
    pass_time(7 * 86_400)
    work()
    assert bodies(aged) == ["", "Grapefruit please"]
    with aged.scope():
        assert Alert.objects.get().resolved_by == "The system"
        done = AuditEntry.objects.filter(action="retention.purge")
        assert sum(entry.detail["count"] for entry in done) == 4
    assert [r.subject for r in AgendaItem.objects.filter(kind="messaging.retain")] == ["monthly"]


def test_what_grew_old_since_the_announcement_and_a_longer_policy_wait(plumber, work, pass_time):
    say(plumber, 5 * YEAR + timedelta(days=5))
    say(plumber, timedelta(days=5 * 365 - 2))  # old enough in some days
    monthly(plumber)
    pass_time(32 * 86_400)
    work()
    with plumber.scope():
        entry = AuditEntry.objects.get()
        # A policy that keeps longer, saved in the week between, is obeyed.
        Policy.objects.create(changed_at=timezone.now(), message_months=72)
    pass_time(7 * 86_400)
    work()
    assert bodies(plumber) == ["Grapefruit please"] * 2
    with plumber.scope():
        Policy.objects.create(changed_at=timezone.now(), message_months=24)
        # A shorter one is not: it was announced otherwise.
        limits = retention.limits_from(entry.detail).loosened(24, 90)
        assert retention.purge(limits, door="agenda", actor="Ringback")["Texts"] == 1
    assert bodies(plumber) == ["", "Grapefruit please"]


def test_nothing_old_is_no_notice_and_no_purge(plumber, work, pass_time):
    say(plumber, YEAR)
    monthly(plumber)
    pass_time(32 * 86_400)
    work()
    with plumber.scope():
        assert AuditEntry.objects.get().detail["shares"][0]["count"] == 0
        assert not Alert.objects.exists()
    assert AgendaItem.objects.get(kind="messaging.retain").subject == "monthly"


@pytest.mark.parametrize("whom", ["number", "everybody"])
def test_a_hold_stops_it_even_one_placed_in_the_week_between(
    whom, plumber, dentist, work, pass_time
):
    held, _ = say(plumber, 6 * YEAR)
    voicemail(plumber, YEAR, held)
    say(plumber, 6 * YEAR - timedelta(days=1), said="Nobody's")
    say(dentist, 6 * YEAR, phone=held)
    monthly(plumber)
    pass_time(32 * 86_400)
    work()
    with plumber.scope():
        hold = holds.place(held if whom == "number" else "", "Case 1", "Counsel", timezone.now())
    pass_time(7 * 86_400)
    work()
    left = ["Grapefruit please", "" if whom == "number" else "Nobody's"]
    assert bodies(plumber) == left
    with plumber.scope():
        assert Call.objects.get().voicemail_url
        plan = retention.plan(timezone.now())
        assert plan.everybody_held is (whom == "everybody")
        if whom == "number":
            assert (plan.total, [share.held for share in plan.shares]) == (0, [1, 0, 0, 0, 1, 0])
        holds.lift(hold.pk, "Judge", timezone.now())
        limits = retention.current_limits(timezone.now())
        retention.purge(limits, door="command", actor="Pat")
    assert bodies(plumber) == ["", ""]
    assert bodies(dentist) == ["Grapefruit please"]


def test_a_purge_that_is_cut_off_is_gone_on_with(plumber, work, pass_time):
    """The database refuses in the third batch: what was committed stays, the rest comes later."""
    _, ids = say(plumber, 6 * YEAR, count=2 * retention.BATCH + 30)
    table = f'"{plumber.schema}".messaging_message'
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION {plumber.schema}.broken() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION 'the disk is gone'; END $$; "
            f"CREATE TRIGGER broken BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN (OLD.provider_id = '{ids[-1]}') EXECUTE FUNCTION {plumber.schema}.broken()"
        )
    try:
        monthly(plumber)
        pass_time(32 * 86_400)
        work()
        pass_time(7 * 86_400)
        work()
        blanked = sum(body == "" for body in bodies(plumber))
        assert blanked == 2 * retention.BATCH
        row = AgendaItem.objects.get(subject__startswith="purge:")
        assert "the disk is gone" in row.last_error and row.state == "waiting"
        with plumber.scope():
            assert Alert.objects.get().resolved_at is None
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DROP TRIGGER broken ON {table}; DROP FUNCTION {plumber.schema}.broken()"
            )
    pass_time(600)
    work()
    assert set(bodies(plumber)) == {""}
    with plumber.scope():
        done = AuditEntry.objects.filter(action="retention.purge")
        assert [e.detail["count"] for e in done.order_by("pk")] == [500, 500, 30]
        hashes = set(Message.objects.values_list("body_hash", flat=True))
        assert hashes == {hashlib.sha256(b"Grapefruit please").hexdigest()}
        assert Alert.objects.get().resolved_at is not None


def test_the_ledger_and_opt_outs_outlast_everything(plumber):
    now = timezone.now()

    def event(kind, age):
        with transaction.atomic():
            contact = lock_contact(a_caller(), now - age)
            found = consent.record(contact, kind, at=now - age, channel="sms", raw_text="Words")
        return found, contact

    with plumber.scope():
        kept_long, opted = event("opt_out", 9 * YEAR)
        gone_long, _ = event("opt_out", 11 * YEAR)
        gone, _ = event("help", 6 * YEAR)
        kept, _ = event("help", 4 * YEAR)
        talks, person = event("help", 6 * YEAR)
        say(plumber, YEAR, phone=person.phone)
        retention.purge(retention.current_limits(now), door="command", actor="Pat")
        assert set(ConsentDetail.objects.values_list("event_id", flat=True)) == {
            kept_long, kept, talks,
        }  # fmt: skip
        assert ConsentEvent.objects.count() == 5
        assert gone_long and gone
        assert Contact.objects.get(pk=opted.pk).opted_out_at is not None
        assert Contact.objects.filter(opted_out_at__isnull=False).count() == 2


def test_a_business_made_today_has_its_retention_on_the_agenda(world):
    from tenants.onboarding import Request, onboard

    made = onboard(
        Request(
            agency="Eastwind Agency", name="Harbor Law", timezone="America/New_York",
            number="+13055550100", provider="twilio", account_sid="AC" + "7" * 32,
            auth_token="token-of-the-lawyer", owner_email="law@harbor.example",
        )
    )  # fmt: skip
    row = AgendaItem.objects.get(kind="messaging.retain")
    assert (row.business_id, row.subject, row.lane) == (
        made.business.pk, "monthly", "housekeeping",
    )  # fmt: skip
    assert row.due_at > timezone.now() and row.due_at.day == 1


def test_a_business_that_was_there_before_gets_it_by_migration(plumber):
    from importlib import import_module

    from django.conf import settings

    from tenants.scope import business_scope

    begin = import_module("messaging.migrations.0006_retention").begin
    with business_scope(settings.TENANT_BASE_SCHEMA):
        begin(None, None)
    assert not AgendaItem.objects.exists(), "the blueprint is nobody's business"
    for _ in range(2):
        with plumber.scope():
            begin(None, None)
    row = AgendaItem.objects.get()
    assert (row.kind, row.subject, row.business_id) == (
        "messaging.retain", "monthly", plumber.business.pk,
    )  # fmt: skip
