"""What an agency chooses of its look: name, colour, addresses, logo. Verbs of the public floor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from tenants import agencies, brands
from tenants.models import Agency

# How long the link in a letter proves that its address is read.
PROOF_HOURS = 48
_SALT = "tenants.brand.sender"


def dress(
    agency: Agency, *, name: str, colour: str, support_email: str, actor: str, now: datetime
) -> None:
    """Set the brand's name, colour and support address, all checked before."""
    chosen: dict[str, Any] = {"brand_name": name, "colour": colour, "support_email": support_email}
    with transaction.atomic():
        Agency.objects.filter(pk=agency.pk).update(**chosen)
        agencies.note(agency, "look.change", actor=actor, door="page", at=now, **chosen)
    brands.forget()


def hang(agency: Agency, picture: bytes, *, actor: str, now: datetime) -> None:
    """Put a logo (PNG, made by us; b'' for none) in place of the one before."""
    path = ""
    if picture:
        path = default_storage.save(f"brands/{agency.pk}/logo.png", ContentFile(picture))
    with transaction.atomic():
        fresh = Agency.objects.select_for_update().get(pk=agency.pk)
        before, fresh.logo = fresh.logo, path
        fresh.save(update_fields=["logo"])
        agencies.note(agency, "look.logo", actor=actor, door="page", at=now, removed=not path)
    brands.forget()
    if before and before != path:
        default_storage.delete(before)


def sender_token(agency: Agency, email: str) -> str:
    """Return what a letter to an address carries: whoever brings it back reads that mailbox."""
    return signing.dumps({"agency": agency.pk, "email": email}, salt=_SALT)


def sender_of(agency: Agency, token: str) -> str:
    """Return the address a token proves for this agency. Raises signing.BadSignature."""
    told = signing.loads(token, salt=_SALT, max_age=PROOF_HOURS * 3600)
    if told.get("agency") != agency.pk:
        raise signing.BadSignature("another agency's")
    return str(told["email"])


def send_as(agency: Agency, email: str, *, actor: str, now: datetime) -> None:
    """Let letters to the agency's clients come from a proven address; '' for ours."""
    with transaction.atomic():
        Agency.objects.filter(pk=agency.pk).update(sender_email=email)
        agencies.note(agency, "look.sender", actor=actor, door="page", at=now, email=email)
    brands.forget()
