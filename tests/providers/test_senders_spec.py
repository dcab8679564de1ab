"""Numbers and registrations as we ask for them, held against the provider's published descriptions."""

from __future__ import annotations

import pytest

from calls.simulator import office, papers
from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.numbering import NumberSearch
from messaging.providers.registering import Part
from messaging.providers.telnyx import Telnyx
from messaging.providers.twilio import Twilio
from messaging.senders.dossier import NUMBER, PARTS, TOLL_FREE
from tests.providers.api import Asked, Reply, nobody, serving
from tests.providers.test_twilio_spec import CONTRACTS, Described
from tests.senders.test_lint import GOOD

ACCOUNT = Credentials("AC" + "1" * 32, "token")
URLS = {
    name: f"https://a.example/webhooks/{name}"
    for name in ("voice", "voice_status", "voice_fallback", "messaging", "messaging_fallback")
}
FILES = {
    "/2010-04-01/": ("twilio_api_v2010.json", "https://api.twilio.com"),
    "trust": ("twilio_trusthub_v1.json", "https://trusthub.twilio.com"),
    "messaging": ("twilio_messaging_v1.json", "https://messaging.twilio.com"),
}


class Provider:
    """The simulator's office behind the provider's descriptions."""

    def __init__(self) -> None:
        self.books = office.Books()
        self.books.seconds = dict.fromkeys(self.books.seconds, 0.0)
        self.known = {key: Described(*named) for key, named in FILES.items()}
        self.wrong: list[str] = []
        self.asked: list[tuple[str, str]] = []

    def __call__(self, asked: Asked) -> Reply:
        self.asked.append((asked.method, asked.path))
        host = asked.headers.get("x-twilio-host", "")
        key = next(key for key in FILES if key in asked.path or key in host)
        try:
            self.known[key].validate(asked)
        except Exception as error:
            self.wrong.append(f"{asked.method} {asked.path}: {error!r}")
        from urllib.parse import parse_qs

        lists = parse_qs(asked.body.decode(), keep_blank_values=True)
        request = office.Asked(
            asked.method, asked.path, ACCOUNT.account_sid, asked.query, asked.form, lists, 1000.0
        )
        reply = office.answer(self.books, request) or papers.answer(self.books, request)
        assert reply is not None, asked.path
        return Reply(reply.status, b"" if reply.body is None else reply.body)


@pytest.fixture
def provider(settings):
    for file, _ in FILES.values():
        if not (CONTRACTS / file).exists():
            pytest.skip(f"needs ../shared/contracts/{file}, which stands beside the checkout")
    with serving() as api:
        api.say = provider = Provider()
        settings.TWILIO_API_BASE_URL = api.url
        yield provider


def test_numbers_are_searched_bought_set_and_given_back_as_described(provider):
    twilio = Twilio()
    for wanted in (
        NumberSearch(area_code="312"), NumberSearch(contains="*0144"), NumberSearch(toll_free=True),
        NumberSearch(locality="Chicago", region="IL"),
    ):  # fmt: skip
        assert twilio.search_numbers(ACCOUNT, wanted), wanted
    e164 = twilio.search_numbers(ACCOUNT, NumberSearch(area_code="312"))[0].e164
    assert twilio.find_number(ACCOUNT, e164) is None
    bought = twilio.buy_number(ACCOUNT, e164, "our mark", URLS)
    held = twilio.find_number(ACCOUNT, e164)
    assert bought.kind == "bought" and held is not None
    assert (held.number_id, held.mark) == (bought.number_id, "our mark")
    assert twilio.buy_number(ACCOUNT, e164, "again", URLS).kind == "gone"
    twilio.configure_number(ACCOUNT, held.number_id, URLS)
    twilio.release_number(ACCOUNT, held.number_id)
    twilio.release_number(ACCOUNT, held.number_id)
    assert twilio.find_number(ACCOUNT, e164) is None and provider.wrong == []


@pytest.mark.parametrize("again", [False, True])
def test_every_part_of_a_registration_is_filed_as_described(provider, again):
    twilio, ids = Twilio(), {}
    for number in ("+13125550120", "+18335550120"):
        twilio.buy_number(ACCOUNT, number, number, URLS)
    names = [*PARTS, NUMBER + "+13125550120", TOLL_FREE + "+18335550120"]
    for name in names:
        for _ in range(3):
            filed = twilio.file_part(ACCOUNT, Part(name, f"m {name}", ids, ids.get(name, "")), GOOD)
            ids[name] = filed.external_id
            if filed.kind == "done":
                break
        assert (filed.kind, bool(filed.external_id)) == ("done", True), (name, filed)
    before = set(provider.books.papers)
    for name in names:
        known = ids[name] if again else ""
        part = Part(name, f"m {name}", ids, known, look_first=True, again=again)
        filed = twilio.file_part(ACCOUNT, part, GOOD)
        assert filed.external_id == ids[name] and filed.kind in ("done", "waiting"), (name, filed)
    assert set(provider.books.papers) == before  # looked for, and found
    provider.books.seconds = dict.fromkeys(provider.books.seconds, 0.0)
    for number, count in (("+13125550120", 3), ("+18335550120", 1), ("+13125550121", 3)):
        standing = twilio.filed_standing(ACCOUNT, number, ids)
        assert len(standing.settings) == count, standing
        wrong = [each.said for each in standing.settings if not each.is_right]
        assert wrong == (["not joined"] if number.endswith("121") else []), standing
    gone = twilio.filed_standing(ACCOUNT, "+13125550120", ids | {"a2p.campaign": "QE" + "0" * 32})
    assert [each.said for each in gone.settings] == ["APPROVED", "not there", "joined"]
    for _ in range(2):
        twilio.end_campaigns(ACCOUNT, ids["a2p.service"])
    ended = twilio.filed_standing(ACCOUNT, "+13125550120", ids)
    assert [each.said for each in ended.settings] == ["APPROVED", "not there", "joined"]
    assert provider.wrong == []


def test_nothing_a_provider_does_is_raised_where_it_must_not_be(settings):
    settings.TWILIO_API_BASE_URL = settings.TELNYX_API_BASE_URL = nobody()
    for adapter, kind in ((Twilio(), "retry"), (Telnyx(), "refused")):
        assert adapter.buy_number(ACCOUNT, "+13125550120", "m", URLS).kind == kind
        for ask in (
            lambda a=adapter: a.search_numbers(ACCOUNT, NumberSearch()),
            lambda a=adapter: a.find_number(ACCOUNT, "+13125550120"),
            lambda a=adapter: a.configure_number(ACCOUNT, "PN1", URLS),
            lambda a=adapter: a.release_number(ACCOUNT, "PN1"),
        ):
            with pytest.raises(ProviderFailed) as failed:
                ask()
            assert ACCOUNT.token not in str(failed.value)
    assert Twilio().file_part(ACCOUNT, Part("a2p.service", "m"), GOOD).kind == "unknown"


def test_telnyx_orders_a_number_with_our_mark_and_knows_it_again(settings):
    held: list[dict[str, object]] = []

    def say(asked: Asked) -> Reply:
        if asked.path == "/v2/messaging_profiles":
            return Reply(200, {"data": [{"id": "p1", "webhook_url": URLS["messaging"]}]})
        if asked.path == "/v2/number_orders":
            wanted = asked.json
            number = wanted["phone_numbers"][0]["phone_number"]
            held.append(
                {"id": "n1", "phone_number": number, "customer_reference": wanted["customer_reference"],
                 "connection_id": wanted["connection_id"]}
            )  # fmt: skip
            return Reply(200, {"data": {"id": "o1"}})
        if asked.path == "/v2/available_phone_numbers":
            row = {"phone_number": "+13125550120", "features": [{"name": "sms"}],
                   "region_information": [{"region_type": "state", "region_name": "IL"}]}  # fmt: skip
            return Reply(200, {"data": [row]})
        return Reply(200, {"data": held})

    account = Credentials("org", "token", "app-1")
    with serving() as api:
        api.say, settings.TELNYX_API_BASE_URL = say, api.url
        telnyx = Telnyx()
        offered = telnyx.search_numbers(account, NumberSearch(area_code="312"))[0]
        assert (offered.e164, offered.region, offered.texts) == ("+13125550120", "IL", True)
        # Its order names no number: it is known once the number is found.
        assert telnyx.buy_number(account, offered.e164, "our mark", URLS).kind == "unknown"
        found = telnyx.find_number(account, offered.e164)
    assert found is not None and (found.number_id, found.mark) == ("n1", "our mark")
    assert held[0]["connection_id"] == "app-1" and not telnyx.registers
