"""Stripe on this machine: real HTTP, requests checked like Stripe's own, and a life of subscriptions.

`stripe_api` of the tests points the product here. What is asked is in `.requests`; `.faults` says what
goes wrong next; `.pay`, `.change` and their kin are what a payer or time would do, and every change
leaves its webhooks in `.events`, for the test to deliver in whatever order it likes.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from tests.support.stripe_params import Refused, check, decode

_P = "stripe.params"
# Method, path, the type of its parameters ("" for none), and the method that answers.
ROUTES = [
    ("POST", "/v1/customers", f"{_P}:CustomerCreateParams", "made_customer"),
    ("POST", "/v1/customers/([^/]+)", f"{_P}:CustomerUpdateParams", "changed_customer"),
    ("POST", "/v1/products", f"{_P}:ProductCreateParams", "made_product"),
    ("POST", "/v1/products/([^/]+)", f"{_P}:ProductUpdateParams", "changed_product"),
    ("POST", "/v1/prices", f"{_P}:PriceCreateParams", "made_price"),
    ("POST", "/v1/prices/([^/]+)", f"{_P}:PriceUpdateParams", "changed_price"),
    ("GET", "/v1/prices", f"{_P}:PriceListParams", "prices"),
    ("POST", "/v1/billing/meters", f"{_P}.billing:MeterCreateParams", "made_meter"),
    ("GET", "/v1/billing/meters", f"{_P}.billing:MeterListParams", "meters"),
    ("POST", "/v1/billing/meter_events", f"{_P}.billing:MeterEventCreateParams", "metered"),
    (
        "GET", "/v1/billing/meters/([^/]+)/event_summaries",
        f"{_P}.billing:MeterListEventSummariesParams", "summaries",
    ),
    ("POST", "/v1/checkout/sessions", f"{_P}.checkout:SessionCreateParams", "made_session"),
    ("GET", "/v1/checkout/sessions", f"{_P}.checkout:SessionListParams", "sessions"),
    ("GET", "/v1/checkout/sessions/([^/]+)", f"{_P}.checkout:SessionRetrieveParams", "session"),
    (
        "POST", "/v1/checkout/sessions/([^/]+)/expire",
        f"{_P}.checkout:SessionExpireParams", "expired_session",
    ),
    ("POST", "/v1/billing_portal/sessions", f"{_P}.billing_portal:SessionCreateParams", "portal"),
    ("GET", "/v1/subscriptions", f"{_P}:SubscriptionListParams", "subscriptions"),
    ("GET", "/v1/subscriptions/([^/]+)", f"{_P}:SubscriptionRetrieveParams", "subscription"),
    ("POST", "/v1/subscriptions/([^/]+)", f"{_P}:SubscriptionUpdateParams", "changed_subscription"),
    ("DELETE", "/v1/subscriptions/([^/]+)", f"{_P}:SubscriptionCancelParams", "cancelled"),
    ("POST", "/v1/invoices/create_preview", f"{_P}:InvoiceCreatePreviewParams", "previewed"),
    ("GET", "/v1/invoices", f"{_P}:InvoiceListParams", "invoices"),
    ("GET", "/v1/invoices/([^/]+)", f"{_P}:InvoiceRetrieveParams", "invoice"),
    ("POST", "/v1/accounts", f"{_P}:AccountCreateParams", "made_account"),
    ("GET", "/v1/accounts/([^/]+)", f"{_P}:AccountRetrieveParams", "account"),
    ("POST", "/v1/account_links", f"{_P}:AccountLinkCreateParams", "account_link"),
]  # fmt: skip
_DAY = 86_400


@dataclass
class Fault:
    """What goes wrong with the next requests whose "METHOD /path" matches.

    do: an HTTP status, "drop_before" (no answer, nothing done), "drop_after" (done, but no answer),
    "kill_before" or "kill_after" (the process `victim` dies instead of getting its answer).
    """

    match: str
    do: int | str
    times: int = 1


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    form: dict[str, Any]
    account: str
    key: str
    status: int = 0


class Missing(Exception):
    """What was asked for is not there."""


class Wrong(Exception):
    """Stripe refuses for a reason of its own."""

    def __init__(self, words: str, code: str = "") -> None:
        super().__init__(words)
        self.code = code


@dataclass
class StripeStandIn:
    """All there is at Stripe; a key of `things` is (account, kind), "" being the platform's account."""

    requests: list[Asked] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    things: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    kept: dict[tuple[str, str], tuple[str, dict[str, Any]]] = field(default_factory=dict)
    numbers: Counter[str] = field(default_factory=Counter)
    victim: int = 0
    address: str = ""
    now: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        self.lock = threading.RLock()

    def of(self, kind: str, account: str = "") -> dict[str, Any]:
        """Return everything of a kind on an account, by id."""
        return self.things.setdefault((account, kind), {})

    def asked(self, path: str) -> list[Asked]:
        """Return the requests that were taken, by the end of "METHOD /path"."""
        return [r for r in self.requests if f"{r.method} {r.path}" == path and r.status == 200]

    def _new(self, kind: str, prefix: str, account: str, **values: Any) -> dict[str, Any]:
        self.numbers[prefix] += 1
        number = f"{self.numbers[prefix]:04}"
        # As long as Stripe's own are where that is longer than anything else.
        name = f"cs_test_{number:x>58}" if prefix == "cs" else f"{prefix}_{number}"
        made = {"id": name, "object": kind, "created": self.now}
        made |= {"livemode": False, **values}
        self.of(kind, account)[made["id"]] = made
        return made

    def _get(self, kind: str, account: str, name: str) -> dict[str, Any]:
        try:
            return self.of(kind, account)[name]
        except KeyError:
            raise Missing(f"No such {kind}: '{name}'") from None

    def event(self, kind: str, about: dict[str, Any], account: str = "") -> dict[str, Any]:
        """Write the webhook of a change down, with the object as it is at this moment."""
        self.numbers["evt"] += 1
        made = {
            "id": f"evt_{self.numbers['evt']:04}", "object": "event", "type": kind,
            "api_version": stripe.api_version, "created": self.now, "livemode": False,
            "data": {"object": deepcopy(about)}, "pending_webhooks": 1,
            **({"account": account} if account else {}),
        }  # fmt: skip
        self.events.append(made)
        return made

    # --- what is asked ---------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, form: dict[str, Any], account: str, key: str
    ) -> tuple[int, dict[str, Any]]:
        """Answer one request; a repeat by its key gets what the first one got."""
        asked = Asked(method, path, form, account, key)
        with self.lock:
            self.requests.append(asked)
            print_of_it = json.dumps([method, path, form], sort_keys=True)
            if method == "POST" and (account, key) in self.kept:
                before, answer = self.kept[account, key]
                if before != print_of_it:
                    asked.status = 400
                    return 400, _error(
                        "idempotency_error", "Keys can only be used again for the same."
                    )
                asked.status = 200
                return 200, answer
            route = _route(method, path)
            if route is None:
                self.mistakes.append(f"{method} {path}: unknown")
                return 404, _error("invalid_request_error", f"Unrecognized request URL {path}")
            declared, name, ids = route
            try:
                if method == "POST" and not key:
                    raise Refused("Idempotency-Key: every request that creates carries one")
                values = check(declared, form)
                answer = getattr(self, name)(account, values, *ids)
            except Refused as refused:
                self.mistakes.append(f"{method} {path}: {refused}")
                asked.status = 400
                return 400, _error("invalid_request_error", str(refused))
            except Wrong as wrong:
                asked.status = 400
                return 400, _error("invalid_request_error", str(wrong), wrong.code)
            except Missing as missing:
                asked.status = 404
                return 404, _error("invalid_request_error", str(missing), "resource_missing")
            except Exception as error:
                self.mistakes.append(f"{method} {path}: {error!r}")
                return 400, _error("api_error", "the stand-in broke")
            asked.status = 200
            answer = json.loads(json.dumps(answer, default=str))
            if method == "POST":
                self.kept[account, key] = (print_of_it, answer)
            return 200, answer

    def made_customer(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        return self._new("customer", "cus", account, **form)

    def changed_customer(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        return self._get("customer", account, name) | _into(
            self._get("customer", account, name), form
        )

    def made_product(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        name = form.pop("id", "")
        if name in self.of("product", account):
            raise Wrong("Product already exists.", "resource_already_exists")
        made = self._new("product", "prod", account, active=True, **form)
        if name:
            self.of("product", account)[name] = self.of("product", account).pop(made["id"])
            made["id"] = name
        return made

    def changed_product(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        return _into(self._get("product", account, name), form)

    def made_price(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        self._get("product", account, form["product"])
        recurring = form.get("recurring", {})
        if recurring.get("usage_type") == "metered":
            if not recurring.get("meter"):
                raise Wrong("recurring[meter]: metered prices are backed by a meter")
            self._get("billing.meter", account, recurring["meter"])
        lookup = form.get("lookup_key")
        for other in self.of("price", account).values():
            if lookup and other.get("lookup_key") == lookup:
                if not form.get("transfer_lookup_key"):
                    raise Wrong(f"lookup_key: a price with {lookup} exists")
                other["lookup_key"] = None
        form.pop("transfer_lookup_key", None)
        return self._new("price", "price", account, **{"active": True, "metadata": {}, **form})

    def changed_price(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        return _into(self._get("price", account, name), form)

    def prices(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        keys = form.get("lookup_keys")
        return _list(
            [
                p
                for p in self.of("price", account).values()
                if not keys or p.get("lookup_key") in keys
            ]
        )

    def made_meter(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        if any(
            m["event_name"] == form["event_name"]
            for m in self.of("billing.meter", account).values()
        ):
            raise Wrong("event_name: an active meter has it already")
        return self._new("billing.meter", "mtr", account, status="active", **form)

    def meters(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        return _list(list(self.of("billing.meter", account).values()))

    def metered(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        at = form.get("timestamp", self.now)
        if not time.time() - 35 * _DAY <= at <= time.time() + 300:
            raise Wrong(
                "timestamp: must be within the past 35 days or up to 5 minutes in the future"
            )
        name, known = form.get("identifier", ""), self.of("billing.meter_event", account)
        if name in known:
            raise Wrong(f"An event already exists with identifier {name}.")
        if not re.fullmatch(r"[0-9]+", form["payload"]["value"]):
            raise Refused("payload.value: not a whole number")
        made = {"object": "billing.meter_event", "created": self.now, **form, "timestamp": at}
        known[name] = made
        return made

    def summaries(self, account: str, form: dict[str, Any], meter: str) -> dict[str, Any]:
        start, end = form["start_time"], form["end_time"]
        if form.get("value_grouping_window") == "day" and (start % _DAY or end % _DAY):
            raise Wrong("start_time: must align with UTC day boundaries")
        named = self._get("billing.meter", account, meter)["event_name"]
        days: Counter[int] = Counter()
        for sent in self.of("billing.meter_event", account).values():
            if (sent["event_name"], sent["payload"]["stripe_customer_id"]) == (
                named, form["customer"]
            ) and start <= sent["timestamp"] < end:  # fmt: skip
                days[sent["timestamp"] // _DAY * _DAY] += int(sent["payload"]["value"])
        return _list(
            [
                {
                    "id": f"sum_{day}", "object": "billing.meter_event_summary", "meter": meter,
                    "start_time": day, "end_time": day + _DAY, "aggregated_value": float(value),
                }
                for day, value in sorted(days.items(), reverse=True)
            ]
        )  # fmt: skip

    def made_session(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        if self._get("customer", account, form["customer"]).get("deleted"):
            raise Wrong(f"No such customer: '{form['customer']}'", "resource_missing")
        if form.get("mode") != "subscription":
            raise Wrong("mode: this stand-in sells subscriptions")

        for item in form["line_items"]:
            price = self._get("price", account, item["price"])
            is_metered = price["recurring"].get("usage_type") == "metered"
            if is_metered == ("quantity" in item):
                raise Wrong("line_items: a metered price takes no quantity, any other needs one")
        subscription = form.get("subscription_data", {})
        if subscription.get("application_fee_percent") is not None and not account:
            raise Wrong("application_fee_percent: only on a connected account")
        trial = subscription.get("trial_end")
        if trial is not None and trial < time.time() + 2 * _DAY:
            raise Wrong("trial_end: must be at least two days in the future")
        made = self._new(
            "checkout.session", "cs", account, status="open", subscription=None,
            payment_status="unpaid", expires_at=form.get("expires_at", self.now + _DAY), **{
                name: value for name, value in form.items() if name != "expires_at"
            },
        )  # fmt: skip
        made["url"] = f"https://checkout.stripe.example/c/{made['id']}"
        return made

    def sessions(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        return _list(
            [
                s
                for s in self.of("checkout.session", account).values()
                if form.get("customer") in (None, s["customer"])
                and form.get("status") in (None, s["status"])
            ]
        )

    def session(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        return self._get("checkout.session", account, name)

    def expired_session(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        session = self._get("checkout.session", account, name)
        if session["status"] != "open":
            raise Wrong("Only Checkout Sessions with a status of open can be expired.")
        session |= {"status": "expired", "url": None}
        self.event("checkout.session.expired", session, account)
        return session

    def portal(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        self._get("customer", account, form["customer"])
        made = self._new("billing_portal.session", "bps", account, **form)
        return made | {"url": f"https://billing.stripe.example/p/{made['id']}"}

    def subscriptions(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        known = self.of("subscription", account).values()
        return _list([s for s in known if form.get("customer") in (None, s["customer"])])

    def subscription(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        return self._get("subscription", account, name)

    def changed_subscription(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        known = self._get("subscription", account, name)
        if "items" in form:
            known["items"] = _list(self._items(account, known, form["items"]))
        if "cancel_at_period_end" in form:
            known["cancel_at_period_end"] = form["cancel_at_period_end"] in (True, "true")
        self.event("customer.subscription.updated", known, account)
        return known

    def cancelled(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        known = self._get("subscription", account, name)
        known |= {"status": "canceled", "canceled_at": self.now, "ended_at": self.now}
        self.event("customer.subscription.deleted", known, account)
        return known

    def previewed(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        """Half of the period is left: half of the difference is charged, and the next month whole."""
        known = self._get("subscription", account, form["subscription"])
        assert known["customer"] == form["customer"]
        new = self._items(account, known, form["subscription_details"]["items"])
        before, after = _monthly(known["items"]["data"]), _monthly(new)
        lines = [
            {"amount": amount, "parent": {"subscription_item_details": {"proration": is_part}}}
            for amount, is_part in ((-before // 2, True), (after // 2, True), (after, False))
        ]
        total = sum(line["amount"] for line in lines)
        return {"object": "invoice", "currency": "usd", "total": total, "lines": _list(lines)}

    def _items(
        self, account: str, known: dict[str, Any], wanted: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        there = {item["id"]: item for item in known["items"]["data"]}
        for item in wanted:
            if "id" in item and item["id"] not in there:
                raise Missing(f"No such subscription item: '{item['id']}'")
            if item.get("deleted") in (True, "true"):
                there.pop(item["id"])
                continue
            self.numbers["si"] += 1
            new = {**next(iter(there.values())), "id": f"si_new_{self.numbers['si']:04}"}
            old = there.get(item.get("id", ""), new)
            # Whoever names no price means the quantity of the price that is there.
            price = self._get("price", account, item["price"]) if "price" in item else old["price"]
            assert ("quantity" in item) != (price["recurring"].get("usage_type") == "metered")
            others = [each["price"]["id"] for name, each in there.items() if name != old["id"]]
            if price["id"] in others:
                raise Wrong("items: a subscription has each price once")
            there[old["id"]] = {**old, "price": price, "quantity": item.get("quantity")}
        return list(there.values())

    def invoices(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        return _list(
            [
                i
                for i in self.of("invoice", account).values()
                if form.get("subscription")
                in (None, i["parent"]["subscription_details"]["subscription"])
                and form.get("status") in (None, i["status"])
            ]
        )

    def invoice(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        return self._get("invoice", account, name)

    def made_account(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        return self._new(
            "account", "acct", "", charges_enabled=False, details_submitted=False,
            payouts_enabled=False, **form,
            requirements={
                "currently_due": ["business_profile.url", "representative.dob.day", "external_account"],
                "past_due": [], "disabled_reason": "requirements.past_due",
            },
        )  # fmt: skip

    def account(self, account: str, form: dict[str, Any], name: str) -> dict[str, Any]:
        return self._get("account", "", name)

    def account_link(self, account: str, form: dict[str, Any]) -> dict[str, Any]:
        self._get("account", "", form["account"])
        return {
            "object": "account_link", "created": self.now, "expires_at": self.now + 300,
            "url": f"https://connect.stripe.example/setup/{form['account']}",
        }  # fmt: skip

    # --- what a payer and time do ----------------------------------------------------------------

    def pay(self, session: str, account: str = "", status: str = "") -> dict[str, Any]:
        """The payer goes through with a checkout: a subscription begins, with its first invoice."""
        with self.lock:
            opened = self._get("checkout.session", account, session)
            assert opened["status"] == "open", "only an open checkout can be paid"
            data = opened.get("subscription_data", {})
            trial_end = data.get("trial_end")
            if data.get("trial_period_days"):
                trial_end = self.now + data["trial_period_days"] * _DAY
            items = [
                {
                    "id": f"si_{session}_{n}", "object": "subscription_item",
                    "price": self._get("price", account, item["price"]),
                    "current_period_start": self.now, "current_period_end": self.now + 30 * _DAY,
                    **({"quantity": item["quantity"]} if "quantity" in item else {}),
                }
                for n, item in enumerate(opened["line_items"])
            ]  # fmt: skip
            made = self._new(
                "subscription", "sub", account, customer=opened["customer"],
                status=status or ("trialing" if trial_end else "active"),
                metadata=data.get("metadata", {}), items=_list(items), trial_end=trial_end,
                cancel_at=None, cancel_at_period_end=False, canceled_at=None, ended_at=None,
                application_fee_percent=data.get("application_fee_percent"), latest_invoice=None,
            )  # fmt: skip
            opened |= {
                "status": "complete", "subscription": made["id"], "payment_status": "paid",
                "url": None,
            }  # fmt: skip
            self.event("customer.subscription.created", made, account)
            self.bill(made["id"], account, paid=True)
            self.event("checkout.session.completed", opened, account)
            return made

    def bill(self, subscription: str, account: str = "", *, paid: bool) -> dict[str, Any]:
        """A period's invoice, paid or not."""
        about = self._get("subscription", account, subscription)
        amount = sum(
            item["price"].get("unit_amount") or 0
            for item in about["items"]["data"]
            if "quantity" in item
        )
        made = self._new(
            "invoice", "in", account, customer=about["customer"], currency="usd",
            status="paid" if paid else "open", total=amount, amount_paid=amount if paid else 0,
            period_start=self.now, period_end=self.now + 30 * _DAY,
            parent={
                "type": "subscription_details",
                "subscription_details": {
                    "subscription": subscription, "metadata": about["metadata"]
                },
            },
            status_transitions={"finalized_at": self.now, "paid_at": self.now if paid else None},
            hosted_invoice_url=f"https://invoice.stripe.example/{subscription}",
            invoice_pdf=f"https://invoice.stripe.example/{subscription}/pdf",
        )  # fmt: skip
        made["number"] = f"RB-{made['id']}"
        about["latest_invoice"] = made["id"]
        self.event("invoice.created", made, account)
        self.event("invoice.paid" if paid else "invoice.payment_failed", made, account)
        return made

    def settle(self, invoice: str, account: str = "") -> None:
        """An open invoice is paid after all."""
        about = self._get("invoice", account, invoice)
        about |= {"status": "paid", "amount_paid": about["total"]}
        self.event("invoice.paid", about, account)

    def change(self, subscription: str, account: str = "", **values: Any) -> dict[str, Any]:
        """A subscription changes, as by its portal, by dunning or by time."""
        with self.lock:
            about = self._get("subscription", account, subscription)
            about |= values
            ended = values.get("status") == "canceled"
            kind = "deleted" if ended else "updated"
            self.event(f"customer.subscription.{kind}", about, account)
            return about

    def onboarded(self, account: str) -> None:
        """An agency has said who it is: it may charge."""
        self.account_is(
            account, charges_enabled=True, details_submitted=True, payouts_enabled=True,
            requirements={"currently_due": [], "past_due": [], "disabled_reason": None},
        )  # fmt: skip

    def account_is(self, account: str, **values: Any) -> None:
        """What Stripe thinks of an agency's account changes."""
        about = self._get("account", "", account)
        about |= values
        self.event("account.updated", about, account)

    @staticmethod
    def signed(event: dict[str, Any], secret: str, at: int | None = None) -> tuple[bytes, str]:
        """Return a webhook's body and its Stripe-Signature."""
        body = json.dumps(event, indent=2, default=str)
        header = stripe.WebhookSignature.generate_signature_header(
            body, secret, int(time.time()) if at is None else at
        )
        return body.encode(), header


def _route(method: str, path: str) -> tuple[str, str, tuple[str, ...]] | None:
    for wanted, pattern, declared, name in ROUTES:
        found = re.fullmatch(pattern, path)
        if found and wanted == method:
            return declared, name, found.groups()
    return None


def _monthly(items: list[dict[str, Any]]) -> int:
    """What the fixed items of a subscription cost a month, in cents."""
    fixed = [i for i in items if i["price"]["recurring"].get("usage_type") != "metered"]
    return sum(
        int(float(i["price"].get("unit_amount") or i["price"].get("unit_amount_decimal") or 0))
        * int(i.get("quantity") or 1)
        for i in fixed
    )


def _into(thing: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    for name, value in form.items():
        if name == "metadata":
            thing.setdefault("metadata", {}).update(value)
        else:
            thing[name] = value
    return thing


def _list(found: list[Any]) -> dict[str, Any]:
    return {"object": "list", "data": found, "has_more": False, "url": "/"}


def _error(kind: str, words: str, code: str = "") -> dict[str, Any]:
    return {"error": {"type": kind, "message": words, **({"code": code} if code else {})}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: StripeStandIn

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer a question."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a request that changes something."""
        self._serve()

    def do_DELETE(self) -> None:
        """Answer a request that ends something."""
        self._serve()

    def _serve(self) -> None:
        parts, it = urlsplit(self.path), self.stand_in
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        fault = next(
            (f for f in it.faults if f.times and f.match == f"{self.command} {parts.path}"), None
        )
        if fault:
            fault.times -= 1
            if isinstance(fault.do, int):
                return self._answer(fault.do, _error("api_error", "not now"))
            if fault.do.endswith("before"):
                return self._gone(fault)
        if not (self.headers.get("Authorization") or "").startswith("Bearer sk_test_"):
            return self._answer(401, _error("invalid_request_error", "no key"))
        form = decode(parse_qsl(parts.query or body, keep_blank_values=True))
        status, answer = it.answer(
            self.command, parts.path, form, self.headers.get("Stripe-Account") or "",
            self.headers.get("Idempotency-Key") or "",
        )  # fmt: skip
        if fault:
            return self._gone(fault)
        return self._answer(status, answer)

    def _gone(self, fault: Fault) -> None:
        if str(fault.do).startswith("kill"):
            os.kill(self.stand_in.victim, signal.SIGKILL)
        self.close_connection = True

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status >= 500 or status == 429:
            self.send_header("Stripe-Should-Retry", "false")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def stripe_server() -> Iterator[tuple[StripeStandIn, str]]:
    """Serve a fresh stand-in in a thread; yields it and its address."""
    stand_in = StripeStandIn()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"stand_in": stand_in})
    )
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        stand_in.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield stand_in, stand_in.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
