"""The pages of call audits: of a business, and of an agency's prospects; who sees what, and what is said."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pypdf
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from calls.audit.examine import examine
from calls.audit.hours import week_of
from calls.audit.shapes import Logged
from calls.audit.value import Assumptions
from calls.models import RuleDraft, RuleSet
from calls.rules import load
from messaging.models import AuditEntry
from tenants.models import CallLog, LoggedCall, User
from tests.calls.audit.conftest import HEADING, files_here, lines, received
from tests.inbox.conftest import Member

__all__ = ["files_here"]
PUBLIC = "localhost"
HOURS = {f"opens_{d}": "9:00" for d in range(5)} | {f"closes_{d}": "17:00" for d in range(5)}


def upload(text: str | bytes = "", name: str = "january.csv") -> SimpleUploadedFile:
    content = text.encode() if isinstance(text, str) else text
    return SimpleUploadedFile(name, content or (HEADING + lines(90)).encode())


@pytest.fixture
def agency(world) -> Member:
    """A member of the plumber's agency, on the public host."""
    return Member(User.objects.get(email="agency@northwind.example"), PUBLIC)


@pytest.fixture
def other_agency(world) -> Member:
    """A member of the dentist's agency, on the public host."""
    return Member(User.objects.get(email="agency@southwind.example"), PUBLIC)


@pytest.fixture
def done(plumber, work) -> CallLog:
    """A log of the plumber's that was read, with one row that could not be."""
    return read(received(plumber, HEADING + lines(90) + "=1,x,y,in,Missed,0\n"), work)


@pytest.fixture
def prospect(plumber, work) -> CallLog:
    """A prospect's log of the plumber's agency."""
    return read(received(plumber, HEADING + lines(90), business=None, name="Birch Roofing"), work)


def read(log: CallLog, work) -> CallLog:
    from calls.audit import logs

    logs.begin(log, timezone.now())
    work()
    log.refresh_from_db()
    assert log.state == "ready"
    return log


def test_from_upload_to_report(owner, work, plumber, dentist):
    assert "See what your phone misses" in owner.get("/audits/")
    page = owner.post("/audits/new/", {"file": upload(), "name": ""})
    assert "The first rows, as we understand them" in page and "90</span> rows" in page
    log = CallLog.objects.get()
    assert (log.business, log.name, log.state) == (
        plumber.business,
        plumber.business.name,
        "uploaded",
    )
    chosen = {f"column_{role}": str(n) for role, n in log.mapping["columns"].items()}
    page = owner.post(f"/audits/{log.pk}/mapping/", {**chosen, "name": "Winter", "act": "read"})
    assert "You can leave this page" in page and "0 of 90 rows" in page
    assert "every 1s" in owner.get(f"/audits/{log.pk}/progress/")
    work()
    answer = owner.client.get(f"/audits/{log.pk}/progress/", headers={"host": owner.host})
    assert answer.headers["HX-Refresh"] == "true"
    page = owner.get(f"/audits/{log.pk}/")
    assert "Winter" in page and "33% of incoming calls reached nobody." in page
    assert "a month" in page and "<svg" in page and "As a table" in page
    with plumber.scope():
        assert AuditEntry.objects.filter(action="call_log.bring_in").count() == 1


def test_a_prospect_is_audited_before_there_is_a_business(agency, work, plumber):
    page = agency.post(
        "/audits/new/",
        {"file": upload(), "name": "Birch Roofing", "timezone": "America/Denver", **HOURS},
    )
    log = CallLog.objects.get()
    assert (log.business, log.agency, log.timezone) == (
        None,
        plumber.business.agency,
        "America/Denver",
    )
    assert "Birch Roofing" in page
    agency.post(f"/audits/{log.pk}/mapping/", {
        **{f"column_{role}": str(n) for role, n in log.mapping["columns"].items()},
        "name": "Birch Roofing", "timezone": "America/Denver", "act": "read",
    })  # fmt: skip
    work()
    page = agency.get(f"/audits/{log.pk}/")
    assert "take the audit over" in page and "Open in the editor" not in page
    assert "Birch Roofing" in agency.get("/audits/")
    assert "Call audits of prospects" in agency.get("/")


def test_nobody_else_sees_an_audit(
    done, prospect, agency, other_agency, other_owner, dentist, plumber
):
    for log in (done, prospect):
        for path in ("", "progress/", "report.pdf", "rows-not-read.csv"):
            other_agency.get(f"/audits/{log.pk}/{path}", 404)
            other_owner.get(f"/audits/{log.pk}/{path}", 404)
        for path in ("mapping/", "assumptions/", "delete/", "draft/", "again/"):
            other_agency.post(f"/audits/{log.pk}/{path}", {}, 404)
            other_owner.post(f"/audits/{log.pk}/{path}", {}, 404)
    agency.get(f"/audits/{done.pk}/", 404)  # a business's own stands at its own host
    assert "January" not in other_owner.get("/audits/") + other_agency.get("/audits/")
    Member(None, PUBLIC).get("/audits/", 302)
    assert CallLog.objects.count() == 2 and LoggedCall.objects.count() == 180


def test_who_works_for_no_agency_has_no_prospects(owner, dentist, plumber):
    stranger = Member(owner.user, PUBLIC)
    for path in ("/audits/", "/audits/new/", "/audits/1/"):
        stranger.get(path, 403)
    stranger.post("/audits/new/", {"file": upload()}, 403)
    assert not CallLog.objects.exists()


def test_an_agent_looks_and_changes_nothing(agent, done, plumber):
    page = agent.get(f"/audits/{done.pk}/")
    assert "reached nobody" in page and "Delete now" not in page and "Use these" not in page
    agent.post("/audits/new/", {"file": upload()}, 403)
    for path in ("mapping", "assumptions", "delete", "draft", "again"):
        agent.post(f"/audits/{done.pk}/{path}/", {}, 403)
    assert CallLog.objects.filter(pk=done.pk).exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"%PDF-1.7", "This is a PDF"), (b"PK\x05\x06" + bytes(18), "empty"),
     (b"a\nb\n", "one column only"), (bytes(range(256)) * 30, "not a text file")],
)  # fmt: skip
def test_what_is_no_log_is_told_and_nothing_typed_is_lost(agency, content, says):
    page = agency.post(
        "/audits/new/",
        {"file": SimpleUploadedFile("x.csv", content or b" "), "name": "Birch & Sons",
         "timezone": "America/Denver", **HOURS, "opens_5": "10:00", "closes_5": "12:00"},
        422,
    )  # fmt: skip
    assert says in page and 'value="Birch &amp; Sons"' in page
    assert re.search(r'value="America/Denver" selected', page) and 'value="10:00"' in page


def test_a_missing_file_name_or_hours_are_named(agency):
    assert "Choose the file" in agency.post("/audits/new/", {"name": "x"}, 422)
    page = agency.post(
        "/audits/new/", {"file": upload(), "name": "", "timezone": "America/Denver"}, 422
    )
    assert re.search(r'name="name"[^>]*aria-invalid="true"', page) and "whose calls" in page
    assert "drop--bad" not in page
    wrong = {
        "file": upload(),
        "name": "x",
        "timezone": "America/Denver",
        "opens_0": "17:00",
        "closes_0": "9:00",
    }
    assert "Expected days with times" in agency.post("/audits/new/", wrong, 422)


def test_a_file_above_the_limit_is_refused_by_its_length(agency, settings):
    settings.CALL_LOG_MAX_BYTES = 1_000_000
    page = agency.post("/audits/new/", {"file": upload("a,b\n" * 400_000), "name": "x"}, 413)
    assert "larger than 1 MB" in page
    assert not CallLog.objects.exists()


def test_a_form_from_elsewhere_is_refused(plumber):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(plumber.owner)
    answer = strict.post("/audits/new/", {"file": upload()}, headers={"host": plumber.host})
    assert answer.status_code == 403 and not CallLog.objects.exists()


def test_a_wrong_mapping_keeps_what_was_chosen(owner):
    owner.post("/audits/new/", {"file": upload()})
    log = CallLog.objects.get()
    page = owner.post(f"/audits/{log.pk}/mapping/", {"column_started": "0", "act": "read"}, 422)
    assert "Choose the column with the caller’s number" in page
    log.refresh_from_db()
    assert log.state == "uploaded" and "caller" in log.mapping["columns"]


def test_unclear_dates_are_asked_about(owner):
    text = (
        "Start,From,Result\n1/2/2026 9:00,+13125550142,Missed\n3/4/2026 9:00,+13125550142,Missed\n"
    )
    page = owner.post("/audits/new/", {"file": upload(text)})
    assert "No date in the file says which it is." in page
    log = CallLog.objects.get()
    chosen = {f"column_{role}": str(n) for role, n in log.mapping["columns"].items()}
    page = owner.post(f"/audits/{log.pk}/mapping/", {**chosen, "act": "read"}, 422)
    assert "Choose whether the month or the day comes first" in page
    page = owner.post(f"/audits/{log.pk}/mapping/", {**chosen, "order": "day", "act": "look"})
    assert "Feb 1, 2026" in page


def test_a_file_that_is_gone_breaks_no_page(owner, plumber):
    log = received(plumber, HEADING + lines(3))
    default_storage.delete(log.file)
    assert "The file is not there any more." in owner.get(f"/audits/{log.pk}/")


def test_markup_in_a_log_is_shown_as_text(owner, work):
    evil = "<script>alert(1)</script>"
    text = f"Start,From,Result,{evil}\n2026-01-02 9:00,+13125550142,Missed,x\n{evil},+1,x,y\n"
    page = owner.post("/audits/new/", {"file": upload(text, f"{evil}.csv"), "name": evil})
    log = CallLog.objects.get()
    assert evil not in page and "&lt;script&gt;" in page
    page = owner.post(
        f"/audits/{log.pk}/mapping/",
        {
            **{f"column_{r}": str(n) for r, n in log.mapping["columns"].items()},
            "name": evil,
            "act": "read",
        },
    )
    work()
    page = owner.get(f"/audits/{log.pk}/")
    assert evil not in page and "reached nobody" in page


def test_assumptions_change_the_value_and_are_checked(owner, done, work):
    form = {"new_share": "60", "book_low": "20", "book_high": "40", "ticket_low": "1000",
            "ticket_high": "2000", "short_seconds": "5", "window_hours": "72"}  # fmt: skip
    CallLog.objects.filter(pk=done.pk).update(result={**done.result, "lost": 50, "days": 30.4})
    page = owner.post(f"/audits/{done.pk}/assumptions/", form)
    assert "$6,000 to $24,000" in page
    page = owner.post(f"/audits/{done.pk}/assumptions/", {**form, "new_share": "200"}, 422)
    assert "Expected a whole number from 0 to 100." in page and 'value="200"' in page
    page = owner.post(f"/audits/{done.pk}/assumptions/", {**form, "short_seconds": "50"})
    assert "Counting 90 calls" in page
    work()
    assert "100% of incoming calls reached nobody." in owner.get(f"/audits/{done.pk}/")


def test_rows_that_could_not_be_read_are_downloaded_neutralised(owner, done):
    answer = owner.client.get(f"/audits/{done.pk}/rows-not-read.csv", headers={"host": owner.host})
    text = b"".join(answer.streaming_content).decode()
    assert text.splitlines()[1] == "92,The time “=1” cannot be read.,'=1,x,y,in,Missed,0"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_pdf_carries_the_agency_and_no_caller(owner, done, prospect, agency, plumber):
    for member, log in ((owner, done), (agency, prospect)):
        answer = member.client.get(f"/audits/{log.pk}/report.pdf", headers={"host": member.host})
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/pdf"
        paper = pypdf.PdfReader(io.BytesIO(answer.content))
        words = " ".join(page.extract_text() for page in paper.pages)
        assert plumber.business.agency.name in words and log.name in words
        assert "33% of incoming calls reached nobody." in words
        assert (
            "When calls are missed" in words
            and "a month" in words
            and "How this was counted" in words
        )
        assert "5550" not in words


def test_a_pdf_of_odd_names_and_an_empty_log_is_a_pdf(owner, done):
    result = {**done.result, "calls": 0, "missed": 0, "from": "", "to": ""}
    CallLog.objects.filter(pk=done.pk).update(name="電話 🦷 " + "x" * 100, result=result)
    answer = owner.client.get(f"/audits/{done.pk}/report.pdf", headers={"host": owner.host})
    words = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "There is no incoming call in this log." in words


def test_suggested_rules_open_as_a_draft_before_the_others(owner, done, plumber, dentist):
    in_force = None
    with plumber.scope():
        in_force = RuleSet.objects.order_by("-version").first()
    answer = owner.sent(f"/audits/{done.pk}/draft/", {"rule": "0"})
    assert answer.headers["Location"] == "/rules/review/"
    page = owner.post(f"/audits/{done.pk}/draft/")  # his own draft is not written over
    assert "your own draft is still there" in page
    with plumber.scope():
        mine = RuleDraft.objects.get(source="page")
        assert load(mine.rules)[0].id == "audit-second-call"
        one, every = RuleDraft.objects.filter(source="audit").order_by("pk")
        assert one.based_on == in_force.version
        assert load(one.rules)[1].id == "text-back" and len(load(every.rules)) > 1
        assert RuleSet.objects.order_by("-version").first() == in_force
    with dentist.scope():
        assert not RuleDraft.objects.exists()


def test_a_prospect_s_audit_is_taken_over_by_the_business(prospect, plumber, owner, work):
    agency_here = Member(User.objects.get(email="agency@northwind.example"), plumber.host)
    assert "Birch Roofing" in agency_here.get("/audits/")
    assert "Birch Roofing" not in owner.get("/audits/")
    owner.sent("/audits/attach/", {"log": prospect.pk})
    assert CallLog.objects.get(pk=prospect.pk).business is None
    page = agency_here.post("/audits/attach/", {"log": prospect.pk})
    assert "Open in the editor" in page
    assert "Birch Roofing" in owner.get("/audits/")


def test_deleting_is_at_once_and_whole(owner, done, plumber):
    page = owner.post(f"/audits/{done.pk}/delete/")
    assert "is deleted, with its calls and files" in page
    assert not CallLog.objects.exists() and not LoggedCall.objects.exists()
    with plumber.scope():
        assert AuditEntry.objects.filter(action="call_log.delete").count() == 1


def test_an_erased_caller_is_not_named_in_the_report(owner, done):
    rows = [[2, 3], [5, 2]]
    CallLog.objects.filter(pk=done.pk).update(result={**done.result, "gave_up_rows": rows})
    assert "(312) 555-0000" in (page := owner.get(f"/audits/{done.pk}/")) and "555-0003" in page
    LoggedCall.objects.filter(log=done, row=2).delete()
    page = owner.get(f"/audits/{done.pk}/")
    assert "555-0000" not in page and "555-0003" in page


def test_the_made_up_log_can_be_audited(owner, work):
    answer = owner.client.get("/audits/example.csv", headers={"host": owner.host})
    page = owner.post("/audits/new/", {"file": upload(answer.content)})
    assert "All of the first 200 rows can be read." in page


def test_answers_of_no_second_are_told_before_and_after(owner, work, plumber, dentist):
    owner.post("/audits/new/", {"file": upload(HEADING + lines(90).replace(",40\n", ",0\n", 7))})
    log = CallLog.objects.get()
    page = owner.get(f"/audits/{log.pk}/")
    assert "7 of the first 90 rows say answered, but last 0 seconds." in page
    assert "answered, 0 s" in page and 'aria-current="page">Audits<' in page
    read(log, work)
    page = owner.get(f"/audits/{log.pk}/")
    assert "7 calls the log calls answered last 0 seconds." in page
    assert "though they last 0 seconds: 7." in page and "Answered for 0 seconds" in page
    answer = owner.client.get(f"/audits/{log.pk}/report.pdf", headers={"host": owner.host})
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    words = " ".join(" ".join(each.extract_text().split()) for each in pages)
    assert (
        "7 calls the log calls answered last 0 seconds." in words and "0 seconds: 7 here" in words
    )


def test_a_log_that_cannot_tell_who_was_talked_to_says_so(owner, done, plumber):
    log = CallLog.objects.get(pk=done.pk)
    at = datetime(2026, 1, 5, 15, tzinfo=UTC)
    calls = [Logged(n, at, "+13125550142", "", "unknown", "", None, None, True) for n in range(7)]
    found = examine(calls, week_of(log.timezone, log.hours), Assumptions())
    CallLog.objects.filter(pk=log.pk).update(result={**found, "rules": [], "why": []})
    page = owner.get(f"/audits/{log.pk}/")
    assert "Of 100% of the incoming calls the log cannot tell" in page
    assert "reached nobody" not in page and "What that may be worth" not in page
    answer = owner.client.get(f"/audits/{log.pk}/report.pdf", headers={"host": owner.host})
    assert answer.status_code == 200
    words = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "cannot tell whether anybody talked" in words
