"""Putting a business's registration together: its facts, its texts as people get them, its pages."""

from __future__ import annotations

from django.conf import settings

from messaging import text
from messaging.models import MessageTemplate
from messaging.numbers import national
from messaging.senders.dossier import LOW_VOLUME, Dossier
from tenants import postures
from tenants.models import Business, BusinessFacts, Domain, PhoneNumber
from tenants.scope import business_scope

_SAMPLES = 5
# What the picture of how people agree is called, below the page that says so (inbox/hosted).
OPT_IN_PICTURE = "opt-in.png"
# How people come to be texted, by posture; reviewers want the very words (compliance.md 3.3).
_FLOWS = {
    postures.IMPLIED: (
        "Before a text goes out, the greeting of the line tells callers that {brand} may text them "
        "about their call."
    ),
    postures.NOTICE: (
        "Every caller first hears that {brand} may text about the call. Only those who stay on the "
        "line after this notice are texted."
    ),
    postures.PRESS_ONE: (
        "The greeting offers a text: “{offer}” Only callers who press the key are texted; the key "
        "and the time are stored with the call."
    ),
}
_OFFER = "If you would like a text about your call from {brand}, press {key}."


def host_of(business: Business) -> str:
    """Return the host name its people know a business by."""
    domain = Domain.objects.filter(tenant=business).order_by("-is_primary", "pk").first()
    return str(domain.domain) if domain is not None else ""


def page_url(business: Business, part: str = "") -> str:
    """Return the address of the page that says how its texts work. part: '', privacy, terms."""
    scheme, _, rest = settings.PUBLIC_BASE_URL.partition("://")
    port = rest.partition("/")[0].partition(":")[2]
    own = f"{host_of(business)}:{port}" if port else host_of(business)
    return f"{scheme}://{own}/sms/" + (f"{part}/" if part else "")


def compile_for(business: Business, use_case: str = LOW_VOLUME) -> Dossier:
    """Return everything that would be filed for a business now; what is not known is ''."""
    facts = BusinessFacts.objects.filter(business=business).first() or BusinessFacts()
    lines = list(PhoneNumber.objects.filter(business=business, is_active=True).order_by("pk"))
    brand = " ".join(business.name.split())
    phone = national(lines[0].forwards_from or lines[0].e164) if lines else ""
    said = _FLOWS[business.effective_posture].format(
        brand=brand, offer=_offer(brand, lines[0] if lines else None)
    )
    where = f" at {phone}" if phone else ""
    published = f", which is published on {facts.website}" if facts.website else ""
    url = page_url(business)
    flow = (
        f"People call {brand}{where}{published}.",
        f"When nobody can answer, {brand} texts the number that called, to ask how it can help.",
        said,
        "No numbers are bought, shared or imported.",
        "Message frequency varies. Message and data rates may apply. Reply STOP to opt out, HELP for help.",
        f"How it works: {url} Privacy: {page_url(business, 'privacy')} "
        f"Terms: {page_url(business, 'terms')}",
    )
    return Dossier(
        brand=brand,
        legal_name=facts.legal_name,
        ein=facts.ein,
        kind=facts.legal_kind,
        vertical=business.playbook,
        street=facts.street,
        city=facts.city,
        region=facts.region,
        postcode=facts.postcode,
        country=facts.country,
        website=facts.website,
        contact_name=facts.contact_name,
        contact_title=facts.contact_title,
        contact_email=facts.contact_email,
        contact_phone=facts.contact_phone,
        use_case=use_case,
        description=(
            f"{brand} texts people who have just called it and whom nobody could answer, asks how it "
            "can help, and answers their replies: appointments, questions, call-backs. Each text goes "
            "to one person who called. There are no marketing texts."
        ),
        message_flow=" ".join(flow),
        samples=_samples(business, brand, phone),
        help_message=(
            f"{brand}: Help at {phone or url}. Msg frequency varies. Msg&data rates may apply. "
            "Reply STOP to opt out."
        ),
        stop_message=f"{brand}: You are opted out and get no more texts from us. Reply START to resume.",
        flow=flow,
        opt_in_picture_url=f"{url}{OPT_IN_PICTURE}",
        privacy_url=page_url(business, "privacy"),
        terms_url=page_url(business, "terms"),
        numbers=tuple(line.e164 for line in lines),
    )


def _offer(brand: str, line: PhoneNumber | None) -> str:
    key = line.consent_digit if line is not None else "1"
    words = line.consent_prompt if line is not None and line.consent_prompt else _OFFER
    return text.render(words, {"brand": brand, "business": brand, "key": key})


def _samples(business: Business, brand: str, phone: str) -> tuple[str, ...]:
    values = {
        "business": brand,
        "phone": phone,
        "next_open": "Monday at 8:00 AM",
        "caller_name": "",
    }
    with business_scope(str(business.schema_name)):
        bodies = list(
            MessageTemplate.objects.exclude(key__endswith="-es")
            .order_by("pk")
            .values_list("body", flat=True)
        )
    rendered = [text.render(body, values) for body in bodies]
    return tuple(dict.fromkeys(each for each in rendered if each))[:_SAMPLES]
