"""The second provider's signature: our published vector, other people's keys, and JSON as fields."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.providers.ed25519 import is_public_key, verify
from messaging.providers.json_fields import MAX_DEPTH, parse_json
from messaging.providers.signature import readable

# telephony.md section 8: seed bytes 0 to 31.
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
BODY = b'{"data":{"event_type":"message.received","id":"b301ed3f-1490-491f-995f-6e64e69674d4"}}'
AT = 1_700_000_000
SIGNATURE = (
    "wmVhzYx1OPhBL8Az9obmALNHeXbPTVWhXLQgm2bKP40beU0cQEwVClP18UNPD6MaUyy28FOMDII2viZkJM0FDQ=="
)


def test_the_published_vector():
    assert verify(BODY, str(AT), SIGNATURE, [KEY], AT)
    assert verify(BODY, str(AT), SIGNATURE, ["", "not a key", KEY], AT)


@pytest.mark.parametrize(
    ("body", "stamp", "signature", "keys"),
    [
        (BODY + b" ", str(AT), SIGNATURE, [KEY]),
        (BODY, str(AT + 1), SIGNATURE, [KEY]),
        (BODY, f"0{AT}", SIGNATURE, [KEY]),
        (BODY, str(AT), SIGNATURE.replace("w", "x", 1), [KEY]),
        (BODY, str(AT), SIGNATURE[:-4], [KEY]),
        (BODY, str(AT), SIGNATURE + "=", [KEY]),
        (BODY, str(AT), SIGNATURE, []),
        (BODY, str(AT), SIGNATURE, ["B" + KEY[1:]]),
        (BODY, str(AT), SIGNATURE, [KEY[:-4]]),
    ],
)
def test_anything_else_does_not_fit(body, stamp, signature, keys):
    assert verify(body, stamp, signature, keys, AT) is False


@pytest.mark.parametrize(
    ("now", "fits"), [(AT + 300, True), (AT - 300, True), (AT + 301, False), (AT - 301, False)]
)
def test_the_tolerance_is_five_minutes_both_ways(now, fits):
    assert verify(BODY, str(AT), SIGNATURE, [KEY], now) is fits


@given(st.binary(max_size=60), st.text(max_size=30), st.text(max_size=100), st.text(max_size=50))
def test_it_never_raises(body, stamp, signature, key):
    assert verify(body, stamp, signature, [key, KEY], AT) is False
    assert is_public_key(key) in (True, False)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=5), _JSON, max_size=5))
def test_any_object_becomes_fields_a_database_takes(data):
    fields = readable(parse_json(json.dumps(data).encode()))
    assert all("\x00" not in name + value for name, value in fields.items())


def test_fields_have_dotted_names_in_their_order():
    body = (
        b'{"b": {"to": [{"n": 1}, {"n": 2.5}], "on": true, "no": null, "e": []}, "a": "x", "m": 1}'
    )
    assert parse_json(body, without=("m",)) == [
        (b"b.to.0.n", b"1"),
        (b"b.to.1.n", b"2.5"),
        (b"b.on", b"true"),
        (b"a", b"x"),
    ]


def test_deep_and_long_ones_are_refused():
    deep = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH
    assert parse_json(deep)
    with pytest.raises(ValueError, match="deeper"):
        parse_json(b'{"a":' + deep + b"}")
    with pytest.raises(ValueError, match="more than 500"):
        parse_json(json.dumps({str(n): n for n in range(501)}).encode())
