"""The door for reported calls: proof, idempotency, bad input, pace, and what is answered."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.intake import sources
from calls.models import Call
from tenants.models import AgendaItem, ApiKey, CallSource, PhoneNumber, ProviderEvent
from tests.intake.conftest import calls_of, connect, nobody_else, payload, told_now
from tests.support.hooks import a_caller, texts_to


def problem(answer, status, field=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["detail"]
    assert body["status"] == status
    if field is not None:
        assert [error["field"] for error in body["errors"]] == [field]
    return body


def keyed(pbx, body, *, key=None, host="localhost", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    bearer = pbx.biz.api_key if key is None else key
    given = {"host": host, "content-type": "application/json", "authorization": f"Bearer {bearer}"}
    return pbx.client.post(
        f"{pbx.base_url}/api/v1/call-events/", content=raw, headers=given | headers, timeout=30
    )


# --- taken -----------------------------------------------------------------------------------------
def test_a_signed_report_of_a_missed_call_is_one_text(pbx, stand_in, work, dentist):
    caller = a_caller()
    answer = pbx.send(pbx.event(caller))
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"id": answer.json()["id"], "status": "accepted", "note": ""}
    work()
    [text] = texts_to(stand_in.requests, caller)
    assert text["form"]["From"] == pbx.biz.number
    [call] = calls_of(pbx.biz)
    assert (call.outcome, call.missed_because, call.decision_reason) == (
        "missed",
        "no_answer",
        "SEND",
    )
    assert call.ring_seconds == 20
    nobody_else(dentist)


def test_with_an_api_key_the_business_is_known_by_it(pbx, stand_in, work, dentist):
    caller = a_caller()
    answer = keyed(pbx, pbx.event(caller))
    assert answer.status_code == 202, answer.text
    again = keyed(pbx, pbx.event(a_caller()), host=pbx.biz.host)
    assert again.status_code == 202
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert CallSource.objects.filter(business=pbx.biz.business, mapping="api").count() == 1
    nobody_else(dentist)


def test_the_event_id_may_stand_in_the_idempotency_key(pbx):
    body = {k: v for k, v in pbx.event(a_caller()).items() if k != "event_id"}
    first = keyed(pbx, body, **{"idempotency-key": "abc"})
    second = keyed(pbx, body, **{"idempotency-key": "abc"})
    assert [first.json()["status"], second.json()["status"]] == ["accepted", "duplicate"]
    problem(keyed(pbx, body), 422, "event_id")


def test_nothing_of_the_schema_is_asked_before_it_is_stored(pbx, work):
    from django.db import connection

    schema = pbx.biz.schema
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA {schema} RENAME TO away_for_now")
    try:
        assert pbx.send(pbx.event(a_caller())).status_code == 202
        assert keyed(pbx, pbx.event(a_caller())).status_code == 202
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER SCHEMA away_for_now RENAME TO {schema}")
    work()
    assert len(calls_of(pbx.biz)) == 2


def test_twenty_posts_of_one_event_are_one_text(pbx, stand_in, work):
    caller = a_caller()
    event = pbx.event(caller)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: pbx.send(event), range(20)))
    assert [a.status_code for a in answers] == [202] * 20
    said = [a.json()["status"] for a in answers]
    assert (said.count("accepted"), said.count("duplicate")) == (1, 19)
    assert len({a.json()["id"] for a in answers}) == 1
    stored = ProviderEvent.objects.get(provider="reported")
    assert stored.params["repeats"] == 19
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    assert len(calls_of(pbx.biz)) == 1


def test_the_same_id_at_two_sources_is_two_events(pbx, other_pbx, work):
    event = pbx.event(a_caller())
    assert pbx.send(event).json()["status"] == "accepted"
    assert other_pbx.send(event).json()["status"] == "accepted"
    work()
    assert (len(calls_of(pbx.biz)), len(calls_of(other_pbx.biz))) == (1, 1)


# --- proof -----------------------------------------------------------------------------------------
def test_a_wrong_or_old_signature_leaves_nothing(pbx, other_pbx, work):
    event = pbx.event(a_caller())
    problem(pbx.send(event, secret=other_pbx.secret), 403)
    problem(pbx.send(event, late=400), 403)
    problem(pbx.send(event, path=other_pbx.path), 403)
    answer = problem(pbx.send(event, headers={"webhook-signature": ""}), 401)
    assert "webhook-signature" in answer["detail"]
    assert not ProviderEvent.objects.exists()
    assert not AgendaItem.objects.exists()


def test_a_secret_is_exchanged_without_losing_an_event(pbx, work):
    with pbx.biz.scope():
        fresh = sources.rotate(pbx.source, by="test", at=timezone.now())
    assert pbx.send(pbx.event(a_caller())).status_code == 202
    assert pbx.send(pbx.event(a_caller()), secret=fresh).status_code == 202
    with pbx.biz.scope():
        sources.retire(pbx.source, by="test", at=timezone.now())
    problem(pbx.send(pbx.event(a_caller())), 403)
    assert pbx.send(pbx.event(a_caller()), secret=fresh).status_code == 202


def test_another_business_host_knows_no_such_address(pbx, dentist):
    problem(pbx.send(pbx.event(a_caller()), host=dentist.host), 404)
    assert pbx.send(pbx.event(a_caller()), host=pbx.biz.host).status_code == 202
    problem(pbx.send(pbx.event(a_caller()), path="/api/v1/call-events/nobody-has-this/"), 404)


def test_an_api_key_of_another_business_or_none(pbx, dentist):
    event = pbx.event(a_caller())
    problem(keyed(pbx, event, key="rb_none_none"), 401)
    problem(keyed(pbx, event, key=dentist.api_key, host=pbx.biz.host), 401)
    ApiKey.objects.filter(business=pbx.biz.business).update(revoked_at=timezone.now())
    problem(keyed(pbx, event), 401)
    assert not ProviderEvent.objects.exists()


def test_the_source_for_keys_has_no_address_of_its_own(pbx):
    keyed(pbx, pbx.event(a_caller()))
    source = CallSource.objects.get(mapping="api")
    problem(pbx.send(pbx.event(a_caller()), path=f"/api/v1/call-events/{source.token}/"), 404)


# --- bad input ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "abducted"}, "outcome"),
        ({"type": "call.exploded"}, "type"),
        ({"from": "front desk"}, "from"),
        ({"started_at": "noon"}, "started_at"),
        ({"ended_at": "2031-01-01T00:00:00Z"}, "ended_at"),
        ({"call_id": None}, "call_id"),
        ({"line": "+16025550100"}, "line"),
        ({"line": "main"}, "line"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_kept_for_debugging(pbx, change, field):
    event = pbx.event(a_caller()) | change
    problem(pbx.send(event), 422, field)
    problem(keyed(pbx, event), 422, field)
    notes = set(ProviderEvent.objects.values_list("state", "note"))
    assert {state for state, _ in notes} == {"refused"}
    assert all(note.startswith(f"{field}: ") for _, note in notes)
    assert not AgendaItem.objects.exists()


def test_corrected_and_sent_again_it_is_taken(pbx):
    event = pbx.event(a_caller())
    problem(pbx.send(event | {"outcome": "lost"}), 422, "outcome")
    assert pbx.send(event).json()["status"] == "accepted"


def test_what_is_no_event(pbx):
    for send in (pbx.send, lambda body, **more: keyed(pbx, body)):
        assert "list" in problem(send([pbx.event(a_caller())]), 422, "event")["detail"]
        problem(send(b"{"), 400)
        problem(send(b'"text"'), 422, "event")
        problem(send(b"\xff\xfe"), 400)
    problem(pbx.send({}, kind="application/x-www-form-urlencoded"), 415)
    problem(keyed(pbx, {}, **{"content-type": "text/plain"}), 415)
    problem(pbx.send(b'{"a": "' + b"x" * 70_000 + b'"}'), 413)
    problem(pbx.send(b'{"a": "' + b"x" * 1_200_000 + b'"}'), 413)
    answer = pbx.client.get(pbx.base_url + pbx.path, headers={"host": "localhost"})
    problem(answer, 405)


def test_unknown_fields_are_kept_and_ignored(pbx, work):
    event = pbx.event(a_caller()) | {"crm": {"owner": "Ada\x00", "deep": [[[1]]]}, "notice": True}
    assert pbx.send(event).status_code == 202
    stored = ProviderEvent.objects.get(provider="reported")
    assert stored.params["body"]["crm"]["owner"] == "Ada"
    work()
    [call] = calls_of(pbx.biz)
    assert "notice" not in call.facts


def test_no_report_climbs_the_consent_ladder(pbx, work, stand_in):
    claims = {
        "notice": "greeting", "notice_text": "we may text you", "consent_digit": "1", "prompt": "press 1",
        "stir": "TN-Validation-Passed-A", "screen_accepted": True, "voicemail_url": "https://x.example/",
    }  # fmt: skip
    caller = a_caller()
    pbx.send(pbx.event(caller) | claims)
    work()
    from messaging.models import ConsentEvent

    with pbx.biz.scope():
        levels = list(ConsentEvent.objects.filter(kind="consent").values_list("level", flat=True))
        call = Call.objects.get()
        assert call.voicemail_url == ""
    assert levels == [1]
    assert not set(claims) & set(call.facts)


# --- pace --------------------------------------------------------------------------------------------
def test_a_source_that_runs_wild_is_slowed(pbx, other_pbx):
    from django.conf import settings

    from calls.intake import pace

    assert settings.REDIS_URL
    for _ in range(pace.BURST):
        assert pace.wait_for(pbx.source.pk) == 0
    slowed = [pace.wait_for(pbx.source.pk) for _ in range(20)]
    assert all(0 <= seconds < 60 for seconds in slowed)
    assert any(slowed)
    answers = [pbx.send(pbx.event(a_caller())) for _ in range(60)]
    refused = [a for a in answers if a.status_code == 429]
    assert refused
    problem(refused[0], 429)
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60
    assert other_pbx.send(other_pbx.event(a_caller())).status_code == 202


# --- kept, not acted upon --------------------------------------------------------------------------
def test_what_is_stored_and_left_aside_says_why(pbx, work, stand_in):
    own = pbx.biz.number
    for event, words in (
        ({"event_id": "t1", "type": "test"}, "test"),
        (pbx.event(a_caller(), "answered", direction="outbound"), "made"),
        (pbx.event(a_caller(), type="call.ringing"), "rings"),
        (pbx.event("+13125550199", to="+13125550199"), "itself"),
    ):
        answer = pbx.send(event)
        assert answer.status_code == 202
        assert words in answer.json()["note"], answer.json()
    assert pbx.send(pbx.event(own)).json()["note"] == ""  # known only with the business's set-up
    work()
    assert calls_of(pbx.biz) == []
    assert stand_in.requests == []


def test_a_paused_source_keeps_its_events(pbx, work):
    with pbx.biz.scope():
        sources.set_active(pbx.source, False, by="test", at=timezone.now())
    assert "paused" in pbx.send(pbx.event(a_caller())).json()["note"]
    work()
    assert calls_of(pbx.biz) == []
    assert ProviderEvent.objects.filter(provider="reported").count() == 1


def test_a_removed_source_is_gone_and_its_calls_stay(pbx, work):
    pbx.send(pbx.event(a_caller()))
    work()
    with pbx.biz.scope():
        sources.remove(pbx.source, by="test", at=timezone.now())
    problem(pbx.send(pbx.event(a_caller())), 404)
    assert len(calls_of(pbx.biz)) == 1


# --- which line --------------------------------------------------------------------------------------
def test_the_text_leaves_from_the_line_that_fits(pbx, plumber, work, stand_in):
    first = PhoneNumber.objects.get(e164=plumber.number)
    PhoneNumber.objects.create(
        e164="+13125550101", business=plumber.business, account=first.account,
        forwards_from="+13125550177",
    )  # fmt: skip
    by_name, by_number, plain = a_caller(), a_caller(), a_caller()
    pbx.send(pbx.event(by_name, line="(312) 555-0101"))
    pbx.send(pbx.event(by_number, to="+13125550177"))
    pbx.send(pbx.event(plain, to="+13125550188"))
    work()
    lines = {r["form"]["To"]: r["form"]["From"] for r in stand_in.requests}
    assert lines == {
        by_name: "+13125550101", by_number: "+13125550101", plain: plumber.number,
    }  # fmt: skip
    assert "+13125550100" in problem(keyed(pbx, pbx.event(a_caller())), 422, "line")["detail"]
    assert keyed(pbx, pbx.event(a_caller(), line="+13125550101")).status_code == 202
    assert CallSource.objects.get(mapping="api").line.e164 == "+13125550101"


# --- every system ------------------------------------------------------------------------------------
MISSED = {
    "generic": "missed", "ringcentral": "missed", "aircall": "missed", "quo": "missed",
    "dialpad": "missed", "3cx": "missed",
}  # fmt: skip
ANSWERED = {
    "generic": "answered", "ringcentral": "answered_ended", "aircall": "answered_ended",
    "quo": "answered", "dialpad": "answered_hangup", "3cx": "answered",
}  # fmt: skip


@pytest.mark.parametrize("mapping", sorted(MISSED))
def test_a_missed_call_of_every_system_is_a_text(
    system, mapping, work, stand_in, pass_time, dentist
):
    pbx, caller = system(mapping), a_caller()
    answer = pbx.send(told_now(payload(mapping, MISSED[mapping]), caller))
    assert answer.status_code == 202, answer.text
    pass_time(70)  # some tell of each phone: a missed one waits for the others
    work()
    assert len(texts_to(stand_in.requests, caller)) == 1
    [call] = calls_of(pbx.biz)
    assert (call.outcome, call.decision_reason) == ("missed", "SEND")
    stored = json.dumps(ProviderEvent.objects.get(provider="reported").params)
    assert pbx.secret not in stored
    nobody_else(dentist)


@pytest.mark.parametrize("mapping", sorted(ANSWERED))
def test_an_answered_call_of_every_system_is_no_text(system, mapping, work, stand_in, pass_time):
    pbx, caller = system(mapping), a_caller()
    assert pbx.send(told_now(payload(mapping, ANSWERED[mapping]), caller)).status_code == 202
    pass_time(10)
    work()
    assert stand_in.requests == []
    [call] = calls_of(pbx.biz)
    assert (call.outcome, call.decision_reason) == ("answered", "ANSWERED")


@pytest.mark.parametrize("mapping", sorted(MISSED))
def test_a_call_of_ours_is_nobodys_miss(system, mapping, work, stand_in):
    pbx = system(mapping)
    assert pbx.send(told_now(payload(mapping, "outbound"), a_caller())).status_code == 202
    work()
    assert calls_of(pbx.biz) == []
    assert stand_in.requests == []


@pytest.mark.parametrize("mapping", ["generic", "aircall", "quo", "dialpad", "ringcentral"])
def test_a_voicemail_is_a_missed_call_with_one(system, mapping, work, pass_time, stand_in):
    pbx, caller = system(mapping), a_caller()
    assert pbx.send(told_now(payload(mapping, "voicemail"), caller)).status_code == 202
    pass_time(10)
    work()
    [call] = calls_of(pbx.biz)
    assert call.outcome == "voicemail"
    assert call.voicemail_seconds >= 1
    assert len(texts_to(stand_in.requests, caller)) == 1


@pytest.mark.parametrize("mapping", sorted(MISSED))
def test_every_example_is_taken_and_a_wrong_proof_never(system, mapping, stand_in, work, pass_time):
    from tests.intake.test_mappings import ALL

    pbx = system(mapping)
    for name in [name for s, name in ALL if s == mapping]:
        body = told_now(payload(mapping, name), a_caller())
        if mapping == "aircall":
            problem(pbx.send(body | {"token": "another"}), 403)
        else:
            problem(pbx.send(body, secret="whsec_" + "QUJD" * 8), 403)
        assert pbx.send(body).status_code == 202, name
    pass_time(70)
    work()
    assert not AgendaItem.objects.filter(kind="calls.reported_event").exists()


def test_a_leg_that_was_missed_waits_for_one_that_was_answered(system, work, stand_in, pass_time):
    pbx, caller = system("3cx"), a_caller()
    pbx.send(told_now(payload("3cx", "missed"), caller))
    work()
    assert calls_of(pbx.biz) == []
    pbx.send(told_now(payload("3cx", "answered"), caller))
    pass_time(10)
    work()
    [call] = calls_of(pbx.biz)
    assert (call.outcome, call.decision_reason) == ("answered", "ANSWERED")
    assert stand_in.requests == []


def test_ringcentrals_handshake(system):
    pbx = system("ringcentral")
    answer = pbx.send(b"", headers={"validation-token": "8a7b-11"}, kind="application/json")
    assert answer.status_code == 200
    assert answer.headers["validation-token"] == "8a7b-11"
    assert answer.content == b""
    assert not ProviderEvent.objects.exists()


# --- late --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("minutes", [31, 59, 61, 60 * 24 * 3])
def test_a_late_report_never_texts(pbx, work, stand_in, minutes):
    assert pbx.send(pbx.event(a_caller(), ago=minutes * 60)).status_code == 202
    work()
    [call] = calls_of(pbx.biz)
    assert (call.decision, call.decision_reason) == ("skip", "EXPIRED")
    assert call.receipt["questions"][-1]["passed"] is False
    assert stand_in.requests == []


def test_however_long_a_rule_waits_an_hour_is_too_late(pbx, work, stand_in):
    from tests.support.rules import change_rule

    with pbx.biz.scope():
        change_rule(expires_after=timedelta(hours=20))
    caller = a_caller()
    pbx.send(pbx.event(caller, ago=50 * 60))
    pbx.send(pbx.event(a_caller(), ago=62 * 60))
    work()
    late, timely = calls_of(pbx.biz)
    assert (late.decision, late.decision_reason) == ("skip", "EXPIRED")
    # What becomes of the other is the gate's to say, by the hour it is for the caller.
    assert timely.decision_reason in ("SEND", "QUIET_HOURS", "QUIET_HOURS_STRICT")
    assert {r["form"]["To"] for r in stand_in.requests} <= {caller}


def test_a_withheld_number_is_a_call_without_a_text(pbx, work, stand_in):
    pbx.send(pbx.event("anonymous"))
    work()
    [call] = calls_of(pbx.biz)
    assert call.decision == "skip"
    assert call.contact_id is None
    assert stand_in.requests == []


# --- what became of it -------------------------------------------------------------------------------
def test_the_list_says_what_became_of_each(pbx, other_pbx, work, stand_in):
    caller = a_caller()
    event = pbx.event(caller)
    pbx.send(event)
    pbx.send(event)
    pbx.send({"event_id": "t1", "type": "test"})
    pbx.send(pbx.event(a_caller()) | {"outcome": "lost"})
    other_pbx.send(other_pbx.event(a_caller()))
    work()
    pbx.send(pbx.event(a_caller()))

    def listed(key, **query):
        answer = pbx.client.get(
            f"{pbx.base_url}/api/v1/call-events/", params=query,
            headers={"host": "localhost", "authorization": f"Bearer {key}"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    rows = listed(pbx.biz.api_key)
    assert [row["status"] for row in rows] == ["waiting", "refused", "ignored", "done"]
    assert rows[1]["sentence"].startswith("outcome: ")
    done = rows[3]
    assert (done["decision"], done["code"], done["repeats"]) == ("send", "SEND", 1)
    assert done["caller"] == caller
    assert done["source_name"] == "Office PBX"
    assert listed(pbx.biz.api_key, source=pbx.source.pk) == rows
    assert listed(pbx.biz.api_key, source=other_pbx.source.pk) == []
    [theirs] = listed(other_pbx.biz.api_key)
    assert theirs["source"] == other_pbx.source.pk
    refused = pbx.client.get(f"{pbx.base_url}/api/v1/call-events/?source=x", headers={
        "host": "localhost", "authorization": f"Bearer {pbx.biz.api_key}"})  # fmt: skip
    problem(refused, 422, "source")


def test_connecting_one_does_not_disturb_the_other(pbx, dentist, web_url):
    mine = connect(dentist, web_url, "aircall", "Office PBX")
    assert mine.source.token != pbx.source.token
    assert {s.business_id for s in CallSource.objects.all()} == {
        pbx.biz.business.pk, dentist.business.pk,
    }  # fmt: skip


def test_a_redis_that_hangs_is_waited_for_once(pbx, settings, work, stand_in):
    from socket import create_server

    from tenants import redis

    silent = create_server(("127.0.0.1", 0))  # takes connections, never says a word
    port = silent.getsockname()[1]
    before = settings.REDIS_URL
    redis.client.cache_clear()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    redis._not_before[0] = 0.0
    try:
        with pytest.raises(Exception, match=r"[Tt]ime"):
            redis.briefly(lambda it: it.ping())
        with pytest.raises(redis.Resting):
            redis.briefly(lambda it: it.ping())
        answer = pbx.send(pbx.event(a_caller()))
        assert answer.status_code == 202
        with pytest.raises(redis.Resting):  # nobody asked it meanwhile
            redis.briefly(lambda it: it.ping())
    finally:
        redis._not_before[0] = 0.0
        settings.REDIS_URL = before
        redis.client.cache_clear()
        silent.close()
    work()
    assert len(stand_in.requests) == 1
