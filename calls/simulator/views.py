"""The page with the two phones."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.simulator.media import SAMPLES
from messaging.numbers import national
from tenants.models import Domain, PhoneNumber

STAFF_CHOICES = [
    ("no_answer", "Nobody answers"),
    ("caller_hangs_up", "Caller hangs up while it rings"),
    ("busy", "Line is busy"),
    ("decline", "Staff declines"),
    ("voicemail", "Staff’s own voicemail picks up"),
    ("answers", "Staff answers and presses 1"),
    ("by_hand", "I press the buttons myself"),
]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the phones; which businesses can be called is all that the server adds."""
    return render(
        request,
        "simulator/page.html",
        {
            "lines": _lines(request),
            "staff_choices": STAFF_CHOICES,
            "samples": SAMPLES.items(),
        },
    )


def _lines(request: HttpRequest) -> list[dict[str, Any]]:
    """Return every number on the simulated network with what the page shows of it."""
    numbers = list(
        PhoneNumber.objects.filter(account__provider="simulator", is_active=True)
        .select_related("business")
        .order_by("business_id", "id")
    )
    domains = Domain.objects.filter(tenant__in={number.business_id for number in numbers})
    hosts = {domain.tenant_id: domain.domain for domain in domains.order_by("is_primary")}
    scheme = "https" if settings.USES_HTTPS else "http"
    port = urlsplit(f"//{request.get_host()}").port
    return [
        {
            "number": number.e164,
            "shown": national(number.e164),
            "name": number.business.name,
            "area": number.e164[2:5] if number.e164.startswith("+1") else "312",
            "staff": national(number.staff_numbers[0]) if number.staff_numbers else "",
            "rings": number.ring_seconds,
            "staff_first": number.answering != "greeting" and bool(number.staff_numbers),
            "inbox": f"{scheme}://{hosts.get(number.business_id, '')}{f':{port}' if port else ''}/",
        }
        for number in numbers
    ]
