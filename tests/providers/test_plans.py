"""Every plan of a call, as each provider reads it: known verbs, right nesting, sensible values."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from xml.etree import ElementTree

import pytest
from django.conf import settings

from calls import flow
from messaging.plan import Step
from messaging.providers import provider
from tenants import postures
from tests.support.voice_xml import TEXML, TWIML, problems

STAFF = ("+13125550190", "+13125550191")
READERS = {"twilio": TWIML, "simulator": TWIML, "telnyx": TEXML}
LINE = flow.Line(
    "+13125550100", "O'Hara & Söhne <Plumbing>", "staff_first", STAFF, 20, True, "", True
)


def lines() -> list[flow.Line]:
    """Return every sort of line, twenty ways."""
    found = []
    for answering, staff, posture, voicemail, recording, emergency in product(
        ("staff_first", "greeting", "by_hours"), ((), STAFF), postures.POSTURES,
        (True, False), ("", "https://ringback.test/g/1.mp3"), ("", "9", "#"),
    ):  # fmt: skip
        found.append(
            replace(
                LINE, answering=answering, staff_numbers=staff, posture=posture,
                voicemail=voicemail, recording_url=recording, emergency_digit=emergency,
                emergency_number="+13125550199" if emergency else "", transcribe=voicemail,
                greeting="We are out, we will text you." if recording else "",
            )
        )  # fmt: skip
    odd = [
        replace(LINE, ring_seconds=5), replace(LINE, ring_seconds=60), replace(LINE, in_order=True),
        replace(LINE, press_one=False), replace(LINE, staff_numbers=STAFF * 5),
        replace(LINE, greeting="<Hangup/> & “quotes” 🚿 \u0007" * 40),
        replace(LINE, consent_digit="*", posture=postures.PRESS_ONE, answering="greeting"),
        replace(LINE, is_open=False, answering="by_hours", greeting="Back {next_open}. {phone}"),
    ]  # fmt: skip
    return found + odd


def plans(line: flow.Line) -> list[list[Step]]:
    """Return everything this line can answer."""
    keys = ("", "1", "9", "#", line.consent_digit)
    return [
        flow.answer(line, "+17735561234"),
        flow.answer(line, line.e164),
        flow.answer(line, "+17735561234", STAFF[0]),
        flow.unanswered(line),
        flow.fallback(line),
        flow.after_recording(),
        *(flow.after_dial(line, answered) for answered in (True, False)),
        *(flow.after_on_call(line, answered) for answered in (True, False)),
        *(flow.after_key(line, key) for key in keys),
        *(flow.after_offer(line, key) for key in keys),
        *(
            flow.screen(line, key, on_call=on_call)
            for key in (None, "1", "2")
            for on_call in (True, False)
        ),
    ]


@pytest.mark.parametrize("name", settings.PROVIDERS)
def test_every_plan_can_be_followed(name):
    adapter, seen = provider(name), set()
    for line in lines():
        for plan in plans(line):
            xml = adapter.render(plan)
            if xml not in seen:
                seen.add(xml)
                assert problems(xml, READERS[name]) == [], xml.decode()
    assert len(seen) > 50
    assert problems(adapter.silence(), READERS[name]) == []


@pytest.mark.parametrize("name", settings.PROVIDERS)
def test_every_address_in_a_plan_is_one_of_our_webhooks(name):
    base = f"{settings.PUBLIC_BASE_URL}/webhooks/{name}/"
    found: set[str] = set()
    for line in lines():
        for plan in plans(line):
            xml = provider(name).render(plan).decode()
            found |= set(re.findall(r'(?:action|url|[cC]allback)="([^"]+)"', xml))
    assert found and all(url.startswith(base) for url in found)
    assert {url.removeprefix(base) for url in found} <= set(settings.WEBHOOKS)


def test_each_reader_gets_only_what_it_knows():
    ring = flow.answer(LINE)
    twiml, texml = (ElementTree.fromstring(provider(n).render(ring)) for n in ("twilio", "telnyx"))
    assert twiml[0].attrib["answerOnBridge"] == "true"
    assert "answerOnBridge" not in texml[0].attrib
    offer = flow.unanswered(replace(LINE, posture=postures.PRESS_ONE))
    gathers = [
        ElementTree.fromstring(provider(n).render(offer)).find("Gather").attrib
        for n in ("twilio", "telnyx")
    ]
    assert {"method", "actionOnEmptyResult"} <= set(gathers[0])
    assert {"method", "actionOnEmptyResult"}.isdisjoint(gathers[1])


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (b"<Response><Dail/></Response>", "<Dail> is no verb"),
        (b"<Response>", "not XML"),
        (b"<Reply/>", "the root is <Reply>"),
        (b'<Response><Hangup/><Say>x</Say></Response>', "unreachable after <Hangup>"),
        (b'<Response><Record maxLength="5"/></Response>', "<Record> without action"),
        (b'<Response><Dial action="https://a.b/c" timeout="0"><Number>+13125550100</Number></Dial></Response>', "timeout='0'"),
        (b'<Response><Dial action="https://a.b/c" timeOut="9"><Number>+13125550100</Number></Dial></Response>', "<Dial timeOut> is no attribute"),
        (b'<Response><Dial action="https://a.b/c"><Number>312</Number></Dial></Response>', "text '312'"),
        (b'<Response><Dial action="https://a.b/c"></Dial></Response>', "<Dial> of 0 numbers"),
        (b'<Response><Gather><Record action="https://a.b/c"/></Gather></Response>', "<Record> inside <Gather>"),
        (b'<Response><Say/></Response>', "<Say>: text ''"),
    ],
)  # fmt: skip
def test_the_checker_sees_what_is_wrong(xml, said):
    found = problems(xml, TWIML)
    assert any(said in problem for problem in found), found


def test_what_one_reader_knows_the_other_may_not():
    dial = (
        b'<Response><Dial action="https://a.b/c" %s><Number>+13125550100</Number></Dial></Response>'
    )
    assert problems(dial % b'answerOnBridge="true"', TWIML) == []
    assert problems(dial % b'answerOnBridge="true"', TEXML) != []
    assert problems(dial % b'timeout="300"', TWIML) == []
    assert problems(dial % b'timeout="300"', TEXML) != []
