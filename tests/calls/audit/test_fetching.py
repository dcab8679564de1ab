"""A provider account's calls: fetched day by day, each leg in its place, nobody else's among them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from calls.audit import logs
from calls.audit.examine import examine
from calls.audit.fetching import _known, accounts_of, together, try_again
from calls.audit.findings import findings
from calls.audit.hours import USUAL, spans_of, week_of
from calls.audit.logs import LogError
from calls.audit.value import Assumptions
from calls.models import Call
from messaging.providers.base import ProviderCall
from tenants.models import Business, CallLog, PhoneNumber, ProviderAccount
from tests.providers.api import Reply, serving
from tests.providers.tongues import TONGUES

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
OURS, ANN, STAFF, OTHERS = "+13125550100", "+13125550142", "+13125550190", "+16025550100"


def leg(ident: str, at: int, status: str, *, parent: str = "", way: str = "inbound",
        caller: str = ANN, called: str = OURS, seconds: int | None = None) -> ProviderCall:  # fmt: skip
    begun = BEGIN + timedelta(minutes=at)
    return ProviderCall(ident, caller, called, way, status, begun, None, seconds, parent)


def began(plumber, account=None, **more):
    """Begin to read the plumber's account over three days."""
    account = account or ProviderAccount.objects.get(numbers__business=plumber.business)
    values = {"agency": plumber.business.agency, "business": plumber.business, "name": "Calls",
              "timezone": "America/Chicago", "hours": USUAL, "by": "Dana", "now": timezone.now()}  # fmt: skip
    return logs.from_account(account, BEGIN, BEGIN + timedelta(days=3), **{**values, **more})


def test_legs_say_what_the_caller_met():
    calls, strays, count = together(
        [
            leg("CA1", 0, "completed", seconds=40),
            leg("CA2", 0, "no-answer", parent="CA1", way="outbound-dial", called=STAFF),
            leg("CA3", 5, "completed", seconds=40),
            leg("CA4", 5, "completed", parent="CA3", way="outbound-dial", called=STAFF, seconds=30),
            leg("CA5", 9, "completed", way="outbound-api", caller=OURS, called=ANN, seconds=12),
            leg("CA6", 10, "ringing"),
            leg("CA7", 11, "busy", parent="CA0", way="outbound-dial", called=STAFF),
        ],
        0,
        None,
    )
    assert [(c.outcome, c.because, c.is_inbound, c.caller) for c in calls] == [
        ("missed", "no_answer", True, ANN), ("answered", "", True, ANN), ("answered", "", False, ANN),
    ]  # fmt: skip
    assert (strays, count) == (1, 6) and calls[1].talk_seconds == 30


def test_that_the_number_took_a_call_proves_no_talk():
    calls, _, _ = together(
        [
            leg("CA1", 0, "completed", seconds=40),  # our greeting, or a voicemail, or anybody
            leg("CA2", 1, "completed", seconds=0),
            leg("CA3", 2, "completed"),
        ],
        0,
        None,
    )
    assert [(c.outcome, c.because, c.talk_seconds, c.was_missed) for c in calls] == [
        ("unknown", "", None, False), ("missed", "caller_hung_up", 0, True),
        ("unknown", "", None, False),
    ]  # fmt: skip
    result = examine(calls, week_of("America/Chicago", spans_of(USUAL)), Assumptions())
    assert (result["calls"], result["missed"], result["answered"]) == (1, 1, 0)
    assert result["unknown"] == 2
    said = {finding.code: finding for finding in findings(result)}
    assert said["unknown"].headline.startswith("Of 67% of the incoming calls the log cannot tell")
    # Where nothing can be told, no rate is claimed at all.
    result = examine([calls[0]], week_of("America/Chicago", spans_of(USUAL)), Assumptions())
    assert [finding.code for finding in findings(result)] == ["unknown"]


def test_what_became_of_our_own_calls_is_known_exactly(plumber, dentist):
    with plumber.scope():
        for ident, outcome, because, is_test in (
            ("CA1", "voicemail", "no_answer", False), ("CA3", "answered", "", False),
            ("CA5", "missed", "no_answer", True), ("CA9", "in_progress", "", False),
        ):  # fmt: skip
            Call.objects.create(
                provider="twilio", provider_id=ident, our_number=OURS, caller=ANN, outcome=outcome,
                missed_because=because, started_at=BEGIN, is_test=is_test, ring_seconds=9,
                talk_seconds=25 if outcome == "answered" else None,
            )  # fmt: skip
    found = [
        leg("CA1", 0, "completed", seconds=40),
        leg("CA2", 0, "completed", parent="CA1", way="outbound-dial", called=STAFF, seconds=9),
        leg("CA3", 5, "completed", seconds=40),
        leg("CA5", 8, "completed", seconds=40),
        leg("CA6", 8, "completed", parent="CA5", way="outbound-dial", called=STAFF, seconds=9),
        leg("CA9", 9, "completed", seconds=40),
    ]
    ids = [call.call_id for call in found]
    known = _known(plumber.business.pk, "twilio", ids)
    calls, strays, _ = together(found, 0, {OURS: BEGIN}, known)
    assert [(c.outcome, c.because, c.ring_seconds, c.talk_seconds) for c in calls] == [
        ("voicemail", "no_answer", 9, None), ("answered", "", 9, 25), ("unknown", "", None, None),
    ]  # fmt: skip
    assert strays == 0
    assert _known(dentist.business.pk, "twilio", ids) == {}
    assert _known(plumber.business.pk, "telnyx", ids) == {} and _known(None, "twilio", ids) == {}


def test_a_business_sees_its_own_numbers_alone_and_since_they_are_its_own():
    calls, _, _ = together(
        [
            leg("CA1", 0, "completed", seconds=40),
            leg("CA2", 0, "busy", parent="CA1", way="outbound-dial", called=STAFF),
            leg("CA3", 5, "completed", called=OTHERS, seconds=40),
            leg("CA4", 5, "completed", parent="CA3", way="outbound-dial", called=STAFF, seconds=40),
            leg("CA5", -1, "busy"),
            leg("CA6", -1, "completed", parent="CA5", way="outbound-dial", called=STAFF, seconds=9),
        ],
        0,
        {OURS: BEGIN},
    )
    assert [(c.line, c.because) for c in calls] == [(OURS, "busy")]


@pytest.mark.parametrize("name", ["twilio", "telnyx"])
def test_an_account_is_read_day_by_day_to_the_end(plumber, dentist, work, settings, name):
    tongue = TONGUES[name]
    account = ProviderAccount.objects.get(numbers__business=plumber.business)
    ProviderAccount.objects.filter(pk=account.pk).update(provider=name)
    account.refresh_from_db()
    PhoneNumber.objects.filter(business=plumber.business).update(
        e164=_line_of(tongue), created_at=BEGIN
    )
    days = [BEGIN + timedelta(days=n, hours=15) for n in range(3)]
    with serving() as api:
        setattr(settings, tongue.base_url_setting, api.url)
        settings.PROVIDER_TIMEOUT_SECONDS = 2
        pages = [[(f"CA{n}", at)] for n, at in enumerate(days)]
        api.say = lambda asked: tongue.calls(asked, pages, "")
        log = began(plumber, account)
        work()
    log.refresh_from_db()
    assert (log.state, log.error, log.rows) == ("ready", "", 3)
    assert [call.started_at for call in logs.calls_of(log.pk)] == days
    assert log.result["calls"] + log.result["unknown"] == 3 and log.file == ""
    assert not CallLog.objects.filter(business=dentist.business).exists()


def test_two_businesses_of_one_account_never_see_each_others_calls(
    plumber, dentist, work, settings
):
    account = ProviderAccount.objects.get(numbers__business=plumber.business)
    agency = plumber.business.agency
    Business.objects.filter(pk=dentist.business.pk).update(agency=agency)
    other = Business.objects.get(pk=dentist.business.pk)
    numbers = PhoneNumber.objects.all()
    numbers.filter(business=plumber.business).update(e164=OURS, created_at=BEGIN)
    numbers.filter(business=other).update(
        e164=OTHERS, account=account, created_at=BEGIN + timedelta(hours=2)
    )
    rows = [
        {"sid": f"CA{n}", "from": ANN, "to": to, "direction": "inbound", "status": "busy",
         "start_time": format_datetime(BEGIN + timedelta(hours=n)), "end_time": None,
         "duration": "0", "parent_call_sid": None}
        for n, to in enumerate((OURS, OTHERS, OURS, OTHERS))
    ]  # fmt: skip
    with serving() as api:
        settings.TWILIO_API_BASE_URL = api.url
        page = {"calls": rows, "page": 0, "next_page_uri": None}
        api.say = lambda asked: Reply(200, page)
        ours, theirs, every = (
            began(plumber, account, agency=agency, business=business)
            for business in (plumber.business, other, None)
        )
        work()

    def read(log):
        return [(call.line, call.started_at.hour) for call in logs.calls_of(log.pk)]

    assert read(ours) == [(OURS, 0), (OURS, 2)]
    assert read(theirs) == [(OTHERS, 3)]  # not the one from before it was theirs
    every.refresh_from_db()
    assert every.state == "ready" and len(read(every)) == 4
    for business in (plumber.business, other):
        with pytest.raises(LogError, match="no prospect"):
            logs.attach(every, business)
    every.refresh_from_db()
    assert every.business is None


def _line_of(tongue) -> str:
    from tests.providers import tongues

    assert tongue
    return tongues.OURS


def test_a_refusal_is_said_and_may_be_tried_again(plumber, work, settings):
    PhoneNumber.objects.filter(business=plumber.business).update(created_at=BEGIN)
    with serving() as api:
        settings.TWILIO_API_BASE_URL = api.url
        settings.PROVIDER_TIMEOUT_SECONDS = 2
        api.say = lambda asked: Reply(401, {"code": 20003, "message": "Authenticate"})
        log = began(plumber)
        work()
        log.refresh_from_db()
        assert log.state == "failed" and log.error and "token-of-the-plumber" not in log.error
        empty = {"calls": [], "page": 0, "next_page_uri": None}
        row = {"sid": "CA1", "from": ANN, "to": OURS, "direction": "inbound", "status": "busy",
               "start_time": format_datetime(BEGIN + timedelta(hours=1)), "end_time": None,
               "duration": "0", "parent_call_sid": None}  # fmt: skip
        api.say = lambda asked: Reply(200, {**empty, "calls": [row]})
        try_again(log, timezone.now())
        work()
    log.refresh_from_db()
    assert (log.state, log.rows, log.result["causes"]) == ("ready", 1, {"busy": 1})


def test_a_period_without_calls_says_so(plumber, work, settings):
    with serving() as api:
        settings.TWILIO_API_BASE_URL = api.url
        api.say = lambda asked: Reply(200, {"calls": [], "page": 0, "next_page_uri": None})
        log = began(plumber)
        work()
    log.refresh_from_db()
    assert log.state == "failed"
    assert log.error.startswith("Your numbers had no call in this period. Calls from before")


def test_periods_that_make_no_sense_are_refused(plumber):
    account = ProviderAccount.objects.get(numbers__business=plumber.business)
    about = {"agency": plumber.business.agency, "business": plumber.business, "name": "x",
             "timezone": "America/Chicago", "hours": USUAL, "by": "Dana", "now": timezone.now()}  # fmt: skip
    for since, until, field in (
        (BEGIN, BEGIN, "until"),
        (BEGIN, BEGIN + timedelta(days=500), "since"),
    ):
        with pytest.raises(LogError) as wrong:
            logs.from_account(account, since, until, **about)
        assert wrong.value.field == field
    assert not CallLog.objects.exists()


def test_accounts_are_those_of_the_desk(plumber, dentist):
    own = accounts_of(plumber.business.agency_id, plumber.business.pk)
    assert [account.account_sid for account in own] == [plumber.account_sid]
    assert accounts_of(plumber.business.agency_id, dentist.business.pk) == []
    assert [a.account_sid for a in accounts_of(dentist.business.agency_id, None)] == [
        dentist.account_sid
    ]
