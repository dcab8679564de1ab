"""What stands against filing a registration: its papers and texts, and its website as it was found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from messaging.senders import sites
from messaging.senders.compiling import compile_for
from messaging.senders.dossier import LOW_VOLUME, Dossier
from messaging.senders.lint import Finding, lint, lint_site
from tenants.models import Business, PhoneNumber

# Addresses that are no website of theirs are not visited.
_NO_SITE = frozenset(["NO_SITE", "SHORT_SITE"])


@dataclass(frozen=True, slots=True)
class Preflight:
    """Everything that would likely be rejected, what blocks first. looking: the website is being read.

    reviewed: somebody reads what is filed; the simulated network has no reviewers.
    """

    dossier: Dossier
    findings: tuple[Finding, ...]
    looking: bool = False
    reviewed: bool = True

    @property
    def against(self) -> tuple[Finding, ...]:
        """What is not filed so."""
        return tuple(each for each in self.findings if each.blocks)

    @property
    def must_wait(self) -> bool:
        """Whether nothing is filed before the website was read for the first time."""
        return self.looking and self.reviewed


def preflight(business: Business, use_case: str = LOW_VOLUME) -> Preflight:
    """Return what stands against filing now, and have the website looked at where that is due."""
    dossier = compile_for(business, use_case)
    found = lint(dossier)
    if any(each.code in _NO_SITE for each in found):
        return Preflight(dossier, found)
    now, look = timezone.now(), sites.known(business, dossier.website)
    if look is None or look.is_stale(now):
        with transaction.atomic():
            sites.want(business, now)
    lines = PhoneNumber.objects.filter(business=business, is_active=True)
    reviewed = lines.exclude(account__provider="simulator").exists()
    if look is None:
        return Preflight(dossier, found, looking=True, reviewed=reviewed)
    site = lint_site(dossier, look.words, guarded=look.guarded)
    # The simulated network has no reviewers: what is wrong is said, and nothing is held up.
    if not reviewed:
        site = tuple(replace(each, blocks=False) for each in site)
    together = sorted((*found, *site), key=lambda each: not each.blocks)
    return Preflight(dossier, tuple(together))
