"""An agency that lets its clients pay itself: how its own account at Stripe stands, and the way there. Thin."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.connect import look, onboarding_link, state_of
from billing.models import AgencyAccount
from billing.stripe_api import BillingOff, StripeProblem
from inbox.agency.frame import Office, address, for_owners, office_page, show
from tenants.agencies import note


@dataclass(frozen=True, slots=True)
class Standing:
    """How the account stands: a word, its tone, a sentence, and what the button says, "" for none."""

    word: str
    tone: str
    sentence: str
    act: str


def standing(account: AgencyAccount | None) -> Standing:
    """Return how far an agency is, as Stripe last showed it."""
    if account is None or not account.connect_id:
        return Standing(
            "",
            "",
            _(
                "Optional. With a Stripe account of your own the clients who pay for themselves pay you: "
                "our price and your mark-up. Without one they pay us, and nothing is left to you."
            ),
            _("Set it up at Stripe"),
        )
    if account.charges_enabled:
        return Standing(
            _("Takes payments"),
            "good",
            _(
                "New subscriptions that a client pays are charged on your own Stripe account. Those that "
                "run already stay where they are."
            ),
            "",
        )
    if state_of(account) == "held":
        return Standing(
            _("Held by Stripe"), "bad",
            _("Stripe lets you charge nobody until it knows what it asks for."),
            _("Go on at Stripe"),
        )  # fmt: skip
    if account.details_submitted:
        return Standing(
            _("Stripe is checking"),
            "accent",
            _(
                "You have told Stripe everything. It can take a day or two; should it want more, you "
                "find that there."
            ),
            _("Look at Stripe"),
        )
    return Standing(
        _("Not finished"),
        "warn",
        _(
            "Stripe still needs some facts about you. Until then clients who pay for themselves pay us."
        ),
        _("Go on at Stripe"),
    )


@require_POST
@office_page
@for_owners
def connect(request: HttpRequest, office: Office) -> HttpResponse:
    """Lead on to the page at Stripe's where the agency says who it is."""
    now, page = timezone.now(), request.build_absolute_uri(address("billing", office))
    try:
        url = onboarding_link(
            office.agency, back_to=f"{page}?connect=done", again_at=f"{page}?connect=again", now=now
        )
    except BillingOff:
        messages.error(request, _("Billing is switched off here."))
    except StripeProblem:
        messages.error(
            request, _("Stripe does not answer just now. Nothing was changed; try again.")
        )
    else:
        note(office.agency, "billing.connect", actor=office.who, door="page", at=now)
        return show(request, office, "agency/billing_leaving.html", "billing", url=url)
    return redirect(address("billing", office))


def come_back(office: Office) -> None:
    """Look at the account of somebody who comes back from Stripe; its webhook may be later, and is enough."""
    try:
        look(office.agency)
    except (BillingOff, StripeProblem):
        return
