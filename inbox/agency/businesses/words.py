"""What the list of businesses says: of a stage, of what is wrong, of money, and in its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inbox.agency.businesses import health
from inbox.agency.businesses.selection import Selection, sorted_by, to_query
from inbox.billing.words import money
from tenants.cells import harmless
from tenants.models import Business, BusinessHealth, Forwarding, Registration, Stage

_WRONG: dict[str, Callable[[BusinessHealth], str]] = {
    "no_number": lambda row: _("It has no number: no call reaches us."),
    "forwarding_lost": lambda row: _("Its missed calls no longer reach us: its forwarding is off."),
    "registration_rejected": lambda row: _("Carriers refused its sender registration."),
    "registration_suspended": lambda row: _("Carriers suspended its sender registration."),
    "stopped_by_us": lambda row: _("It is suspended: nothing goes out."),
    "bill_stops_texts": lambda row: _("Its bill or budget stops texts to missed calls."),
    "registration_missing": lambda row: _(
        "Its number is not registered: carriers block its texts."
    ),
    "texts_lost": lambda row: (
        _("%(percent)s %% of its texts did not arrive.")
        % {"percent": health.rate(row.undelivered, row.sent)}
    ),
    "waits_too_long": lambda row: (
        ngettext(
            "Somebody has waited for an answer for hours.",
            "%(count)s people wait for an answer, some for hours.",
            row.waiting,
        )
        % {"count": row.waiting}
    ),
    "silent": lambda row: _("No call for a week: try its forwarding."),
    "slow": lambda row: (
        _("Some texts left late: %(seconds)s s after the call.")
        % {"seconds": plain(health.seconds(row.text_p95_ms))}
    ),
    "alerts": lambda row: (
        ngettext("%(count)s alert is open.", "%(count)s alerts are open.", row.open_alerts)
        % {"count": row.open_alerts}
    ),
    "registration_pending": lambda row: _("Its sender registration is on its way."),
    "forwarding_untried": lambda row: _("Its forwarding was never tried."),
}


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a business's row leads to: addresses with one place for its id, looked up once a page."""

    enter: str
    setup: str
    registration: str
    lifecycle: str

    def of(self, business_id: int) -> Doors:
        """Return them for one business."""
        own = str(business_id)
        return Doors(
            self.enter.replace(PLACE, own), self.setup.replace(PLACE, own),
            self.registration.replace(PLACE, own), self.lifecycle.replace(PLACE, own),
        )  # fmt: skip


PLACE = "987654321987654321"  # an id that no business has


def doors(agency_id: int) -> Doors:
    """Return where rows of an agency's list lead to, for any business."""
    at = [agency_id, int(PLACE)]
    return Doors(
        reverse("agency:enter", args=at), reverse("agency:onboarding-go", args=at),
        reverse("agency:onboarding-step", args=[*at, "registration"]),
        reverse("agency:lifecycle", args=at),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A business as the list draws it. problems: sentences, worst first; tone: good, warn, bad or ''."""

    business: Business
    health: BusinessHealth | None
    stage: str
    tone: str
    problems: tuple[str, ...]
    numbers: tuple[str, ...]
    rate: int | None
    half: str
    most: str
    registration: tuple[str, str]
    forwarding: tuple[str, str]
    spend: str
    margin: str
    to: Doors | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading: what it says, the address that orders by it, and how it is ordered now."""

    name: str
    label: str
    url: str
    order: str  # of aria-sort: ascending, descending or ''
    is_number: bool


def row(business: Business, numbers: list[str], leads: Doors | None = None) -> Row:
    """Return a business as the list draws it; one that was never reckoned has no figures.

    leads: where its row leads to (doors), None for a file.
    """
    found: BusinessHealth | None = getattr(business, "health", None)
    stage, tone = stage_of(business)
    problems: tuple[str, ...] = ()
    if found is not None and business.stage == Stage.LIVE:
        problems = tuple(_WRONG[code](found) for code in found.problems if code in _WRONG)
        if found.trouble >= health.TROUBLE and business.suspended_at is None:
            stage, tone = _("In trouble"), "bad"
    return Row(
        business, found, stage, tone, problems, tuple(numbers),
        health.rate(found.replies, found.texts) if found else None,
        plain(health.seconds(found.text_p50_ms)) if found else "",
        plain(health.seconds(found.text_p95_ms)) if found else "",
        registration(found.registration if found else ""),
        forwarding(found.forwarding if found else ""),
        money(found.spend_cents) if found else "",
        money(found.margin_cents) if found else "",
        leads.of(business.pk) if leads is not None else None,
    )  # fmt: skip


def stage_of(business: Business) -> tuple[str, str]:
    """Return where a business stands, and its tone."""
    if business.stage == Stage.DRAFT:
        return _("Being set up"), ""
    if business.stage == Stage.LEAVING:
        return _("Leaving"), "warn"
    if business.suspended_at is not None:
        return _("Suspended"), "warn"
    return _("Live"), "good"


def registration(state: str) -> tuple[str, str]:
    """Return what a badge says of a sender's registration, and its tone; of no line nothing."""
    words, tone = _REGISTRATIONS.get(state, ("", ""))
    return str(words), tone


def forwarding(state: str) -> tuple[str, str]:
    """Return what a badge says of the forwarding, and its tone; where nothing is forwarded nothing."""
    words, tone = _FORWARDINGS.get(state, ("", ""))
    return str(words), tone


_REGISTRATIONS: dict[str, tuple[Any, str]] = {
    Registration.APPROVED.value: (gettext_lazy("Approved"), "good"),
    Registration.DECLARED.value: (gettext_lazy("Declared"), "good"),
    Registration.PENDING.value: (gettext_lazy("Pending"), "warn"),
    Registration.UNREGISTERED.value: (gettext_lazy("Missing"), "bad"),
    Registration.REJECTED.value: (gettext_lazy("Rejected"), "bad"),
    Registration.SUSPENDED.value: (gettext_lazy("Suspended"), "bad"),
}
_FORWARDINGS: dict[str, tuple[Any, str]] = {
    Forwarding.REACHED.value: (gettext_lazy("Works"), "good"),
    Forwarding.UNKNOWN.value: (gettext_lazy("Never tried"), "warn"),
    Forwarding.LOST.value: (gettext_lazy("Lost"), "bad"),
}


def plain(number: float | None) -> str:
    """Return a number without needless zeros, '' of none."""
    return "" if number is None else f"{number:g}"


def shows() -> dict[str, str]:
    """Return what each choice of what is shown is called."""
    return {
        "all": _("All"), "trouble": _("In trouble"), "live": _("Live"),
        "draft": _("Being set up"), "suspended": _("Suspended"), "leaving": _("Leaving"),
    }  # fmt: skip


def columns(selection: Selection) -> list[Column]:
    """Return the headings one may order by."""
    labels = {
        "name": _("Business"), "trouble": _("Health"), "calls": _("Calls"), "missed": _("Missed"),
        "texts": _("Texted back"), "rate": _("Replied"), "speed": _("Seconds to text"),
        "waiting": _("Waiting"), "spend": _("Spend"), "margin": _("Margin"),
    }  # fmt: skip
    found = []
    for name, label in labels.items():
        order = ("descending" if selection.down else "ascending") if name == selection.sort else ""
        url = f"?{to_query(sorted_by(selection, name))}"
        found.append(Column(name, label, url, order, name not in ("name", "trouble")))
    return found


# Headings of the file: names for machines, so that a spreadsheet's formulas outlive a language.
HEADINGS = (
    "id", "external_id", "name", "stage", "suspended", "numbers", "timezone", "calls_7d", "missed_7d",
    "texted_back_7d", "replied_percent", "seconds_to_text_p50", "seconds_to_text_p95", "waiting",
    "oldest_waiting_at", "registration", "forwarding", "spend_month", "margin_month", "last_call_at",
    "problems", "as_of",
)  # fmt: skip


def cells(business: Business, numbers: list[str]) -> list[str]:
    """Return a business as one line of the file: moments in UTC, money in units, no formula."""
    drawn = row(business, numbers)
    found = drawn.health
    about: list[Any] = [
        business.pk, business.external_id, business.name, business.stage,
        "yes" if business.suspended_at else "no", " ".join(numbers), business.timezone,
    ]  # fmt: skip
    if found is None:
        figures: list[Any] = [""] * (len(HEADINGS) - len(about))
    else:
        figures = [
            found.calls, found.missed, found.texts, "" if drawn.rate is None else drawn.rate,
            drawn.half, drawn.most, found.waiting, _moment(found.oldest_waiting_at),
            found.registration, found.forwarding, f"{found.spend_cents / 100:.2f}",
            f"{found.margin_cents / 100:.2f}", _moment(found.last_call_at),
            " ".join(drawn.problems), _moment(found.computed_at),
        ]  # fmt: skip
    return [harmless(str(cell)) for cell in (*about, *figures)]


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
