"""How a business's texts work, for whoever gets one and for the carrier's reviewer. Open to everybody.

They say what compliance.md 3.1 (R-CTIA-4, 7 and 8) and 3.3 want said, in the business's name alone.
There is no form: people are texted because they called.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from inbox.hosted import picture
from messaging.numbers import national
from messaging.senders.compiling import compile_for
from tenants.models import Business, BusinessFacts, PhoneNumber, Stage

_LANGUAGES = ("en", "es")


@require_safe
def texts(request: HttpRequest) -> HttpResponse:
    """How the texts work: who writes, when, how often, what it costs, STOP and HELP."""
    return _page(request, "hosted/texts.html", "texts")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What becomes of a number and of what somebody writes."""
    return _page(request, "hosted/privacy.html", "privacy")


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """On what terms texts are sent."""
    return _page(request, "hosted/terms.html", "terms")


@require_safe
def opt_in_picture(request: HttpRequest) -> HttpResponse:
    """How people come to be texted, as a picture: a toll-free number is filed with its address."""
    business = _shown(request)
    dossier = compile_for(business)
    answer = HttpResponse(
        picture.drawn(dossier.brand, dossier.flow, next(iter(dossier.samples), "")), "image/png"
    )
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


def _shown(request: HttpRequest) -> Business:
    business: Business | None = request.business  # type: ignore[attr-defined]
    if business is None or business.stage == Stage.GONE:
        raise Http404
    return business


def _page(request: HttpRequest, template: str, page: str) -> HttpResponse:
    business = _shown(request)
    asked = request.GET.get("lang", "")
    language = asked if asked in _LANGUAGES else translation.get_language() or "en"
    with translation.override(language):
        answer = render(
            request, template, {**_about(business), "page": page, "shown": language[:2]}
        )
    answer.headers["Content-Language"] = language
    patch_vary_headers(answer, ("Accept-Language",))
    return answer


def _about(business: Business) -> dict[str, Any]:
    """Return what the pages say of a business: nothing that its papers do not say in public."""
    facts = BusinessFacts.objects.filter(business=business).first() or BusinessFacts()
    lines = list(PhoneNumber.objects.filter(business=business, is_active=True).order_by("pk"))
    called = [national(line.forwards_from or line.e164) for line in lines]
    region = " ".join(part for part in (facts.region, facts.postcode) if part)
    place = ", ".join(part for part in (facts.city, region) if part)
    return {
        "business_name": business.name,
        "legal_name": facts.legal_name or business.name,
        "street": facts.street,
        "place": place,
        "website": facts.website,
        "phones": list(dict.fromkeys(called)),
        "senders": [national(line.e164) for line in lines],
        "posture": business.effective_posture,
    }
