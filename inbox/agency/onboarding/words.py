"""What packs, kinds of business and accounts are called on the wizard's pages."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tenants.models import ProviderAccount


def kinds() -> list[tuple[str, str]]:
    """Return the packs by key, as people name the trade."""
    return [
        ("plumbing", _("Plumbing and HVAC")),
        ("dental", _("Dental practice")),
        ("legal", _("Law office")),
        ("accounting", _("Accounting and tax")),
        ("auto", _("Auto repair")),
        ("salon", _("Salon and spa")),
        ("general", _("Another kind of business")),
    ]


def legal_kinds() -> list[tuple[str, str]]:
    """Return the legal forms by key (tenants.registration_facts.KINDS)."""
    return [
        ("llc", _("Limited liability company (LLC)")),
        ("corporation", _("Corporation")),
        ("sole_proprietor", _("Sole proprietorship")),
        ("partnership", _("Partnership")),
        ("cooperative", _("Co-operative")),
        ("non_profit", _("Non-profit corporation")),
    ]


def account_name(account: ProviderAccount) -> str:
    """Return an account as people tell it from others."""
    if account.provider == "simulator":
        return _("Simulated network")
    return f"{account.provider.capitalize()} …{account.account_sid[-6:]}"
