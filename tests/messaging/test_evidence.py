"""The evidence export: everything about one number, nothing about anybody else, and provable."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from messaging import consent, holds
from messaging.erasure import erase
from messaging.evidence import glossary
from messaging.evidence.export import EvidenceError, gather
from messaging.jurisdictions import current
from messaging.models import AuditEntry, Contact, Message, Policy
from messaging.people import lock_contact
from messaging.places import states
from messaging.services import send_as
from tenants.models import LedgerRoot, ProviderEvent
from tests.support.hooks import Provider, a_caller, a_sid, texts_to

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "¿Puede venir a las 3? 水管漏水 🚰"
STRANGERS_WORDS = "My own secret is the blue door"


@dataclass(slots=True)
class Opened:
    """An export, unpacked."""

    made: Any
    files: dict[str, bytes]

    def text(self, name: str) -> str:
        return self.files[name].decode()

    def json(self, name: str) -> Any:
        return json.loads(self.files[name])

    def lines(self, name: str) -> list[Any]:
        return [json.loads(line) for line in self.files[name].splitlines()]

    def paper(self) -> str:
        """The words of the PDF, its broken lines put together again."""
        pages = pypdf.PdfReader(io.BytesIO(self.files["transcript.pdf"])).pages
        return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))

    def everything(self) -> str:
        return self.paper() + "".join(
            content.decode() for name, content in self.files.items() if name != "transcript.pdf"
        )


def opened(made: Any) -> Opened:
    with made.file, zipfile.ZipFile(made.file) as zipped:
        assert zipped.testzip() is None
        return Opened(made, {name: zipped.read(name) for name in zipped.namelist()})


def export(biz, phone, first=None, last=None, at=None) -> Opened:
    with biz.scope():
        return opened(
            gather(phone, first, last, actor="Pat", door="command", at=at or timezone.now())
        )


def verified(files: dict[str, bytes], folder: Path) -> tuple[int, str]:
    """Run the exported verifier on the exported files, as opposing counsel would."""
    folder.mkdir(exist_ok=True)
    for name in ("verify_ledger.py", "ledger.jsonl", "roots.json"):
        (folder / name).write_bytes(files[name])
    words = [sys.executable, "-I", "verify_ledger.py", "ledger.jsonl", "roots.json"]
    run = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def journey(provider, stand_in, work, phone: str, words: str = QUESTION) -> None:
    """A missed call, our text, the delivery, an answer, STOP in other words, and one more call."""
    before = len(texts_to(stand_in.requests, phone))
    call = provider.call(phone, CallerName="DANA REYES", StirVerstat="TN-Validation-Passed-A")
    call.arrives()
    call.screened()  # a colleague's phone rings
    call.dial_ends("no-answer")
    call.ends("completed", 25)
    work()
    sent = texts_to(stand_in.requests, phone)[before]
    with provider.biz.scope():
        text = Message.objects.get(their_number=phone, direction="out")
    for status in ("sent", "delivered"):
        provider.receipt(sent["form"]["StatusCallback"], status, text.provider_id, To=phone)
    provider.text(phone, words)
    provider.text(phone, "please stop")
    work()
    provider.call(phone).dial_ends("busy")
    work()


@pytest.fixture
def told(twilio, stand_in, work, plumber, dentist, web_url):
    """Two people and two businesses with the same story; the first of the plumber's is exported."""
    stranger, phone = a_caller(), a_caller()
    journey(twilio, stand_in, work, stranger, STRANGERS_WORDS)
    journey(twilio, stand_in, work, phone)
    at_dentist = Provider(dentist, web_url)
    at_dentist.text(phone, "Only the dentist may read this")
    work()
    with plumber.scope():
        head = AuditEntry.objects.count()
        rows = list(_hashes())
        LedgerRoot.objects.create(
            business=plumber.business, day=timezone.now().date(), seq=rows[-1][0],
            row_hash=rows[-1][1], recorded_at=timezone.now(),
        )  # fmt: skip
    assert head == 0
    return phone, stranger


def _hashes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, row_hash FROM messaging_consentevent ORDER BY seq")
        return cursor.fetchall()


# --- what is in it --------------------------------------------------------------------------------


def test_every_text_that_left_is_defended(told, plumber):
    phone, _ = told
    found = export(plumber, phone)
    decided = found.lines("decisions.jsonl")
    sent = [line for line in decided if line["status" if line["kind"] == "text" else "kind"] in
            ("sent", "delivered")]  # fmt: skip
    with plumber.scope():
        left = Message.objects.filter(their_number=phone, direction="out", sent_at__isnull=False)
        assert [line["body"] for line in sent] == [m.body for m in left.order_by("created_at")]
    assert len(sent) == 2
    for line in sent:
        assert line["provider_id"] and line["times"]["sent_at"].endswith("Z")
        assert line["body_sha256"] == hashlib.sha256(line["body"].encode()).hexdigest()
        decision = line["decisions"][-1]
        assert decision["result"] == "send" and decision["sentence"] and decision["rules"]
        assert all(rule["says"] and rule["source"] for rule in decision["rules"])
        assert decision["consent"]["row_hash"] in found.text("ledger.jsonl")
        assert decision["places"]["states"] == ["US-IL"]
        (local,) = decision["places"]["local_times"]
        assert local["zone"] == "America/Chicago" and re.search(r"[AP]M$", local["time"])
        assert decision["ruleset"] == current().version and decision["policy_version"] >= 1
    answer, confirmation = sent
    assert answer["template"] in [row["template"] for row in found.json("templates.json")]
    assert answer["times"]["delivered_at"] and answer["purpose"] == "text_back"
    assert answer["decisions"][0]["consent"]["means"] == "Consented"
    assert confirmation["decisions"][-1]["consent"]["kind"] == "opt_out"


def test_what_was_kept_back_says_why(told, plumber):
    found = export(plumber, told[0])
    (refusal,) = [line for line in found.lines("decisions.jsonl") if line["kind"] == "refusal"]
    (decision,) = refusal["decisions"]
    assert refusal["code"] == "OPTOUT_NEW_CALL_NO_TEXT" and refusal["answers_call"]
    assert decision["rules"][0]["source"].startswith("47 CFR 64.1200")
    assert decision["consent"]["kind"] == "opt_out"
    assert decision["places"]["local_times"]


def test_calls_receipts_and_words_received_are_there(told, plumber):
    phone, _ = told
    found = export(plumber, phone)
    first, second = found.lines("calls.jsonl")
    assert (first["outcome"], second["decision"]) == ("missed", "skip")
    assert first["receipt"]["questions"][0]["asked"] == "Was the call missed?"
    assert first["consent"]["evidence"]["disclosure"].startswith("If we miss you")
    assert first["consent"]["evidence"]["call_start"].endswith("Z")
    received = found.lines("received.jsonl")
    assert [line["body"] for line in received] == [QUESTION, "please stop"]
    reports = found.lines("receipts.jsonl")
    assert {"voice.dial", "messaging", "messaging.status"} <= {r["kind"] for r in reports}
    statuses = [r["fields"].get("MessageStatus") for r in reports]
    assert "delivered" in statuses
    counts = found.made.counts
    assert (counts["texts sent"], counts["texts received"], counts["calls"]) == (2, 2, 2)


def test_policy_rules_and_numbers_of_the_period(told, plumber):
    with plumber.scope():
        first = Policy.objects.order_by("pk")[0]
        values = {f.name: getattr(first, f.name) for f in Policy._meta.concrete_fields}
        del values["id"]
        later = Policy.objects.create(
            **{**values, "strict_quiet_hours": True, "changed_at": timezone.now()}
        )
    found = export(plumber, told[0])
    policy = found.json("policy.json")
    assert [row["version"] for row in policy["versions"]] == [first.pk, later.pk]
    assert policy["versions"][0]["in_force_until"] == policy["versions"][1]["in_force_from"]
    assert [row["number"] for row in policy["numbers"]] == [plumber.number]
    rules = found.json("rules.json")
    assert rules["ruleset"] in rules["decided_under"]
    codes = {row["code"] for row in rules["jurisdictions"]}
    assert {"US", "US-default", "US-unknown"} <= codes
    assert all(row["source"] and row["reviewer"] for row in rules["jurisdictions"])


def test_the_transcript_tells_it_in_order_on_paper(told, plumber):
    paper = export(plumber, told[0]).paper()
    order = [
        "Lakeside Plumbing", "INTACT", "Call missed: nobody answered", "Ledger row", "consented",
        "Text sent and delivered", "Sorry we missed your call", "¿Puede venir a las 3? [U+6C34",
        "potable water symbol]", "please stop", "opted out", "You're unsubscribed",
        "Text kept back: it was never sent", "The rules named above", "47 CFR 64.1200",
    ]  # fmt: skip
    place = 0
    for words in order:
        assert words in paper[place:], words
        place = paper.index(words, place)
    assert "Central time (America/Chicago)" in paper
    assert re.search(r"Page 1 of \d", paper)


def test_the_page_shows_every_script_and_no_markup_of_theirs(twilio, work, plumber):
    phone = a_caller()
    twilio.text(phone, "<script>alert(1)</script> \u202eevil\u202c مرحبا Привет")
    work()
    found = export(plumber, phone)
    page = found.text("transcript.html")
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page
    assert "[U+202E]evil[U+202C] مرحبا Привет" in page
    assert "Привет" in found.paper() and "مرحبا" not in found.paper()
    assert "http" not in re.sub(r"https?://[^ <]*Recordings[^ <]*", "", page)


# --- that it proves itself -----------------------------------------------------------------------


def test_the_verifier_in_it_says_intact_and_the_manifest_fits(told, plumber, tmp_path):
    found = export(plumber, told[0])
    code, said = verified(found.files, tmp_path)
    assert code == 0 and said.startswith("INTACT") and "left out" in said, said
    assert "1 daily roots stand" in said
    state = found.json("chain.json")
    assert state["intact"] and state["last_hash"] in said
    listed = dict(reversed(line.split("  ")) for line in found.text("MANIFEST.sha256").splitlines())
    assert set(listed) == set(found.files) - {"MANIFEST.sha256"}
    for name, digest in listed.items():
        assert hashlib.sha256(found.files[name]).hexdigest() == digest
    assert all(
        f"\n{name}\n" in found.text("README.txt") for name in found.files if name != "README.txt"
    )


def test_one_byte_of_the_ledger_changed_is_found(told, plumber, tmp_path):
    found = export(plumber, told[0])
    ledger = found.files["ledger.jsonl"]
    for place in range(3, len(ledger), len(ledger) // 9):
        byte = b"0" if ledger[place : place + 1] != b"0" else b"1"
        changed = ledger[:place] + byte + ledger[place + 1 :]
        code, said = verified({**found.files, "ledger.jsonl": changed}, tmp_path)
        assert code in (1, 2) and not said.startswith("INTACT"), (place, said)
    without = b"".join(ledger.splitlines(keepends=True)[:-1])
    code, said = verified({**found.files, "ledger.jsonl": without}, tmp_path)
    assert code == 1 and "root of" in said


def test_a_ledger_that_was_tampered_with_is_said_to_be_broken(told, plumber):
    with plumber.scope(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE messaging_consentevent SET matched = 'go on' WHERE kind = 'opt_out'")
        cursor.execute("SET session_replication_role = origin")
    found = export(plumber, told[0])
    assert not found.json("chain.json")["intact"]
    assert "BROKEN" in found.paper() and "BROKEN" in found.text("README.txt")
    assert found.json("chain.json")["problems"]


def test_the_same_data_and_time_give_the_same_bytes(told, plumber):
    at = timezone.now()
    one, two = export(plumber, told[0], at=at), export(plumber, told[0], at=at)
    assert one.made.sha256 == two.made.sha256 and one.made.size == two.made.size


# --- whose it is ----------------------------------------------------------------------------------


def test_nobody_else_is_in_it(told, plumber):
    phone, stranger = told
    found = export(plumber, phone)
    whole = found.everything()
    assert phone in whole
    for other in (stranger, *plumber.business.numbers.get().staff_numbers):
        assert other not in whole and other[2:] not in whole
    assert STRANGERS_WORDS not in whole and "Only the dentist" not in whole
    with plumber.scope():
        theirs = Message.objects.filter(their_number=stranger)
        for message in theirs:
            assert str(message.pk) not in whole
            assert not message.provider_id or message.provider_id not in whole
    left_out = [line for line in found.lines("ledger.jsonl") if line.get("redacted")]
    assert left_out and all(
        set(line) == {"seq", "prev_hash", "row_hash", "redacted"} for line in left_out
    )
    assert any("[another number]" in str(line["fields"]) for line in found.lines("receipts.jsonl"))


def test_other_numbers_in_webhooks_are_left_out_however_they_are_written(told, plumber, dentist):
    phone, _ = told
    ours = plumber.number
    others = {
        "ForwardedFrom": "(312) 555-0177", "CalledVia": "tel:312-555-0178",
        "SipHeader_X-From": '"A" <sip:312.555.0176@10.0.0.1:5060>', "Odd": ["312 555 0175", 3125550174],
        "Url": "https://a.example/?to=%28312%29%20555-0173",
    }  # fmt: skip
    theirs = {
        "Same": f"tel:{phone}", "Written": f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}", "Ours": ours[1:],
        "Latitude": "41.87811361234", "RecordingUrl": "https://x/2010-04-01/RE" + "1234567890abcdef" * 2,
    }  # fmt: skip
    words = "Call my wife at 312-555-0172"
    for each in ProviderEvent.objects.filter(business=plumber.business):
        each.params |= others | theirs | {"Body": words}
        each.note = f"ValueError: (312) 555-0176 is not {phone}"
        each.save(update_fields=["params", "note"])
    found = export(plumber, phone)
    fields = [line["fields"] for line in found.lines("receipts.jsonl") if "Odd" in line["fields"]]
    notes = {line["note"] for line in found.lines("receipts.jsonl")}
    assert fields and notes == {f"ValueError: [another number] is not {phone}"}
    for each in fields:
        assert {name: each[name] for name in theirs} == theirs
        assert each["Body"] == words
        assert (
            each["ForwardedFrom"] == "[another number]" and each["Odd"] == ["[another number]"] * 2
        )
    whole = re.sub(r"\D", "", found.text("receipts.jsonl").replace(words, ""))
    assert not re.search("312555017[3-8]", whole)
    said = re.sub(r"\s+", " ", found.text("README.txt"))
    assert "it says [another number]" in said and "left out of it" not in said
    assert "but for what README.txt says is left out" in found.text("custodian.txt")


def test_another_business_s_export_of_the_same_number_has_none_of_it(told, dentist, tmp_path):
    phone, _ = told
    found = export(dentist, phone)
    whole = found.everything()
    assert "Only the dentist may read this" in whole
    assert "Lakeside" not in whole and "Sorry we missed" not in whole
    assert found.lines("calls.jsonl") == []
    assert verified(found.files, tmp_path)[0] == 0


def test_a_number_nothing_is_known_about(told, plumber, tmp_path):
    found = export(plumber, a_caller())
    assert not found.made.found
    sentence = "Nothing is stored about this number in this period."
    assert sentence in found.text("README.txt") and sentence in found.paper()
    assert sentence in found.text("transcript.html")
    assert found.lines("decisions.jsonl") == found.lines("received.jsonl") == []
    assert all(line["redacted"] for line in found.lines("ledger.jsonl"))
    assert verified(found.files, tmp_path)[1].startswith("INTACT")


def test_an_erased_person_is_found_by_the_mark(told, plumber, tmp_path):
    phone, _ = told
    with plumber.scope():
        contact = Contact.objects.get(phone=phone)
        erase(contact.pk, actor="Pat", door="page", at=timezone.now())
    found = export(plumber, phone)
    assert "This person was erased" in found.text("README.txt")
    assert found.json("summary.json")["person"]["erased_opted_out_at"]
    decided = found.lines("decisions.jsonl")
    assert len([line for line in decided if line["kind"] == "text"]) >= 2
    assert {line["body"] for line in decided} == {""}
    assert decided[0]["decisions"][0]["code"] == "ALLOW_RESPONSIVE_IMMEDIATE"
    own = [line for line in found.lines("ledger.jsonl") if "redacted" not in line]
    assert own[-1]["kind"] == "erasure" and all("detail" not in line for line in own)
    assert "erased, its hash is kept" in found.text("ledger.csv")
    assert "Puede venir" not in found.everything()
    assert verified(found.files, tmp_path)[0] == 0


def test_legal_holds_are_shown(told, plumber):
    phone, _ = told
    with plumber.scope():
        now = timezone.now()
        holds.place(phone, "Reyes v. Lakeside", "Counsel", now)
        everybody = holds.place("", "Stranger v. Lakeside", "Counsel", now)
        holds.lift(everybody.pk, "Counsel", now)
    found = export(plumber, phone)
    shown = found.json("summary.json")["holds"]
    assert [(h["covers"], h["open"]) for h in shown] == [
        ("this number", True),
        ("everybody", False),
    ]
    assert "Legal hold on this number (Reyes v. Lakeside)" in found.text("README.txt")
    assert "Stranger v." not in found.everything()


# --- periods, formulas ----------------------------------------------------------------------------


def test_a_period_is_whole_days_of_utc(plumber):
    phone = a_caller()
    moments = {
        "the day before": datetime(2026, 3, 9, 23, 59, 59, 999999, tzinfo=UTC),
        "first moment": datetime(2026, 3, 10, tzinfo=UTC),
        "last moment": datetime(2026, 3, 11, 23, 59, 59, 999999, tzinfo=UTC),
        "the day after": datetime(2026, 3, 12, tzinfo=UTC),
    }
    with plumber.scope():
        conversation = send_as(phone, "Hello there", author="person").conversation_id
        Message.objects.all().delete()
        Message.objects.bulk_create(
            Message(
                conversation_id=conversation, direction="in", status="received", author="contact",
                body=words, our_number=plumber.number, their_number=phone, provider="twilio",
                provider_id=a_sid("SM"), created_at=at,
            )
            for words, at in moments.items()
        )  # fmt: skip
    bodies = lambda *period: [
        line["body"] for line in export(plumber, phone, *period).lines("received.jsonl")
    ]
    assert bodies("2026-03-10", "2026-03-11") == ["first moment", "last moment"]
    assert bodies("2026-03-12", None) == ["the day after"]
    assert bodies(None, "2026-03-09") == ["the day before"]
    assert bodies("2026-03-10", "2099-12-31") == list(moments)[1:]
    assert bodies("", "") == list(moments)


@pytest.mark.parametrize(
    ("number", "first", "last", "field"),
    [
        ("anonymous", None, None, "number"),
        ("", None, None, "number"),
        ("12", None, None, "number"),
        ("+1773556\x001000", None, None, "number"),
        ("+17735561000", "yesterday", None, "from"),
        ("+17735561000", "2026-02-30", None, "from"),
        ("+17735561000", "20260301", None, "from"),
        ("+17735561000", "2026-03-02", "2026-03-01", "from"),
        ("+17735561000", "2199-01-01", None, "from"),
        ("+17735561000", None, "2026-3-1", "to"),
        ("+17735561000", None, "٢٠٢٦-٠٣-٠١", "to"),
    ],
)
def test_what_cannot_be_exported_is_named_and_noted(number, first, last, field, plumber):
    with plumber.scope():
        with pytest.raises(ValueError, match=f"^{field}: ") as raised:
            gather(number, first, last, actor="Pat", door="api", at=timezone.now())
        assert isinstance(raised.value, EvidenceError) and raised.value.field == field
        entry = AuditEntry.objects.get()
        assert entry.action == "evidence.export" and entry.detail["failed"].startswith(field)


def test_no_cell_of_the_sheet_is_a_formula(plumber):
    phone, nasty = a_caller(), ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "  =1"]
    with plumber.scope(), transaction.atomic():
        contact = lock_contact(phone, timezone.now())
        for words in nasty:
            consent.record(
                contact, "opt_out", channel="sms", raw_text=words, matched=words, actor=words,
                provider="twilio", provider_id=a_sid("SM"), at=timezone.now(),
            )  # fmt: skip
    found = export(plumber, phone)
    rows = list(csv.reader(io.StringIO(found.files["ledger.csv"].decode("utf-8-sig"), newline="")))
    assert len(rows) == len(nasty) + 1
    begin = tuple("=+-@\t\r\n")
    assert {cell for row in rows for cell in row if cell.lstrip(" ").startswith(begin)} == {phone}
    assert [row[rows[0].index("raw_text")] for row in rows[1:]] == [f"'{words}" for words in nasty]


def test_every_rule_the_gate_and_the_lint_name_is_explained():
    files = [*(ROOT / "messaging/gate").glob("*.py"), *(ROOT / "messaging").glob("lint*.py")]
    files += [ROOT / "messaging" / f"{name}.py" for name in ("windows", "compliance", "refusals")]
    named = {
        rule
        for path in files
        for rule in re.findall(r'"(R-[A-Z]+-\d+|8\.\d+[a-z]?|WA_CEMA)"', path.read_text())
    }
    assert len(named) > 40
    assert {rule for rule in named if not glossary.known(rule)} == set()
    today = timezone.now().date()
    unexplained = glossary.rule("R-NONE-1", current(), today)
    assert not unexplained.source
    for code in states():
        if current().named(code, today):
            assert glossary.rule(code, current(), today).source


# --- doors ----------------------------------------------------------------------------------------


def _audited(biz) -> list[AuditEntry]:
    with biz.scope():
        return list(AuditEntry.objects.filter(action="evidence.export").order_by("pk"))


def test_every_export_is_in_the_audit_log_without_the_number(told, plumber):
    phone, _ = told
    found = export(plumber, phone, "2026-01-01")
    (entry,) = _audited(plumber)
    assert (entry.actor, entry.door) == ("Pat", "command")
    assert entry.detail["sha256"] == found.made.sha256
    assert set(entry.detail["files"]) == set(found.files)
    assert entry.detail["from"] == "2026-01-01T00:00:00.000000Z"
    assert re.fullmatch("[0-9a-f]{64}", entry.subject)
    assert phone[1:] not in json.dumps(entry.detail) + entry.subject


def test_the_command_writes_a_file_and_never_over_one(told, plumber, tmp_path, capsys):
    from django.core.management import CommandError, call_command

    phone, _ = told
    out = tmp_path / "evidence.zip"
    call_command(
        "export_evidence", phone, business=plumber.schema, out=str(out), first="2026-01-01"
    )
    said = capsys.readouterr().out
    assert hashlib.sha256(out.read_bytes()).hexdigest() in said and "texts sent" in said
    assert zipfile.ZipFile(out).testzip() is None
    for words, options in (
        ("--out", {"out": str(out)}),
        ("--out", {"out": str(tmp_path / "none" / "x.zip")}),
        ("--business", {"business": "nobody"}),
        ("NUMBER", {"number": "12"}),
        ("--from", {"first": "soon"}),
        ("--to", {"last": "later"}),
    ):
        given = {"number": phone, "business": plumber.schema, "out": str(tmp_path / "y.zip")}
        given |= options
        with pytest.raises(CommandError, match=words):
            call_command("export_evidence", given.pop("number"), **given)
    assert not (tmp_path / "y.zip").exists()
    assert [entry.door for entry in _audited(plumber)] == ["command"] * 4


def test_the_api_answers_with_the_zip(told, plumber, twilio):
    phone, _ = told
    answer = twilio.client.post(
        f"{twilio.base_url}/api/v1/evidence-exports/",
        json={"number": phone, "from": "2026-01-01"},
        headers={"Authorization": f"Bearer {plumber.api_key}", "Accept": "application/zip"},
    )
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert hashlib.sha256(answer.content).hexdigest() == answer.headers["X-Content-SHA256"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert b"Puede venir" in zipped.read("received.jsonl")
    (entry,) = _audited(plumber)
    assert entry.door == "api" and "API key" in entry.actor


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"number": "nobody"}, "number"),
        ({}, "number"),
        ({"number": "+17735561000", "from": "x"}, "from"),
        ({"number": "+17735561000", "to": "2026-13-01"}, "to"),
        ({"number": ["+17735561000"]}, "number"),
    ],
)
def test_the_api_names_what_cannot_be_used(body, field, plumber):
    for accept in ("*/*", "application/zip"):
        answer = Client().post(
            "/api/v1/evidence-exports/", body, content_type="application/json",
            headers={"host": "localhost", "authorization": f"Bearer {plumber.api_key}",
                     "accept": accept},
        )  # fmt: skip
        assert answer.status_code == 422, answer.content
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["errors"][0]["field"] == field


def test_the_api_wants_a_key_of_this_business(told, plumber, dentist):
    phone, _ = told
    ask = lambda **headers: Client().post(
        "/api/v1/evidence-exports/", {"number": phone}, content_type="application/json",
        headers=headers,
    )  # fmt: skip
    assert ask(host="localhost").status_code == 401
    key = f"Bearer {dentist.api_key}"
    assert ask(host=plumber.host, authorization=key).status_code == 401
    answer = ask(host="localhost", authorization=key)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as zipped:
        assert b"Puede venir" not in zipped.read("received.jsonl")


def _browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _ask(client: Client, biz, **given: str):
    return client.post("/compliance/evidence/", given, headers={"host": biz.host})


def test_the_page_gives_an_owner_the_zip(told, plumber):
    phone, _ = told
    answer = _ask(_browser(plumber.owner), plumber, number=phone, **{"from": "", "to": ""})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(answer.getvalue())).testzip() is None
    (entry,) = _audited(plumber)
    assert entry.door == "page" and plumber.owner.email in entry.actor


def test_the_page_says_what_is_wrong(plumber):
    owner = _browser(plumber.owner)
    answer = _ask(owner, plumber, number="<b>x</b>")
    assert answer.status_code == 422
    assert b"Number: expected a phone number" in answer.content
    answer = _ask(owner, plumber, number=a_caller(), **{"from": "2026-03-02", "to": "2026-03-01"})
    assert answer.status_code == 422 and b"ends before it begins" in answer.content
    assert owner.get("/compliance/evidence/", headers={"host": plumber.host}).status_code == 405


def test_an_agent_and_a_stranger_get_nothing(told, plumber, dentist):
    from tenants.models import Membership, Role, User

    phone, _ = told
    agent = User.objects.create_user("agent@lakeside.example", "x")
    Membership.objects.create(user=agent, business=plumber.business, role=Role.AGENT)
    answer = _ask(_browser(agent), plumber, number=phone)
    assert answer.status_code == 403 and b"owner or a manager" in answer.content
    (entry,) = _audited(plumber)
    assert entry.detail == {"failed": "not allowed for this role"}
    assert _ask(_browser(dentist.owner), plumber, number=phone).status_code == 404
    assert _ask(Client(), plumber, number=phone).status_code == 302
    assert len(_audited(plumber)) == 1


def test_an_export_sees_one_moment_and_cannot_write(plumber):
    with plumber.scope(), transaction.atomic(), pytest.raises(RuntimeError):
        gather(a_caller(), None, None, actor="Pat", door="command", at=timezone.now())


def test_what_happens_after_the_moment_of_the_export_is_not_in_it(told, plumber):
    phone, _ = told
    before = timezone.now() - timedelta(days=1)
    found = export(plumber, phone, at=before)
    assert found.lines("decisions.jsonl") == [] and found.lines("calls.jsonl") == []
    assert "of the consent ledger from any time are in ledger.jsonl" in found.text("README.txt")
