"""The request signature: published vectors, the provider's own checker on random input, hostile bytes."""

from __future__ import annotations

from urllib.parse import quote_from_bytes, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from messaging.providers import signature

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMS = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}


def pairs(params):
    return [(name.encode(), value.encode()) for name, value in params.items()]


# telephony.md section 8; each was computed by somebody else.
@pytest.mark.parametrize(
    ("url", "given_signature"),
    [
        (URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com", ".com:1234"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com", ".com:1234").replace("https", "http"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (URL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (URL.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ],
)
def test_published_vectors_with_and_without_ports(url, given_signature):
    assert signature.verify(url, pairs(PARAMS), given_signature, [TOKEN])
    assert not signature.verify(url, pairs(PARAMS), given_signature, ["54321"])
    assert not signature.verify(url + "&x=1", pairs(PARAMS), given_signature, [TOKEN])
    assert not signature.verify(url, pairs({**PARAMS, "Digits": "1235"}), given_signature, [TOKEN])


def test_published_vector_of_repeated_fields():
    body = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
    parsed = signature.parse_form(body)
    assert signature.sign(URL, parsed, TOKEN) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="
    assert signature.sign(URL, parsed[::-1], TOKEN) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize(
    ("host", "caller", "published"),
    [
        ("mycompany.com", "+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ("example.com", "+14158675310", "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ],
)
def test_vectors_of_the_documentation(host, caller, published):
    url = URL.replace("mycompany.com", host)
    assert signature.verify(
        url, pairs({**PARAMS, "From": caller, "Caller": caller}), published, [TOKEN]
    )


def test_the_previous_token_fits_too_and_no_token_fits_nothing():
    good = signature.sign(URL, pairs(PARAMS), TOKEN)
    assert signature.verify(URL, pairs(PARAMS), good, ["newer", TOKEN])
    assert not signature.verify(URL, pairs(PARAMS), good, [])


_TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20
)
_FORM = st.dictionaries(_TEXT.filter(bool), _TEXT, max_size=8)
_HOSTS = st.sampled_from(
    ["https://a.example", "http://a.example", "https://a.example:443", "http://a.example:8080"]
)
_PATHS = st.sampled_from(
    ["/webhooks/twilio/voice", "/webhooks/twilio/messaging/status?business=a&message=b%20c"]
)


@given(
    _HOSTS,
    _PATHS,
    _FORM,
    st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=32),
)
def test_it_agrees_with_the_provider_s_own_library(host, path, form, token):
    official = RequestValidator(token)
    body = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in form.items()).encode()
    parsed = signature.parse_form(body)
    assert signature.sign(host + path, parsed, token) == official.compute_signature(
        host + path, form
    )
    theirs = official.compute_signature(host + path, form)
    assert signature.verify(host + path, parsed, theirs, [token]) is official.validate(
        host + path, form, theirs
    )
    other = theirs[:-2] + ("A=" if theirs[-2] != "A" else "B=")
    assert (
        signature.verify(host + path, parsed, other, [token])
        is official.validate(host + path, form, other)
        is False
    )


@given(st.binary(max_size=400), st.text(max_size=60))
def test_no_body_and_no_header_makes_it_raise(body, header):
    parsed = signature.parse_form(body)
    assert signature.verify(URL, parsed, header, [TOKEN]) is False
    for value in signature.readable(parsed).values():
        assert "\x00" not in value
        value.encode()


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=12), st.binary(max_size=12)), max_size=12))
def test_a_form_of_any_bytes_is_read_back(fields):
    body = "&".join(
        f"{quote_from_bytes(k, safe='')}={quote_from_bytes(v, safe='')}" for k, v in fields
    ).encode()
    assert signature.parse_form(body) == fields


def test_blank_values_stay_and_plus_is_a_space():
    assert signature.parse_form(b"A=&B=x+y&C&&D=%2B") == [
        (b"A", b""),
        (b"B", b"x y"),
        (b"C", b""),
        (b"D", b"+"),
    ]
    assert signature.parse_form(b"") == []


def test_five_hundred_fields_are_read_and_one_more_is_not():
    assert len(signature.parse_form(b"&".join(b"f%d=1" % n for n in range(500)))) == 500
    with pytest.raises(ValueError, match="501 fields"):
        signature.parse_form(b"&".join(b"f%d=1" % n for n in range(501)))


def test_bad_text_becomes_the_replacement_character():
    read = signature.readable(signature.parse_form(b"a=%ED%A0%80&b=%00x&c=%FF"))
    assert read["b"] == "\ufffdx" and "\ufffd" in read["a"] and read["c"] == "\ufffd"
