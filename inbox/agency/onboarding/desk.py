"""What every step stands on: the draft, what it lacks, and how far one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inbox.agency.frame import Office, address, show
from tenants import publish_rules, publishing
from tenants.models import Business, PhoneNumber, Stage
from tenants.publish_rules import STEPS, Gap, Known
from tenants.scope import business_scope

# What a step is called, and its picture.
WORDS: dict[str, tuple[Any, str]] = {
    "facts": (_("Business facts"), "building-2"),
    "playbook": (_("Playbook"), "book-open"),
    "number": (_("Number"), "phone"),
    "consent": (_("Consent"), "shield-check"),
    "registration": (_("Registration"), "badge-check"),
    "team": (_("Team"), "users"),
    "test": (_("Test call"), "phone-call"),
    "live": (_("Go live"), "rocket"),
}

# What a business that is live is still asked here: its numbers come and go; carriers may refuse it, and
# then its facts change and it is filed again. Everything else it has pages of its own for.
LIVE_STEPS = ("facts", "number", "registration", "live")


@dataclass(frozen=True, slots=True)
class Place:
    """A step as the list beside it shows it. state: done, missing (blocks going live) or open."""

    step: str
    name: str
    icon: str
    url: str
    state: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """A draft, or a business that is live, at one of its steps. now: aware."""

    request: HttpRequest
    office: Office
    business: Business
    step: str
    known: Known
    gaps: tuple[Gap, ...]
    now: datetime

    @property
    def who(self) -> dict[str, Any]:
        """Who does it, as verbs take it."""
        return {"by": self.office.who, "door": "page", "at": self.now}

    @property
    def numbers(self) -> list[PhoneNumber]:
        """The draft's numbers in use, oldest first."""
        found = PhoneNumber.objects.filter(business=self.business, is_active=True)
        return list(found.select_related("account", "business__agency").order_by("pk"))

    @property
    def blocking(self) -> tuple[Gap, ...]:
        """What stands against going live."""
        return tuple(gap for gap in self.gaps if gap.blocking)

    def inside(self) -> Any:
        """Work in the draft's schema: `with desk.inside():`."""
        return business_scope(str(self.business.schema_name))

    def url(self, step: str) -> str:
        """Return the address of one of the draft's steps."""
        return address("onboarding-step", self.office, self.business.pk, step)

    def stay(self, query: str = "") -> HttpResponse:
        """Show this step anew."""
        return redirect(self.url(self.step) + query)

    def next(self) -> HttpResponse:
        """Go to the step after this one."""
        steps = steps_of(self.business.stage)
        return redirect(self.url(steps[min(steps.index(self.step) + 1, len(steps) - 1)]))

    def page(self, *, status: int = 200, **more: Any) -> HttpResponse:
        """Show this step in the wizard's frame."""
        position = steps_of(self.business.stage).index(self.step)
        places = self._places()
        return show(
            self.request, self.office, f"agency/onboarding/{self.step}.html", "businesses",
            status=status, desk=self, business=self.business, places=places,
            here=places[position], gaps=[gap for gap in self.gaps if gap.step == self.step],
            before=places[position - 1] if position else None,
            after=places[position + 1] if position + 1 < len(places) else None,
            done=sum(place.state == "done" for place in places[:-1]), whole=len(places) - 1,
            **more,
        )  # fmt: skip

    def part(self, template: str, **more: Any) -> HttpResponse:
        """Show a part of a step alone, for htmx."""
        return show(
            self.request, self.office, f"agency/onboarding/{template}.html", "businesses",
            desk=self, business=self.business, **more,
        )  # fmt: skip

    def _places(self) -> list[Place]:
        states = states_of(self.gaps, self.business.stage)
        return [
            Place(
                step, str(WORDS[step][0]), WORDS[step][1], self.url(step), states[step],
                step == self.step,
            )
            for step in steps_of(self.business.stage)
        ]  # fmt: skip


def steps_of(stage: str) -> tuple[str, ...]:
    """Return the steps a business has at its stage."""
    return LIVE_STEPS if stage == Stage.LIVE else STEPS


def states_of(gaps: tuple[Gap, ...], stage: str) -> dict[str, str]:
    """Return how each step stands: done, missing or open."""
    found = dict.fromkeys(STEPS, "done")
    for gap in gaps:
        found[gap.step] = "missing" if gap.blocking else "open"
        if any(g.blocking for g in gaps if g.step == gap.step):
            found[gap.step] = "missing"
    # Without a number nothing can be registered or tried, and neither is done.
    if any(gap.field == "number" for gap in gaps):
        found["registration"] = found["test"] = "open"
    found["live"] = "done" if stage == Stage.LIVE else "open"
    return found


def desk_of(request: HttpRequest, office: Office, business_id: int, step: str) -> Desk:
    """Return a draft (or a business that is live) at a step. Raises Http404."""
    business = office.business(business_id)
    if step not in STEPS or business.stage not in (Stage.DRAFT, Stage.LIVE):
        raise Http404
    now = timezone.now()
    known = publishing.known_of(business, now)
    return Desk(request, office, business, step, known, publish_rules.gaps(known), now)


def first_open(gaps: tuple[Gap, ...], stage: str) -> str:
    """Return the step one goes on with."""
    states = states_of(gaps, stage)
    for wanted in ("missing", "open") if stage == Stage.DRAFT else ():
        for step in STEPS:
            if states[step] == wanted:
                return step
    return "live"
