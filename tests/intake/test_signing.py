"""Who sent it: every system's proof, right, wrong, old and exchanged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from calls.intake.events import BadReport
from calls.intake.mappings import MAPPINGS, handshake
from calls.intake.signing import Incoming, NotProven, prove_standard, sign

# telephony.md 8
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, STAMP, RAW = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
GOOD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
AT = datetime.fromtimestamp(STAMP, UTC)
OTHER = "whsec_" + base64.b64encode(b"x" * 24).decode()


def incoming(
    signature: str = GOOD, *, late: float = 0, raw: bytes = RAW, **headers: str
) -> Incoming:
    given = {
        "webhook-id": ID,
        "webhook-timestamp": str(STAMP),
        "webhook-signature": signature,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Incoming(given, raw, AT + timedelta(seconds=late))


def test_the_published_vector():
    assert sign(SECRET, ID, STAMP, RAW) == GOOD
    assert prove_standard(incoming(), [SECRET]) == ID


@pytest.mark.parametrize("late", [-299, 299])
def test_five_minutes_either_way(late):
    assert prove_standard(incoming(late=late), [SECRET]) == ID


@pytest.mark.parametrize("late", [-302, 302, 86_400])
def test_an_old_or_early_signature_is_refused(late):
    with pytest.raises(NotProven) as refused:
        prove_standard(incoming(late=late), [SECRET])
    assert refused.value.status == 403


def test_several_signatures_and_exchanged_secrets():
    assert prove_standard(incoming(f"v1,AAAA v1a,zzz {GOOD}"), [SECRET]) == ID
    assert prove_standard(incoming(), [OTHER, SECRET]) == ID
    with pytest.raises(NotProven):
        prove_standard(incoming(), [OTHER, ""])
    with pytest.raises(NotProven):
        prove_standard(incoming(), [])


@pytest.mark.parametrize(
    "changed",
    [
        incoming(raw=RAW + b" "),
        incoming(webhook_id="msg_other"),
        incoming("v1,"),
        incoming("v2," + GOOD[3:]),
        incoming("é" * 50),
        incoming(GOOD[3:]),
    ],
)
def test_whatever_is_changed_is_refused(changed):
    with pytest.raises(NotProven) as refused:
        prove_standard(changed, [SECRET])
    assert refused.value.status == 403


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_no_proof_is_401(missing):
    headers = {k: v for k, v in incoming().headers.items() if k != missing}
    with pytest.raises(NotProven) as refused:
        prove_standard(Incoming(headers, RAW, AT), [SECRET])
    assert refused.value.status == 401


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "9" * 40, "１２３"])
def test_a_timestamp_that_is_none(stamp):
    with pytest.raises(NotProven):
        prove_standard(incoming(webhook_timestamp=stamp), [SECRET])


def opened(system: str, headers: dict[str, str], raw: bytes, secrets: list[str]) -> dict:
    return MAPPINGS[system].open(Incoming(headers, raw, AT), secrets)[0]


def refused(system: str, headers: dict[str, str], raw: bytes, secrets: list[str]) -> int:
    with pytest.raises(NotProven) as why:
        opened(system, headers, raw, secrets)
    assert SECRET not in why.value.sentence
    return why.value.status


def test_quo_signs_in_two_ways():
    key = base64.b64encode(b"k" * 32).decode()
    millis = str(STAMP * 1000)
    mac = hmac.new(b"k" * 32, f"{millis}.".encode() + RAW, hashlib.sha256).digest()
    older = {"openphone-signature": f"hmac;1;{millis};{base64.b64encode(mac).decode()}"}
    assert opened("quo", older, RAW, [key]) == {"test": 2432232314}
    assert opened("quo", dict(incoming().headers), RAW, [SECRET])
    assert refused("quo", older, RAW + b" ", [key]) == 403
    assert refused("quo", older, RAW, [SECRET]) == 403
    assert refused("quo", {}, RAW, [SECRET]) == 401
    assert refused("quo", {"openphone-signature": "hmac;1;5"}, RAW, [key]) == 403
    old = older["openphone-signature"].replace(millis, str((STAMP - 400) * 1000))
    assert refused("quo", {"openphone-signature": old}, RAW, [key]) == 403


def jwt(claims: object, secret: str, algorithm: str = "HS256") -> bytes:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    signed = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}".encode()


def test_dialpads_body_is_a_token():
    claims = {"call_id": 5, "state": "hangup"}
    assert opened("dialpad", {}, jwt(claims, SECRET), [OTHER, SECRET]) == claims
    assert refused("dialpad", {}, jwt(claims, OTHER), [SECRET]) == 403
    assert refused("dialpad", {}, jwt(claims, SECRET, "none"), [SECRET]) == 403
    assert refused("dialpad", {}, jwt(claims, ""), ["", SECRET]) == 403
    assert refused("dialpad", {}, jwt([1], SECRET), [SECRET]) == 403
    head, body, _ = jwt(claims, SECRET).split(b".")
    assert refused("dialpad", {}, head + b"." + body + b".", [SECRET]) == 403
    for junk in (b"", b"{}", b"a.b.c", b"\xff", b"..", json.dumps(claims).encode()):
        assert refused("dialpad", {}, junk, [SECRET]) in (401, 403)


def test_ringcentral_shows_the_token_it_was_given():
    assert opened("ringcentral", {"verification-token": SECRET}, b"{}", [SECRET]) == {}
    assert refused("ringcentral", {"verification-token": OTHER}, b"{}", [SECRET]) == 403
    assert refused("ringcentral", {}, b"{}", [SECRET]) == 401
    asked = Incoming({"validation-token": "abc-123"}, b"", AT)
    assert handshake("ringcentral", asked) == "abc-123"
    assert handshake("generic", asked) == ""
    for bad in ("x" * 256, "a\r\nb", "é"):
        with pytest.raises(BadReport):
            handshake("ringcentral", Incoming({"validation-token": bad}, b"", AT))


def test_aircall_writes_its_token_in_the_body():
    assert opened("aircall", {}, b'{"token": "theirs-1234"}', ["theirs-1234"])
    assert refused("aircall", {}, b'{"token": "another"}', ["theirs-1234"]) == 403
    assert refused("aircall", {}, b"{}", ["theirs-1234"]) == 401
    assert refused("aircall", {}, b'{"token": ["theirs-1234"]}', ["theirs-1234"]) == 401
    assert refused("aircall", {}, b'{"token": ""}', ["", "theirs-1234"]) == 401


def test_3cx_sends_its_key_as_authorization():
    basic = "Basic " + base64.b64encode(f"{SECRET}:x".encode()).decode()
    assert opened("3cx", {"authorization": basic}, b"{}", [SECRET]) == {}
    assert opened("3cx", {"authorization": f"Bearer {SECRET}"}, b"{}", [SECRET]) == {}
    assert refused("3cx", {"authorization": basic}, b"{}", [OTHER]) == 403
    assert refused("3cx", {"authorization": "Basic ###"}, b"{}", [SECRET]) == 403
    assert refused("3cx", {"authorization": "Basic Og=="}, b"{}", ["", SECRET]) == 403
    assert refused("3cx", {}, b"{}", [SECRET]) == 401


def test_a_secret_appears_in_no_repr():
    assert "test" not in repr(incoming())
