"""The pages of an agency's look: name, colour, logo, addresses. Thin."""

from __future__ import annotations

import smtplib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.agency.frame import Office, address, for_owners, office_page, show
from inbox.agency.look import logos
from inbox.agency.look.form import Look, is_address, read
from tenants import agency_domains, brand_colours, brand_settings, brands
from tenants.entry.adapters import send_letter


@require_http_methods(["GET", "HEAD", "POST"])
@office_page
@for_owners
def look(request: HttpRequest, office: Office) -> HttpResponse:
    """Show the look, or keep a new name, colour and support address."""
    if request.method != "POST":
        return page(request, office)
    typed = read(request.POST)
    if typed.errors:
        return page(request, office, typed, status=422)
    brand_settings.dress(
        office.agency, name=typed.name, colour=typed.colour, support_email=typed.support_email,
        actor=office.who, now=timezone.now(),
    )  # fmt: skip
    messages.success(request, _("Saved. Your clients see it from their next page on."))
    return redirect(address("look", office))


@require_POST
@office_page
@for_owners
def logo(request: HttpRequest, office: Office) -> HttpResponse:
    """Keep an uploaded logo, or take it away."""
    picture = b""
    if "remove" not in request.POST:
        file = request.FILES.get("logo")
        try:
            picture = logos.made(file.read(logos.MAX_BYTES + 1) if file else b"")
        except logos.BadLogo as problem:
            return page(request, office, errors={"logo": str(problem)}, status=422)
    brand_settings.hang(office.agency, picture, actor=office.who, now=timezone.now())
    messages.success(request, _("Saved.") if picture else _("The logo is taken away."))
    return redirect(address("look", office))


@require_GET
@office_page
def shown_logo(request: HttpRequest, office: Office) -> HttpResponse:
    """The logo for the agency's own page, which stands on our host as well."""
    if not office.agency.logo or not default_storage.exists(office.agency.logo):
        raise Http404
    with default_storage.open(office.agency.logo) as kept:
        return HttpResponse(kept.read(), content_type="image/png")


@require_POST
@office_page
@for_owners
def sender(request: HttpRequest, office: Office) -> HttpResponse:
    """Write to the address that letters are to come from; the link in it proves that it is read."""
    email = request.POST.get("sender_email", "").strip()
    if not email:
        brand_settings.send_as(office.agency, "", actor=office.who, now=timezone.now())
        messages.success(request, _("Emails come from our address again, under your name."))
        return redirect(address("look", office))
    if not is_address(email):
        wrong = {"sender_email": _("That is no e-mail address.")}
        return page(request, office, errors=wrong, sender=email, status=422)
    token = brand_settings.sender_token(office.agency, email)
    url = request.build_absolute_uri(address("look-sender-proof", office, token))
    context = {"agency": office.agency, "who": office.who, "email": email, "url": url}
    try:
        send_letter(email, _("Is this address yours?"), "agency/email/sender", context)
    except (OSError, smtplib.SMTPException):
        wrong = {"sender_email": _("The email did not leave. Try again in a minute.")}
        return page(request, office, errors=wrong, sender=email, status=422)
    told = _(
        "We wrote to %(email)s. Open the link in that email, and emails to your clients come from this address."
    )
    messages.success(request, told % {"email": email})
    return redirect(address("look", office))


@require_http_methods(["GET", "HEAD", "POST"])
@office_page
@for_owners
def sender_proof(request: HttpRequest, office: Office, token: str) -> HttpResponse:
    """Where the letter's link leads: a button, since mail servers open links by themselves."""
    try:
        email = brand_settings.sender_of(office.agency, token)
    except signing.BadSignature:
        messages.error(
            request, _("This link is too old, or not for this agency. Ask for a new one.")
        )
        return redirect(address("look", office))
    if request.method == "POST":
        brand_settings.send_as(office.agency, email, actor=office.who, now=timezone.now())
        told = _("Emails to your clients come from %(email)s now.")
        messages.success(request, told % {"email": email})
        return redirect(address("look", office))
    return show(request, office, "agency/look/sender.html", "look", email=email)


def page(
    request: HttpRequest,
    office: Office,
    typed: Look | None = None,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    **kept: Any,
) -> HttpResponse:
    """Show the page with what was typed; errors: by field, beside those of the form."""
    agency = office.agency
    shown = typed or Look(agency.brand_name, agency.colour, agency.support_email)
    domains = list(agency.domains.order_by("-is_primary", "pk"))
    return show(
        request,
        office,
        "agency/look/look.html",
        "look",
        status=status,
        typed=shown,
        errors={**shown.errors, **(errors or {})},
        sender=kept.get("sender", agency.sender_email),
        domain_typed=kept.get("domain", ""),
        domains=domains,
        base_domain=settings.BASE_DOMAIN,
        proof_label=agency_domains.PROOF_LABEL,
        dressed=brands.of(agency),
        worn=brand_colours.palette(agency.colour) if agency.colour else None,
    )
