"""`manage.py erase_person`: erase what a business keeps of somebody; the opt-out and its proof stay."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from messaging.erasure import ErasureRefused, erase
from messaging.management.business import answering, named
from messaging.models import Contact
from messaging.numbers import normalise
from tenants.scope import business_scope


class Command(BaseCommand):
    """One person of one business. The same number in another business is another person."""

    help = "Erase a person's profile, texts and recordings. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("number", metavar="NUMBER", help="such as +13125550142")
        parser.add_argument("--business", required=True, metavar="SCHEMA")
        parser.add_argument("--by", default="command line", help="who answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, and say what was found. Raises CommandError naming what stands against it."""
        business, by = named(options["business"]), answering(options["by"])
        phone = normalise(options["number"])
        if not phone:
            raise CommandError("NUMBER: expected a phone number such as +13125550142")
        with business_scope(business.schema_name):
            contact = Contact.objects.filter(phone=phone).first()
            if contact is None:
                raise CommandError(f"NUMBER: {business.name} knows nobody of this number")
            try:
                erased = erase(contact.pk, actor=by, door="command", at=timezone.now())
            except ErasureRefused as refused:
                raise CommandError(f"NUMBER: {refused.sentence}") from refused
        found = ", ".join(f"{count:,} {what}" for what, count in erased.counts.items())
        self.stdout.write(f"{business.name}: person {contact.pk} erased ({found or 'no traces'})")
