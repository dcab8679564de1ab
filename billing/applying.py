"""What Stripe shows of an object, put whole into our rows.

An event only says what to look at (telephony.md 5.5): it is fetched as it is now and replaces what we
had. So order, repeats and losses do not matter. What is older than what stands here changes nothing:
a state is as old as the moment before it was asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from billing import catalogue, connect, numbers, stripe_api, tally
from billing.checkout import LIVE
from billing.concerns import key_refused, key_taken, raise_concern, settle_concern
from billing.models import Customer, Invoice, Payer, Plan, Status, StripeEvent, Subscription
from billing.services import forget_kept
from billing.stripe_api import StripeProblem
from tenants import agenda
from tenants.agenda import Item, Later, Outside
from tenants.models import Business

REFRESHED = frozenset({"subscription", "checkout.session", "invoice", "account"})
# A look ahead at an invoice that is none yet: nobody can ask for it.
UNASKED = frozenset({"invoice.upcoming"})
# What somebody must look at; our rows do not change by it.
CONCERNING = {
    "charge.dispute.created": "A payer disputes a charge: answer it at Stripe.",
    "invoice.finalization_failed": "An invoice could not be made final: look at it at Stripe.",
    "customer.deleted": "A customer was deleted at Stripe: nobody is charged for it any more.",
    "v1.billing.meter.error_report_triggered": "Stripe could not count some use that we told it.",
    "v1.billing.meter.no_meter_found": "Stripe has no meter for use that we told it.",
}
_OVERDUE = frozenset({Status.PAST_DUE, Status.UNPAID})
_ASK_AGAIN = timedelta(minutes=1)
# A key that Stripe does not take is mended by somebody, not by asking often.
_KEY_AGAIN = timedelta(minutes=10)

Shown = dict[str, Any]


def refresh(item: Item) -> Outside | None:
    """Agenda: ask Stripe for an object and keep what it shows.

    Subject: "account|type|id", or "account|event|id" of the stored event that names the object.
    """
    account, kind, name = _about(item.subject)
    if kind == "concern":
        _concern(name)
        return None
    if not stripe_api.is_on():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (as_of,) = cursor.fetchone()
    return Outside(partial(_fetch, account, kind, name), partial(_keep, item, as_of))


def _about(subject: str) -> tuple[str, str, str]:
    account, kind, name = subject.split("|", 2)
    if kind == "event":
        kind, name = StripeEvent.objects.values_list("object_type", "object_id").get(event_id=name)
    return account, kind, name


def _fetch(account: str, kind: str, name: str) -> Shown | StripeProblem:
    try:
        return look(account, kind, name)
    except StripeProblem as problem:
        return problem


def look(account: str, kind: str, name: str) -> Shown:
    """Return what Stripe shows: "subscription" with its "open" invoices, "invoice", "account".

    A checkout and an invoice bring the subscription they are about. Raises StripeProblem.
    """
    shown: Shown = {}
    subscription = name if kind == "subscription" else ""
    if kind == "checkout.session":
        session = stripe_api.ask("checkout.sessions.retrieve", name, account=account)
        subscription = str(session.get("subscription") or "")
    elif kind == "invoice":
        shown["invoice"] = stripe_api.ask("invoices.retrieve", name, account=account)
        subscription = _subscription_of(shown["invoice"])
    elif kind == "account":
        shown["account"] = stripe_api.ask("accounts.retrieve", name)
    if subscription:
        shown["subscription"] = stripe_api.ask(
            "subscriptions.retrieve", subscription, account=account
        )
        if shown["subscription"]["status"] in _OVERDUE:
            shown["open"] = stripe_api.pages(
                "invoices.list", params={"subscription": subscription, "status": "open"},
                account=account,
            )  # fmt: skip
    return shown


def _keep(item: Item, as_of: datetime, shown: Shown | StripeProblem) -> Later | None:
    account, kind, name = _about(item.subject)
    now = timezone.now()
    if isinstance(shown, StripeProblem):
        key_refused(shown, account)
        if shown.is_transient and (item.expires_at is None or now < item.expires_at):
            return Later(now + (_KEY_AGAIN if shown.is_of_the_key else _ASK_AGAIN))
        if shown.status == 404:
            _applied(account, kind, name, as_of, note=shown.sentence)
        if shown.status == 404 and kind == "invoice":
            # A draft can be deleted there: it was none.
            Invoice.objects.filter(invoice_id=name, status="draft").delete()
            return None
        raise_concern(
            "not_shown", f"{kind} {name}", f"Stripe did not show a {kind}: {shown.sentence}"
        )
        # Whatever else it was: the event stays unapplied, and is asked for each night (billing/nightly.py).
        return None
    with transaction.atomic():
        settle_concern("not_shown", f"{kind} {name}", by="shown later")
        key_taken(account)
        note = keep(account, shown, as_of)
        _applied(account, kind, name, as_of, note=note)
    return None


def keep(account: str, shown: Shown, as_of: datetime) -> str:
    """Put what Stripe showed at a moment (aware) into our rows; returns a note for the event.

    Must run in a transaction.
    """
    note = ""
    if "account" in shown and not connect.show(shown["account"], as_of):
        note = "An account of nobody here."
    if "subscription" in shown:
        note = _keep_subscription(account, shown["subscription"], shown.get("open", []), as_of)
    if "invoice" in shown:
        note = _keep_invoice(account, shown["invoice"], as_of) or note
    return note


def _keep_subscription(account: str, shown: Shown, unpaid: list[Shown], as_of: datetime) -> str:
    about = shown.get("metadata") or {}
    business = _business(about, str(shown["customer"]), account)
    if business is None:
        return "A subscription of nobody here."
    known = (plan for plan in Plan.objects.all() if catalogue.is_of(plan, account, shown))
    plan, note = next(known, None), ""
    if plan is None:
        note = _unknown_plan(account, shown, business)
        if not account or not Subscription.objects.filter(business=business).exists():
            return note
    else:
        Subscription.objects.get_or_create(business=business, defaults={"plan": plan})
    ours = Subscription.objects.select_for_update().get(business=business)
    begun_at = _moment(shown["created"])
    assert begun_at is not None
    is_same = ours.subscription_id == shown["id"]
    if is_same and ours.as_of is not None and as_of <= ours.as_of:
        return "Something newer stands here."
    if not is_same and not _takes_over(ours, shown, begun_at):
        if ours.trial_end is None and shown.get("trial_end"):
            # Whichever is heard of first: a trial is had once.
            ours.trial_end = _moment(shown["trial_end"])
            ours.save(update_fields=["trial_end"])
        return "Another subscription of this business counts."
    period = shown["items"]["data"][0] if shown["items"]["data"] else {}
    status = str(shown["status"])
    # A price that is not ours says nothing of the plan: whoever pays has what he had.
    ours.plan, ours.status = plan or ours.plan, status
    if plan is not None:
        ours.markup_percent = catalogue.markup_in(plan, account, shown)
    ours.fee_percent = Decimal(str(shown.get("application_fee_percent") or 0))
    ours.payer = about.get("payer", ours.payer)
    ours.account_id, ours.customer_id = account, str(shown["customer"])
    ours.subscription_id, ours.begun_at = str(shown["id"]), begun_at
    ours.period_start = _moment(period.get("current_period_start"))
    ours.period_end = _moment(period.get("current_period_end"))
    # Our own trial is no matter of Stripe's: what it does not show stays.
    ours.trial_end = _moment(shown.get("trial_end")) or ours.trial_end
    ours.cancel_at = _moment(shown.get("cancel_at"))
    if shown.get("cancel_at_period_end") and ours.cancel_at is None:
        ours.cancel_at = ours.period_end
    ours.past_due_since = _overdue_since(shown, unpaid) if status in _OVERDUE else None
    ours.as_of = as_of
    ours.save()
    forget_kept()
    if status in LIVE:
        tally.begin()
        for kind in ("billing.gather", "billing.reconcile"):
            agenda.put(
                kind, str(business.pk), lane="housekeeping", business_id=business.pk,
                due_at=as_of + timedelta(minutes=5),
            )  # fmt: skip
    if plan is not None and numbers.differ(ours, shown):
        numbers.changed(business.pk, as_of)
    return note


def _unknown_plan(account: str, shown: Shown, business: Business) -> str:
    """Tell support of a subscription for no plan of ours; returns the note for its events."""
    named = catalogue.named_in(shown)
    if not account:
        raise_concern(
            "unknown_plan", str(shown["id"]), f"A subscription is for a plan we do not know: {named}",
            business_id=business.pk,
        )  # fmt: skip
        return "Its plan is not known here."
    raise_concern(
        "foreign_price", str(shown["id"]),
        f"On an agency's account a subscription has no price that we made there; it says: {named}",
        business_id=business.pk,
    )  # fmt: skip
    return "No price of it was made by us; the plan stays as it was."


def _takes_over(ours: Subscription, shown: Shown, begun_at: datetime) -> bool:
    """Whether a subscription counts in the place of the one we know: a live one before a dead one.

    Of two dead ones the later counts, of two live ones the earlier, and somebody must end the other:
    whichever we hear of first, the same one stands here in the end.
    """
    if not ours.subscription_id or ours.begun_at is None:
        return True
    was, is_live = ours.status in LIVE, shown["status"] in LIVE
    if was != is_live:
        return is_live
    if not was:
        return (begun_at, shown["id"]) > (ours.begun_at, ours.subscription_id)
    raise_concern(
        "two_subscriptions", str(ours.business_id),
        f"Two subscriptions run: {ours.subscription_id} and {shown['id']}. End the one that is wrong.",
        business_id=ours.business_id,
    )  # fmt: skip
    return (begun_at, shown["id"]) < (ours.begun_at, ours.subscription_id)


def _overdue_since(shown: Shown, unpaid: list[Shown]) -> datetime | None:
    """Since the oldest invoice that is open was made final; Stripe has no such moment of its own."""
    moments = [
        _moment((invoice.get("status_transitions") or {}).get("finalized_at") or invoice["created"])
        for invoice in unpaid
    ]
    known = [moment for moment in moments if moment is not None]
    if known:
        return min(known)
    period = shown["items"]["data"][0] if shown["items"]["data"] else {}
    return _moment(period.get("current_period_start"))


_INVOICE = ("number", "status", "currency", "total_cents", "paid_cents", "period_start", "period_end",
            "issued_at", "hosted_url", "pdf_url", "as_of", "business_id", "agency_id", "account_id")  # fmt: skip


def _keep_invoice(account: str, shown: Shown, as_of: datetime) -> str:
    details = (shown.get("parent") or {}).get("subscription_details") or {}
    business = _business(details.get("metadata") or {}, str(shown["customer"]), account)
    if business is None:
        return "An invoice of nobody here."
    of = Customer.objects.filter(customer_id=str(shown["customer"])).first()
    values: dict[str, Any] = {
        "number": shown.get("number") or "", "status": str(shown.get("status") or "draft"),
        "currency": shown["currency"], "total_cents": shown["total"],
        "paid_cents": shown["amount_paid"], "period_start": _moment(shown.get("period_start")),
        "period_end": _moment(shown.get("period_end")), "issued_at": _moment(shown["created"]),
        "hosted_url": (shown.get("hosted_invoice_url") or "")[:600],
        "pdf_url": (shown.get("invoice_pdf") or "")[:600], "as_of": as_of,
        "business_id": business.pk, "account_id": account,
        "agency_id": business.agency_id if of and of.payer == Payer.AGENCY else None,
    }  # fmt: skip
    made, is_new = Invoice.objects.get_or_create(invoice_id=shown["id"], defaults=values)
    if not is_new:
        Invoice.objects.filter(pk=made.pk, as_of__lt=as_of).update(**values)
    return ""


def _business(about: dict[str, Any], customer: str, account: str) -> Business | None:
    """Return whose an object is; nobody's where another installation made it."""
    if about.get("home", settings.BASE_DOMAIN) != settings.BASE_DOMAIN:
        return None
    known = (
        Customer.objects.select_related("business")
        .filter(customer_id=customer, account_id=account)
        .first()
    )
    # What it says itself is only believed of a customer we made.
    return known.business if known else None


def _subscription_of(invoice: Shown) -> str:
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return str(details.get("subscription") or "")


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def _applied(account: str, kind: str, name: str, as_of: datetime, *, note: str) -> None:
    StripeEvent.objects.filter(
        account_id=account, object_type=kind, object_id=name, applied_at=None,
        received_at__lte=as_of,
    ).exclude(
        # Somebody must look at those: they have work of their own (`_concern`).
        type__in=CONCERNING
    ).update(applied_at=timezone.now(), note=note[:300])  # fmt: skip


def _concern(event_id: str) -> None:
    event = StripeEvent.objects.filter(event_id=event_id, applied_at=None).first()
    if event is not None:
        with transaction.atomic():
            raise_concern(event.type[:30], event.object_id or event_id, CONCERNING[event.type])
            if event.type == "customer.deleted":
                gone = Customer.objects.filter(
                    customer_id=event.object_id, account_id=event.account_id, gone_at=None
                )
                gone.update(gone_at=timezone.now())
            event.applied_at = timezone.now()
            event.save(update_fields=["applied_at"])
