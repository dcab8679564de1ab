"""A number's registration: what may follow on what, who changed it, and what it is called."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from messaging.models import Alert
from tenants import registration
from tenants.models import MAY_SEND, PhoneNumber, Registration, RegistrationChange, SenderKind, User
from tenants.onboarding import OnboardingError, Request, onboard
from tenants.registration_rules import FIRST_STATES, USE_CASES, check, may_follow
from tests.admin.conftest import Support

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
STATES = list(Registration.values)
KINDS = list(SenderKind.values)


# --- the rules -----------------------------------------------------------------------------------


def test_the_table_knows_every_state_and_no_other():
    assert {state for state in STATES if may_follow(state) is not None} == set(STATES)
    for state in STATES:
        assert may_follow(state) <= set(STATES) - {state}
    assert set(FIRST_STATES) < set(STATES)
    with pytest.raises(ValueError, match="registration: expected one of"):
        may_follow("odd")


@pytest.mark.parametrize("before", STATES)
def test_carriers_may_refuse_and_suspend_at_any_time(before):
    assert {"unregistered", "suspended"} - {before} <= may_follow(before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pending", "declared"),  # only the carriers' word ends a review
        ("rejected", "declared"),
        ("rejected", "approved"),  # it is filed again first
        ("suspended", "declared"),
        ("unregistered", "rejected"),  # nothing was filed
        ("approved", "declared"),
        ("approved", "rejected"),
    ],
)
def test_what_cannot_follow_is_refused_by_name(before, after):
    with pytest.raises(ValueError, match=f"^registration: {after} cannot follow on {before}"):
        check(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pending", "approved"),
        ("pending", "rejected"),
        ("rejected", "pending"),
        ("unregistered", "pending"),
        ("unregistered", "approved"),
        ("declared", "approved"),
        ("suspended", "approved"),
    ],
)
def test_what_may_follow(before, after):
    check(before, after)
    assert after in may_follow(before)


@given(st.sampled_from(STATES), st.lists(st.sampled_from(STATES), max_size=12))
def test_nothing_rejected_sends_again_without_being_filed_again(start, wishes):
    state, filed = start, start != "rejected"
    for wish in wishes:
        if wish in may_follow(state):
            filed = wish != "rejected" and (filed or wish in ("pending", "unregistered"))
            filed = filed or wish == "suspended"
            state = wish
        assert state not in MAY_SEND or filed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_explained_in_words(state, kind):
    sentence, fix = registration.explain(state, kind)
    thing = "toll-free verification" if kind == "toll_free" else "10DLC"
    assert thing in sentence and sentence.endswith(".")
    if state in MAY_SEND:
        assert "go out" in sentence and fix == ""
    else:
        assert sentence.startswith("Texts from this number wait: ")
        assert sentence.endswith("Calls and incoming texts work.")
        assert fix.endswith("Call people back meanwhile.")


def test_the_words_for_a_pending_toll_free_number():
    sentence, fix = registration.explain("pending", "toll_free")
    assert sentence == (
        "Texts from this number wait: its toll-free verification is pending. "
        "Calls and incoming texts work."
    )
    assert fix.startswith("Nothing to do here")


def test_what_cannot_be_explained_is_named():
    with pytest.raises(ValueError, match="registration"):
        registration.explain("odd", "local")
    with pytest.raises(ValueError, match="sender_kind"):
        registration.explain("pending", "odd")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        *((f"+1{code}5550142", "toll_free") for code in (800, 833, 844, 855, 866, 877, 888)),
        ("+13125550142", "local"),
        ("+18085550142", "local"),  # Hawaii
        ("+18225550142", "local"),  # kept for later
        ("+448005550142", "local"),
        ("+1800555014", "local"),
        ("+180055501420", "local"),
        ("8005550142", "local"),
        ("", "local"),
        ("+1800555０142", "local"),
    ],
)
def test_which_registration_a_number_needs(number, kind):
    assert registration.sender_kind_of(number) == kind


# --- the verb ------------------------------------------------------------------------------------


def the_number(biz) -> PhoneNumber:
    return PhoneNumber.objects.get(e164=biz.number)


def put(biz, after, reason="The agency wrote.", actor="sam@ringback.example", at=NOW) -> bool:
    number = the_number(biz)
    return registration.change(number.pk, after, reason=reason, actor=actor, at=at)


def test_a_change_is_written_with_its_history(plumber, dentist):
    version = the_version(plumber)
    assert put(plumber, "pending", reason="  Filed   today\n")
    assert put(plumber, "approved", at=NOW + timedelta(days=3), actor="kim")
    number = the_number(plumber)
    assert (number.registration, number.registration_changed_at) == (
        "approved",
        NOW + timedelta(days=3),
    )
    assert [
        (row.before, row.after, row.reason, row.actor) for row in registration.history(number.pk)
    ] == [
        ("pending", "approved", "The agency wrote.", "kim"),
        ("declared", "pending", "Filed today", "sam@ringback.example"),
    ]
    assert the_version(plumber) > version  # workers that keep a set-up read it again
    assert registration.history(the_number(dentist).pk) == []
    assert the_number(dentist).registration == "declared"


def the_version(biz) -> int:
    biz.business.refresh_from_db()
    return biz.business.setup_version


def test_no_change_leaves_no_trace(plumber, dentist):
    assert not put(plumber, "declared")
    assert not RegistrationChange.objects.exists()
    assert the_number(plumber).registration_changed_at is None


@pytest.mark.parametrize(
    ("after", "reason", "named"),
    [
        ("rejected", "No filing.", "registration"),
        ("odd", "x", "registration"),
        ("", "x", "registration"),
        ("pending", "", "reason"),
        ("pending", " \n\t", "reason"),
        ("pending", "x" * 201, "reason"),
        ("pending", "a\x00b", "reason"),
        ("pending", "a\u202eb", "reason"),
    ],
)
def test_a_wrong_wish_changes_nothing(after, reason, named, plumber, dentist):
    with pytest.raises(ValueError, match=f"^{named}: "):
        put(plumber, after, reason=reason)
    assert the_number(plumber).registration == "declared"
    assert not RegistrationChange.objects.exists()


def test_a_number_that_is_not_there(plumber, dentist):
    with pytest.raises(PhoneNumber.DoesNotExist):
        registration.change(2**40, "pending", reason="x", actor="", at=NOW)
    assert not RegistrationChange.objects.exists()


@pytest.mark.parametrize("wish", ["update", "delete"])
def test_the_history_cannot_be_changed(wish, plumber, dentist):
    put(plumber, "pending")
    rows = RegistrationChange.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(reason="") if wish == "update" else rows.delete()
    assert [row.reason for row in rows] == ["The agency wrote."]


def test_two_who_change_at_once_are_one_change(plumber, dentist):
    done: list[bool] = []
    together = threading.Barrier(2)

    def run() -> None:
        try:
            together.wait(10)
            done.append(put(plumber, "unregistered", actor=threading.current_thread().name))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, True]
    assert RegistrationChange.objects.count() == 1


def test_whoever_is_told_and_fails_undoes_the_change(plumber, dentist, settings):
    settings.REGISTRATION_CHANGED_HANDLERS = ["tests.tenants.test_registration.fails"]
    with pytest.raises(RuntimeError, match=plumber.schema):
        put(plumber, "pending")
    assert the_number(plumber).registration == "declared"
    assert not RegistrationChange.objects.exists()


def fails(change: RegistrationChange) -> None:
    """A notice that cannot be taken; says in whose schema it was told."""
    from tenants.scope import current_schema

    raise RuntimeError(current_schema())


# --- onboarding ----------------------------------------------------------------------------------


@pytest.fixture
def request_(world) -> Request:
    """A business that can be brought live."""
    return Request(
        agency="Eastwind Agency",
        name="Harbor Law",
        timezone="America/New_York",
        number="+13055550100",
        provider="twilio",
        account_sid="AC" + "7" * 32,
        auth_token="token-of-the-lawyer",
        owner_email="law@harbor.example",
    )


@pytest.mark.parametrize(
    ("more", "state", "kind"),
    [
        ({}, "declared", "local"),
        ({"provider": "simulator"}, "approved", "local"),
        ({"provider": "simulator", "registration": "pending"}, "pending", "local"),
        ({"number": "+18885550100"}, "declared", "toll_free"),
        ({"number": "+18885550100", "registration": "pending"}, "pending", "toll_free"),
        ({"registration": "unregistered"}, "unregistered", "local"),
        ({"registration": " approved "}, "approved", "local"),
    ],
)
def test_how_a_new_number_begins(more, state, kind, request_):
    onboard(replace(request_, **more))
    number = PhoneNumber.objects.get(business__name="Harbor Law")
    assert (number.registration, number.sender_kind) == (state, kind)
    assert registration.history(number.pk) == []


@pytest.mark.parametrize("wrong", ["rejected", "suspended", "Approved", "yes"])
def test_a_new_number_cannot_begin_so(wrong, request_):
    with pytest.raises(OnboardingError) as refused:
        onboard(replace(request_, registration=wrong))
    assert refused.value.field == "registration"
    assert "declared, approved, pending, unregistered" in refused.value.sentence
    assert not PhoneNumber.objects.filter(e164=request_.number).exists()


def test_the_command_has_a_word_for_it(request_, capsys):
    words = [
        "onboard_business", "--agency", request_.agency, "--name", request_.name, "--timezone",
        request_.timezone, "--number", request_.number, "--account-sid", request_.account_sid,
        "--auth-token", request_.auth_token, "--owner-email", request_.owner_email,
    ]  # fmt: skip
    with pytest.raises(CommandError, match="--registration: expected one of"):
        call_command(*words, "--registration", "maybe")
    call_command(*words, "--registration", "pending")
    assert PhoneNumber.objects.get(e164=request_.number).registration == "pending"


# --- support -------------------------------------------------------------------------------------


@pytest.fixture
def support(world) -> Support:
    """A member of platform support on the public host."""
    return Support(User.objects.create_user("sam@ringback.example", "x", name="Sam", is_staff=True))


def the_form(number, **more):
    return {
        "account": number.account_id, "is_active": "on", "answering": "staff_first",
        "staff_numbers": "+13125550190", "ring_seconds": 25, "press_one": "on", "greeting": "",
        "voicemail": "on", "ring_order": "at_once", "consent_digit": "1", **more,
    }  # fmt: skip


def test_support_sets_it_by_a_dialog_and_reads_the_history(support, plumber, dentist):
    number = the_number(plumber)
    path = f"tenants/phonenumber/{number.pk}/"
    page = support.get(path + "set_registration/")
    assert 'value="pending"' in page and 'value="rejected"' not in page
    assert the_number(plumber).registration == "declared"  # looking is not pressing
    wish = {"_form_submitted": "on", "state": "pending", "reason": "Filed <b>again</b>"}
    support.post(path + "set_registration/", wish, 200)
    (row,) = registration.history(number.pk)
    assert (row.after, row.actor, row.reason) == (
        "pending",
        "sam@ringback.example",
        "Filed <b>again</b>",
    )
    page = support.get(path + "change/")
    assert "its registration for business texts (10DLC) is pending" in page
    assert "Filed &lt;b&gt;again&lt;/b&gt;" in page and "sam@ringback.example" in page
    assert "Registration pending" in support.get("tenants/phonenumber/")
    assert the_number(dentist).registration == "declared"


@pytest.mark.parametrize(
    ("state", "reason", "sentence"),
    [
        ("rejected", "x", "Select a valid choice"),
        ("declared", "x", "Select a valid choice"),
        ("odd", "x", "Select a valid choice"),
        ("pending", "", "This field is required"),
        ("pending", "x" * 201, "at most 200"),
    ],
)
def test_the_dialog_refuses_and_says_why(state, reason, sentence, support, plumber):
    path = f"tenants/phonenumber/{the_number(plumber).pk}/set_registration/"
    wish = {"_form_submitted": "on", "state": state, "reason": reason}
    assert sentence in support.post(path, wish, 200)
    assert the_number(plumber).registration == "declared"
    assert not RegistrationChange.objects.exists()


def test_the_dialog_is_for_support_only(plumber, dentist):
    path = f"/admin/tenants/phonenumber/{the_number(plumber).pk}/set_registration/"
    wish = {"_form_submitted": "on", "state": "pending", "reason": "x"}
    for person in (None, plumber.owner, dentist.owner):
        answer = Support(person).client.post(path, wish, headers={"host": "localhost"})
        assert answer.status_code in (302, 403)
    assert the_number(plumber).registration == "declared"
    # It stands on the platform's own host: below it where nobody is, and on a stranger's, is nothing.
    for host, code in (("nobody.localhost", 404), ("elsewhere.example", 400)):
        answer = Support(None).client.post(path, wish, headers={"host": host})
        assert answer.status_code == code, host
    assert the_number(plumber).registration == "declared"


def test_the_form_changes_the_campaign_and_never_the_state(support, plumber):
    number = the_number(plumber)
    path = f"tenants/phonenumber/{number.pk}/change/"
    fine = the_form(number, use_case="MIXED", brand_id=" BABC123 ", campaign_id="CXYZ_9")
    support.post(path, {**fine, "registration": "approved", "sender_kind": "toll_free"})
    number.refresh_from_db()
    assert (number.use_case, number.brand_id, number.campaign_id) == ("MIXED", "BABC123", "CXYZ_9")
    assert (number.registration, number.sender_kind) == ("declared", "local")
    for field, value, sentence in (
        ("use_case", "SPAM", "Select a valid choice"),
        ("brand_id", "B<script>", "letters and digits"),
        ("campaign_id", "C" * 41, "letters and digits"),
    ):
        assert sentence in support.post(path, {**fine, field: value}, 200), field
    for use_case in USE_CASES:
        support.post(path, {**fine, "use_case": use_case})
        number.refresh_from_db()
        assert number.use_case == use_case


def test_a_number_that_support_adds(support, plumber, dentist):
    form = the_form(the_number(plumber), business=plumber.business.pk, e164="+18885550177")
    page = support.post("tenants/phonenumber/add/", {**form, "registration": "rejected"}, 200)
    assert "Select a valid choice" in page
    support.post("tenants/phonenumber/add/", {**form, "registration": "pending"})
    number = PhoneNumber.objects.get(e164="+18885550177")
    assert (number.registration, number.sender_kind) == ("pending", "toll_free")
    with dentist.scope():
        assert not Alert.objects.exists()
