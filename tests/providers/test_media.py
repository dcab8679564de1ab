"""Pictures, by every registered provider and a copied one: fetched from its own stores, sent by link."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from messaging.providers.base import BadMedia, ProviderFailed
from messaging.providers.media import MAX_BYTES
from messaging.providers.stores import TOO_LARGE
from tests.providers.api import Asked, Reply, nobody, serving
from tests.providers.test_contract import (  # noqa: F401 - the same providers, the same promises
    a_text,
    account,
    adapter,
    api,
    name,
    tongue,
)

LINKS = ("https://ringback.test/media/one/", "https://ringback.test/media/two/")


def posted(asked: Asked) -> dict[str, Any]:
    """Return what a text was posted with, in one tongue."""
    if asked.headers["content-type"].startswith("application/json"):
        data = asked.json
        return {"words": data.get("text"), "media": data.get("media_urls"), "type": data["type"]}
    form = parse_qs(asked.body.decode(), keep_blank_values=True)
    return {"words": form.get("Body", [None])[0], "media": form.get("MediaUrl"), "type": ""}


def test_a_text_names_its_pictures_and_one_without_names_none(adapter, tongue, api, account):  # noqa: F811
    api.say = lambda asked: tongue.taken("SM" + "1" * 32)
    assert adapter.send(account, a_text(media_urls=LINKS)).kind == "accepted"
    assert adapter.send(account, a_text(media_urls=LINKS[:1], body="")).kind == "accepted"
    assert adapter.send(account, a_text()).kind == "accepted"
    with_two, wordless, plain = (posted(asked) for asked in api.asked)
    assert with_two["media"] == list(LINKS) and "Sorry" in with_two["words"]
    assert wordless["media"] == list(LINKS[:1]) and wordless["words"] is None
    assert plain["media"] is None and plain["words"]
    assert {with_two["type"], plain["type"]} in ({""}, {"MMS", "SMS"})


def test_the_same_text_is_the_same_request_to_the_byte(adapter, tongue, api, account):  # noqa: F811
    api.say = lambda asked: tongue.taken("SM" + "1" * 32)
    text = a_text(media_urls=LINKS)
    for _ in range(2):
        adapter.send(account, text)
    assert api.asked[0].body == api.asked[1].body


def test_a_picture_is_fetched_whatever_it_is_said_to_be(adapter, tongue, api, account):  # noqa: F811
    api.always(200, b"\xff\xd8\xff picture", headers={"Content-Type": "text/html"})
    assert adapter.fetch_media(account, tongue.recording_url(api.url)) == b"\xff\xd8\xff picture"
    assert api.asked[0].headers["authorization"].startswith(("Basic ", "Bearer "))
    assert api.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/",
        "http://api.twilio.com/2010-04-01/x", "http://mms.twiliocdn.com/x", "http://media.telnyx.com/x",
        "https://mms.twiliocdn.com.evil.example/x", "https://media.telnyx.com@evil.example/x",
        "https://mms.twiliocdn.com:8443/x", "https://s3-external-1.amazonaws.com/other/x",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../other/x",
        "https://us-central-1.telnyxcloudstorage.com/anybody/x", "https://api.twilio.com/v1/x",
        "https://api.telnyx.com/x", "https://media.telnyx.com/x\r\nHost: evil",
    ],
)  # fmt: skip
def test_a_hostile_address_is_not_asked(adapter, api, account, url):  # noqa: F811
    api.always(200, b"picture")
    with pytest.raises(BadMedia) as refused:
        adapter.fetch_media(account, url)
    assert api.asked == [] and "the-token" not in str(refused.value)


def test_a_redirect_leads_nowhere_else_and_tells_nobody_our_sign_in(adapter, tongue, api, account):  # noqa: F811
    with serving() as elsewhere:
        elsewhere.always(200, b"picture")
        api.always(307, b"", headers={"Location": f"{elsewhere.url}/x.jpg"})
        with pytest.raises(BadMedia):
            adapter.fetch_media(account, tongue.recording_url(api.url))
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(200, b""), ""),
        (Reply(200, b"x", {"Content-Encoding": "gzip"}), ""),
        (Reply(200, b"x" * (MAX_BYTES + 1)), TOO_LARGE),
    ],
    ids=["empty", "packed", "too large"],
)
def test_what_is_no_file_we_keep_is_refused(adapter, tongue, api, account, reply, code):  # noqa: F811
    api.say = lambda asked: reply
    with pytest.raises(BadMedia) as refused:
        adapter.fetch_media(account, tongue.recording_url(api.url))
    assert refused.value.code == code


def test_its_own_copy_is_deleted_where_it_keeps_one(adapter, tongue, api, account):  # noqa: F811
    api.say = lambda asked: tongue.deleting(asked, 204)
    for url in ("https://evil.example/x", f"{api.url}/2010-04-01/Accounts/A/Messages/M/../Media/x"):
        adapter.delete_media(account, url)
    assert api.asked == []
    url = f"{api.url}/2010-04-01/Accounts/{account.account_sid}/Messages/MM1/Media/ME1"
    adapter.delete_media(account, url)
    deleted = [(asked.method, asked.path.rpartition("/")[2]) for asked in api.asked]
    assert deleted in ([], [("DELETE", "ME1.json")])
    if not deleted:
        return  # it forgets by itself
    api.say = lambda asked: tongue.deleting(asked, 404)
    adapter.delete_media(account, url)
    api.say = lambda asked: tongue.deleting(asked, 500)
    with pytest.raises(ProviderFailed) as failed:
        adapter.delete_media(account, url)
    assert "the-token" not in str(failed.value)


def test_what_is_not_there_may_be_asked_for_again(adapter, tongue, api, account, settings):  # noqa: F811
    url = tongue.recording_url(api.url)
    for reply in (Reply(404), Reply(500), Reply(200, b"x" * 1000, how="closed")):
        api.say = lambda asked, reply=reply: reply
        with pytest.raises(ProviderFailed) as failed:
            adapter.fetch_media(account, url)
        assert not isinstance(failed.value, BadMedia)
    setattr(settings, tongue.base_url_setting, nobody())
    with pytest.raises(ProviderFailed) as failed:
        adapter.fetch_media(account, tongue.recording_url(adapter.api_base_url))
    assert not isinstance(failed.value, BadMedia)
