"""The pages of an agency's domains. Thin."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inbox.agency.frame import Office, address, for_owners, office_page
from inbox.agency.look.pages import page
from tenants import agency_domains
from tenants.models import AgencyDomain


@require_POST
@office_page
@for_owners
def add(request: HttpRequest, office: Office) -> HttpResponse:
    """Claim a domain."""
    typed = request.POST.get("domain", "")
    now = timezone.now()
    try:
        agency_domains.claim(office.agency, typed, actor=office.who, door="page", now=now)
    except agency_domains.DomainProblem as problem:
        return page(request, office, errors={"domain": str(problem)}, domain=typed, status=422)
    messages.success(request, _("Now make the records below. We look for them every minute."))
    return redirect(address("look", office) + "#domains")


@require_POST
@office_page
@for_owners
def check(request: HttpRequest, office: Office, domain_id: int) -> HttpResponse:
    """Look for a domain's proof at once."""
    agency_domains.ask_again(_found(office, domain_id), timezone.now())
    messages.success(request, _("We are looking. Open this page again in some seconds."))
    return redirect(address("look", office) + "#domains")


@require_POST
@office_page
@for_owners
def choose(request: HttpRequest, office: Office, domain_id: int) -> HttpResponse:
    """Let links lead to a domain."""
    domain = _found(office, domain_id)
    try:
        agency_domains.choose(domain, actor=office.who, door="page", now=timezone.now())
    except agency_domains.DomainProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(
            request, _("Links to your clients lead to %(domain)s.") % {"domain": domain}
        )
    return redirect(address("look", office) + "#domains")


@require_POST
@office_page
@for_owners
def remove(request: HttpRequest, office: Office, domain_id: int) -> HttpResponse:
    """Give a domain up."""
    domain = _found(office, domain_id)
    agency_domains.remove(domain, actor=office.who, door="page", now=timezone.now())
    messages.success(request, _("%(domain)s is served no more.") % {"domain": domain})
    return redirect(address("look", office) + "#domains")


def _found(office: Office, domain_id: int) -> AgencyDomain:
    found = AgencyDomain.objects.filter(agency=office.agency, pk=domain_id).first()
    if found is None:
        raise Http404
    return found
