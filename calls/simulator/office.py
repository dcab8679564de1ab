"""The carrier's office: numbers on offer and numbers held, as its REST API answers. Pure.

`Books` are plain data that whoever serves them keeps; the simulator keeps them in Redis, the
provider's stand-in in memory. Contract: telephony.md 2.6. Magic endings: 0199 is sold to somebody
else between the search and the click; an area code that begins with 9 has nothing on offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = "2010-04-01"
# Cities of some area codes, so that a search by place finds something.
CITIES = {
    "312": ("Chicago", "IL"), "773": ("Chicago", "IL"), "602": ("Phoenix", "AZ"),
    "480": ("Scottsdale", "AZ"), "305": ("Miami", "FL"), "786": ("Miami", "FL"),
    "212": ("New York", "NY"), "415": ("San Francisco", "CA"), "512": ("Austin", "TX"),
    "206": ("Seattle", "WA"), "713": ("Houston", "TX"), "214": ("Dallas", "TX"),
    "404": ("Atlanta", "GA"), "303": ("Denver", "CO"), "617": ("Boston", "MA"),
}  # fmt: skip
_TOLL_FREE = ("833", "844", "855", "866", "877", "888")
_SHELF = range(120, 200)  # of +1 AAA 555 0xxx: numbers nobody really has
_SOLD = "0199"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the office: the account is proven; path below the API's address."""

    method: str
    path: str
    account: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    # Fields given more than once, whole.
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    now: float = 0.0  # Unix seconds
    said: Any = None  # a body of JSON


@dataclass(frozen=True, slots=True)
class Reply:
    """What the office answers; body None for an empty one."""

    status: int
    body: Any = None


@dataclass(slots=True)
class Books:
    """What the office knows. held: numbers by id; papers: everything filed, by id; count: ids given."""

    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    papers: dict[str, dict[str, Any]] = field(default_factory=dict)
    count: int = 0
    mark: str = "0" * 16
    # How long carriers take over a profile, a brand and a campaign.
    seconds: dict[str, float] = field(
        default_factory=lambda: {"profile": 4.0, "brand": 6.0, "campaign": 8.0, "toll_free": 8.0}
    )

    def new_id(self, kind: str) -> str:
        """Return the next id: two letters and 32 hex digits."""
        self.count += 1
        return f"{kind}{self.mark}{self.count:016x}"

    def as_json(self) -> dict[str, Any]:
        """Return the books as they are kept."""
        return {
            "held": self.held, "papers": self.papers, "count": self.count, "mark": self.mark,
            "seconds": self.seconds,
        }  # fmt: skip


def refusal(status: int, code: int, message: str) -> Reply:
    """Return an error answer as the provider writes one."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Reply(status, {"code": code, "message": message, "more_info": more, "status": status})


def page(name: str, rows: list[Any], asked: Asked) -> Reply:
    """Return a list in the manner of the older API, all on one page."""
    return Reply(
        200,
        {
            name: rows, "end": max(0, len(rows) - 1), "start": 0, "page": 0, "page_size": 50,
            "first_page_uri": asked.path, "next_page_uri": None, "previous_page_uri": None,
            "uri": asked.path,
        },
    )  # fmt: skip


def add_known(books: Books, numbers: Iterable[tuple[str, str]]) -> None:
    """Enter numbers that are held without having been bought here: (E.164, account)."""
    known = {each["phone_number"] for each in books.held.values()}
    for e164, account in numbers:
        if e164 not in known:
            number_id = books.new_id("PN")
            books.held[number_id] = _resource(number_id, account, {"PhoneNumber": e164})


def answer(books: Books, asked: Asked) -> Reply | None:
    """Answer what concerns numbers; None for a path that is not this desk's."""
    base = f"/{VERSION}/Accounts/{asked.account}"
    if not asked.path.startswith(f"{base}/"):
        return None
    match [asked.method, *asked.path.removeprefix(f"{base}/").split("/")]:
        case ["GET", "AvailablePhoneNumbers", _, kind]:
            return _offer(books, asked, toll_free=kind == "TollFree.json")
        case ["GET", "IncomingPhoneNumbers.json"]:
            wanted = asked.query.get("PhoneNumber", "").replace("*", "")
            mine = [
                each for each in books.held.values()
                if each["account_sid"] == asked.account and wanted in each["phone_number"]
            ]  # fmt: skip
            return page("incoming_phone_numbers", mine, asked)
        case ["POST", "IncomingPhoneNumbers.json"]:
            return _buy(books, asked)
        case [method, "IncomingPhoneNumbers", name]:
            return _one(books, asked, method, name.removesuffix(".json"))
    return None


def _offer(books: Books, asked: Asked, *, toll_free: bool) -> Reply:
    query, taken = asked.query, {each["phone_number"] for each in books.held.values()}
    codes = [query["AreaCode"]] if query.get("AreaCode") else list(CITIES)
    if toll_free:
        codes = [code for code in _TOLL_FREE if query.get("AreaCode", code) == code]
    contains = re.sub(r"[^0-9A-Za-z*]", "", query.get("Contains", ""))
    pattern = re.compile(_digits(contains).replace("*", ".")) if contains else None
    rows: list[dict[str, Any]] = []
    for code in codes:
        city, region = ("", "") if toll_free else CITIES.get(code, ("", ""))
        if (
            code.startswith("9")
            or query.get("InLocality", city).lower() != city.lower()
            or query.get("InRegion", region).upper() != region
        ):
            continue
        for line in _SHELF:
            e164 = f"+1{code}5550{line}"
            if e164 not in taken and (pattern is None or pattern.search(e164[2:])):
                rows.append(_on_offer(e164, city, region))
    size = query.get("PageSize", "30")
    most = int(size) if size.isascii() and size.isdigit() else 30
    return Reply(200, {"available_phone_numbers": rows[: max(1, most)], "uri": asked.path})


def _digits(word: str) -> str:
    """Return letters as the keys of a phone that carry them."""
    return word.upper().translate(
        str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
    )


def _on_offer(e164: str, city: str, region: str) -> dict[str, Any]:
    return {
        "friendly_name": f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}", "phone_number": e164,
        "lata": None, "locality": city or None, "rate_center": city.upper() or None,
        "latitude": None, "longitude": None, "region": region or None, "postal_code": None,
        "iso_country": "US", "address_requirements": "none", "beta": False,
        "capabilities": {"voice": True, "SMS": True, "MMS": True},
    }  # fmt: skip


def _buy(books: Books, asked: Asked) -> Reply:
    e164 = asked.form.get("PhoneNumber", "")
    if not re.fullmatch(r"\+1[2-9][0-9]{9}", e164):
        return refusal(400, 21421, f"PhoneNumber is invalid: {e164[:20]}")
    taken = {each["phone_number"] for each in books.held.values()}
    if e164 in taken or e164.endswith(_SOLD):
        return refusal(400, 21422, f"{e164} is not available.")
    number_id = books.new_id("PN")
    books.held[number_id] = _resource(number_id, asked.account, asked.form)
    return Reply(201, books.held[number_id])


def _one(books: Books, asked: Asked, method: str, number_id: str) -> Reply:
    found = books.held.get(number_id)
    if found is None or found["account_sid"] != asked.account:
        return refusal(404, 20404, "The requested resource was not found")
    if method == "DELETE":
        del books.held[number_id]
        return Reply(204)
    if method == "POST":
        given = {_NAMES[name]: value for name, value in asked.form.items() if name in _NAMES}
        books.held[number_id] = {**found, **given}
    return Reply(200, books.held[number_id])


_NAMES = {
    "FriendlyName": "friendly_name", "VoiceUrl": "voice_url", "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url", "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback", "StatusCallbackMethod": "status_callback_method",
    "SmsUrl": "sms_url", "SmsMethod": "sms_method", "SmsFallbackUrl": "sms_fallback_url",
    "SmsFallbackMethod": "sms_fallback_method", "TrunkSid": "trunk_sid",
    "VoiceApplicationSid": "voice_application_sid", "SmsApplicationSid": "sms_application_sid",
}  # fmt: skip


def _resource(number_id: str, account: str, form: Mapping[str, str]) -> dict[str, Any]:
    empty = dict.fromkeys(_NAMES.values(), "")
    given = {_NAMES[name]: value for name, value in form.items() if name in _NAMES}
    return {
        **empty, **given, "sid": number_id, "account_sid": account,
        "phone_number": form.get("PhoneNumber", ""), "api_version": VERSION, "origin": "twilio",
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False}, "beta": False,
        "status": "in-use", "uri": f"/{VERSION}/Accounts/{account}/IncomingPhoneNumbers/{number_id}.json",
    }  # fmt: skip
