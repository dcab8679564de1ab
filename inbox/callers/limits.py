"""What rules may send and spend, what they did, and what waits for a limit. Thin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from inbox.callers import reading
from inbox.frame import actor, business_of, frame, governs, not_yours, owns
from inbox.views import member_zone
from messaging import breakers
from messaging.breakers import LimitError
from tenants.models import Business

_FIELDS = ("daily_text_limit", "monthly_cents_limit")


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def limits(request: HttpRequest) -> HttpResponse:
    """Limits and use. A wrong entry: 422, its field named and what was typed kept."""
    member_zone(request)
    business = Business.objects.get(pk=business_of(request).pk)
    if request.method == "GET":
        return _page(request, business, _stored(business))
    if not owns(request):
        return not_yours(request, "Limits are changed by an owner.", "rules")
    typed = {name: request.POST.get(name, "").strip()[:20] for name in _FIELDS}
    amounts, errors = _read(typed)
    if errors:
        return _page(request, business, typed, errors, status=422)
    try:
        daily, cents = amounts
        changed = breakers.set_limits(
            business, daily, cents, by=actor(request), door="page", at=timezone.now()
        )
    except LimitError as wrong:
        return _page(request, business, typed, {wrong.field: wrong.sentence}, status=422)
    told = "Saved. Texts that wait are being asked again." if changed else "Nothing was changed."
    messages.success(request, told)
    return redirect("inbox:limits")


@require_POST
@login_required
def let_go(request: HttpRequest) -> HttpResponse:
    """Let the texts that one limit holds go. Once more is no error."""
    if not governs(request):
        return not_yours(request, "Held texts are let go by an owner or a manager.", "rules")
    try:
        count = breakers.let_go(
            business_of(request).pk, request.POST.get("code", ""), by=actor(request), door="page",
            at=timezone.now(),
        )  # fmt: skip
    except LimitError as wrong:
        messages.error(request, f"Not let go: {wrong.sentence}.")
    else:
        told = f"{count:,} let go." if count else "None waits any more."
        messages.success(request, told)
    return redirect("inbox:limits")


def _read(typed: dict[str, str]) -> tuple[list[int | None], dict[str, str]]:
    """Return both limits, and all that is wrong with them by field."""
    found, errors = [], {}
    for name, reader in zip(_FIELDS, (_texts, _cents), strict=True):
        try:
            found.append(reader(typed[name]))
        except LimitError as wrong:
            errors[wrong.field] = wrong.sentence
    return found, errors


def _texts(typed: str) -> int | None:
    """Return a number of texts; None where the field was left empty. Raises LimitError."""
    if not typed:
        return None
    plain = typed.replace(",", "")
    if not (plain.isascii() and plain.isdigit()):
        raise LimitError("daily_text_limit", "expected a whole number")
    return int(plain)


def _cents(typed: str) -> int | None:
    """Return an amount as people write it ("$25", "25.50") in cents; None for an empty field."""
    if not typed:
        return None
    dollars, point, cents = typed.removeprefix("$").replace(",", "").strip().partition(".")
    cents = cents.ljust(2, "0") if point else "00"
    if (
        not (dollars + cents).isascii()
        or not dollars.isdigit()
        or not cents.isdigit()
        or len(cents) != 2
    ):
        raise LimitError("monthly_cents_limit", "expected an amount such as 25 or 25.50")
    return int(dollars) * 100 + int(cents)


def _stored(business: Business) -> dict[str, str]:
    daily, cents = business.daily_text_limit, business.monthly_cents_limit
    return {
        "daily_text_limit": "" if daily is None else str(daily),
        "monthly_cents_limit": "" if cents is None else f"{cents / 100:.2f}",
    }


def _page(
    request: HttpRequest, business: Business, values: dict[str, str],
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    use = breakers.use(business.pk, timezone.now())
    context: dict[str, Any] = frame(
        request, "rules", "limits",
        bars=reading.bars(use), brakes=reading.brakes(), values=values, errors=errors or {},
        defaults=breakers.defaults(), default_dollars=f"{breakers.defaults()[1] / 100:,.0f}",
    )  # fmt: skip
    return render(request, "inbox/callers/limits.html", context, status=status)
