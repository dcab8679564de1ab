"""Domains of an agency's own: claimed, proven by a TXT record, and then the hosts of its businesses.

Until the proof was seen nothing is served below a domain, so nobody gains by claiming another's.
The resolver is asked by a row of the agenda; it is our own, and what strangers chose is only a name
in a question, never a machine we connect to.
"""

from __future__ import annotations

import re
import secrets
import socket
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.http.request import validate_host
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import agencies, agenda, dns_texts
from tenants.agenda import Item, Later, Outside
from tenants.models import Agency, AgencyDomain, Business, Domain
from tenants.playbooks import Playbook
from tenants.scope import current_business

CHECK = "tenants.check_domain"
# The name below a domain where its proof stands.
PROOF_LABEL = "_verify"
MOST = 5
_SECONDS = 4.0
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# People change DNS within minutes and caches forget within hours; after a week nobody waits any more.
_OFTEN, _SELDOM, _GIVEN_UP = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=7)
_AT_FIRST = timedelta(minutes=30)
# A domain that ran out may be somebody else's: proven ones are looked at for ever.
_WEEKLY, _DAILY, _SOON = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
LAPSES_AFTER = timedelta(days=14)


class DomainProblem(ValueError):
    """Why a domain cannot be taken, for people."""


def claim(agency: Agency, typed: str, *, actor: str, door: str, now: datetime) -> AgencyDomain:
    """Write down a domain that an agency wants and look for its proof. Raises DomainProblem."""
    domain = _cleaned(typed)
    try:
        with transaction.atomic():
            Agency.objects.select_for_update().get(pk=agency.pk)
            if agency.domains.count() >= MOST:
                raise DomainProblem(_("There are %(most)s domains already.") % {"most": MOST})
            if AgencyDomain.objects.filter(domain=domain, verified_at__isnull=False).exists():
                raise DomainProblem(_("This domain is taken. Ask support if it is yours."))
            made = AgencyDomain.objects.create(
                agency=agency, domain=domain, proof=secrets.token_urlsafe(24)
            )
            agencies.note(agency, "domain.claim", actor=actor, door=door, at=now, domain=domain)
            _look(made, now)
    except IntegrityError:
        raise DomainProblem(_("This domain is in your list already.")) from None
    return made


def ask_again(domain: AgencyDomain, now: datetime) -> None:
    """Look for the proof once more, at once."""
    with transaction.atomic():
        _look(domain, now)


def check(item: Item) -> Outside | None:
    """Agenda: look for a domain's proof until it is there, and every week whether it still is."""
    domain = AgencyDomain.objects.filter(pk=int(item.subject)).first()
    if domain is None:
        return None
    name, proof = f"{PROOF_LABEL}.{domain.domain}", domain.proof

    def settle(records: list[str] | None) -> Later | None:
        now = timezone.now()
        if domain.verified_at is not None:
            return (
                Later(now + _SOON) if records is None else _still(domain.pk, proof in records, now)
            )
        if proof in (records or []):
            prove(domain.pk, now)
            return Later(now + _WEEKLY)
        waited = now - domain.created_at
        if waited > _GIVEN_UP:
            return None  # "Look again" begins anew
        return Later(now + (_OFTEN if waited < _AT_FIRST else _SELDOM))

    return Outside(lambda: _asked(name), settle)


def _still(domain_id: int, is_there: bool, now: datetime) -> Later | None:
    """Write down whether a proven domain's record stands; two weeks without it end its use."""
    with transaction.atomic():
        domain = AgencyDomain.objects.select_for_update().filter(pk=domain_id).first()
        if domain is None or domain.verified_at is None:
            return None
        if is_there:
            AgencyDomain.objects.filter(pk=domain.pk).update(missing_since=None)
            return Later(now + _WEEKLY)
        agency = Agency.objects.select_for_update().get(pk=domain.agency_id)
        note = partial(agencies.note, agency, actor="", door="agenda", at=now, domain=domain.domain)
        if domain.missing_since is None:
            AgencyDomain.objects.filter(pk=domain.pk).update(missing_since=now)
            note("domain.missing")
        elif now - domain.missing_since >= LAPSES_AFTER:
            _end_hosts(agency, domain)
            AgencyDomain.objects.filter(pk=domain.pk).update(
                verified_at=None, is_primary=False, missing_since=None
            )
            note("domain.lapse")
            return None
        return Later(now + _DAILY)


def prove(domain_id: int, now: datetime) -> None:
    """Take a domain as its agency's: its businesses have hosts below it; the first is used in links."""
    with transaction.atomic():
        domain = AgencyDomain.objects.select_for_update().get(pk=domain_id)
        if domain.verified_at is not None:
            return
        agency = Agency.objects.select_for_update().get(pk=domain.agency_id)
        if not _is_first(domain):
            return
        domain.verified_at = now
        domain.is_primary = not agency.domains.filter(is_primary=True).exists()
        domain.save(update_fields=["verified_at", "is_primary"])
        for business in agency.businesses.all():
            _give_host(business, domain)
        agencies.note(agency, "domain.prove", actor="", door="agenda", at=now, domain=domain.domain)


def choose(domain: AgencyDomain, *, actor: str, door: str, now: datetime) -> None:
    """Let links to an agency's businesses lead to this domain. Raises DomainProblem."""
    with transaction.atomic():
        agency = Agency.objects.select_for_update().get(pk=domain.agency_id)
        fresh = agency.domains.filter(pk=domain.pk, verified_at__isnull=False).first()
        if fresh is None:
            raise DomainProblem(_("This domain is not proven yet."))
        agency.domains.update(is_primary=False)
        agency.domains.filter(pk=fresh.pk).update(is_primary=True)
        fresh.is_primary = True
        for business in agency.businesses.all():
            _give_host(business, fresh)
        agencies.note(agency, "domain.choose", actor=actor, door=door, at=now, domain=fresh.domain)


def remove(domain: AgencyDomain, *, actor: str, door: str, now: datetime) -> None:
    """Give a domain up: its hosts end at once, and links lead to our own again."""
    with transaction.atomic():
        agency = Agency.objects.select_for_update().get(pk=domain.agency_id)
        _end_hosts(agency, domain)
        agency.domains.filter(pk=domain.pk).delete()
        agencies.note(agency, "domain.remove", actor=actor, door=door, at=now, domain=domain.domain)


def _end_hosts(agency: Agency, domain: AgencyDomain) -> None:
    """Take the hosts below a domain from an agency's businesses."""
    below = Domain.objects.filter(
        tenant__in=agency.businesses.all(), domain__endswith=f".{domain.domain}"
    )
    # A domain below this one that the agency has as well keeps its own hosts.
    for other in agency.domains.filter(domain__endswith=f".{domain.domain}"):
        below = below.exclude(domain__endswith=f".{other.domain}")
    orphans = list(below.filter(is_primary=True).values_list("tenant_id", flat=True))
    below.delete()
    for business_id in orphans:
        first = Domain.objects.filter(tenant=business_id).order_by("pk").first()
        if first is not None:
            first.is_primary = True
            first.save()


def business_made(_playbook: Playbook) -> None:
    """Give a new business, in whose schema this is asked, its hosts below its agency's domains."""
    business = current_business()
    for domain in AgencyDomain.objects.filter(agency=business.agency_id, verified_at__isnull=False):
        _give_host(business, domain)


def is_served(host: str) -> bool:
    """Whether a certificate may be asked for a host: an agency's proven domain, or one of its businesses'."""
    host = host.lower()
    if Domain.objects.filter(domain=host).exists():
        return True
    return AgencyDomain.objects.filter(domain=host, verified_at__isnull=False).exists()


def _give_host(business: Business, domain: AgencyDomain) -> None:
    """Write a business's host below a domain; its label is the one it has below our own."""
    own = Domain.objects.filter(tenant=business, domain__endswith=f".{settings.BASE_DOMAIN}")
    ours = own.order_by("pk").values_list("domain", flat=True).first()
    if ours is None:
        return
    host = f"{ours.removesuffix(f'.{settings.BASE_DOMAIN}')}.{domain.domain}"
    row = Domain.objects.filter(domain=host).first() or Domain(domain=host, tenant=business)
    if row.tenant_id == business.pk:
        row.is_primary = domain.is_primary
        row.save()


def _look(domain: AgencyDomain, now: datetime) -> None:
    agenda.put(CHECK, str(domain.pk), lane="hooks", business_id=None, due_at=now)


def _is_first(domain: AgencyDomain) -> bool:
    """Whether no other agency has shown the record before; what others only claim ends with it."""
    with connection.cursor() as cursor:  # two proofs of one domain are one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [domain.domain])
    others = AgencyDomain.objects.filter(domain=domain.domain).exclude(pk=domain.pk)
    if others.filter(verified_at__isnull=False).exists():
        return False
    others.delete()
    return True


def _cleaned(typed: str) -> str:
    domain = typed.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/.")
    try:
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        raise DomainProblem(_("That is no domain. Type one such as app.example.com.")) from None
    labels = domain.split(".")
    if (
        len(labels) < 2
        or len(domain) > 150
        or labels[-1].isdigit()
        or not all(map(_LABEL.fullmatch, labels))
    ):
        raise DomainProblem(_("That is no domain. Type one such as app.example.com."))
    base = settings.BASE_DOMAIN
    if validate_host(domain, settings.HOSTS) or base.endswith(f".{domain}") or domain == base:
        raise DomainProblem(_("That domain is ours. Type one of your own."))
    return domain


def _asked(name: str) -> list[str] | None:
    """Return the TXT records of a name; None where no resolver answers."""
    for server in _resolvers():
        asked = dns_texts.question(secrets.randbelow(65536), name)
        host, _sep, port = server.partition("#")
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as wire:
                wire.settimeout(_SECONDS)
                wire.connect((host, int(port or 53)))  # so that nobody else's answer is taken
                wire.send(asked)
                return dns_texts.texts(wire.recv(4096), asked)
        except (OSError, dns_texts.BadAnswer):
            continue
    return None


def _resolvers() -> list[str]:
    """Return the resolvers, "address" or "address#port": the setting, else the machine's own."""
    if settings.DNS_RESOLVERS:
        return list(settings.DNS_RESOLVERS)
    try:
        lines = Path("/etc/resolv.conf").read_text().splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [
        each[1].partition("%")[0] for each in words if len(each) > 1 and each[0] == "nameserver"
    ][:3]
