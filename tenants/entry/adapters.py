"""What the sign-in library asks of us: who counts as signed in, what it says, how secrets are kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as library
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tenants import brands
from tenants.entry import words
from tenants.entry.session import UNKNOWN_ADDRESS, host_of, mark_seen, mark_whole
from tenants.fields import cipher, decrypt
from tenants.models import User
from tenants.permissions import is_only_of


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation alone, and a session counts only once it is whole."""

    error_messages = DefaultAccountAdapter.error_messages | words.ACCOUNT_ERRORS

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by himself."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in for good: every step that was asked of this person is behind him."""
        super().login(request, user)
        mark_whole(request)
        mark_seen(request)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Whether the password is his. Counted like a sign-in (tenants/throttle.py)."""
        found = authenticate(self.request, username=user.email, password=password)
        return found is not None and found.pk == user.pk

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Send somebody whose account was closed back to the door, and say so."""
        messages.error(request, _("This account is closed. Ask whoever set it up."))
        return redirect("login")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address a request comes from."""
        return request.META.get("REMOTE_ADDR") or UNKNOWN_ADDRESS

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return where a changed password leads."""
        return reverse("mfa_index")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None,
        *args: Any, message: str | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """Say what happened in our words; what has none of ours is not said."""
        if sentence := message or words.message(message_template or ""):
            messages.add_message(request, level, str(sentence))

    def send_notification_mail(
        self, template_prefix: str, user: Any,
        context: dict[str, Any] | None = None, email: str | None = None,
    ) -> None:  # fmt: skip
        """Tell the person by e-mail what was changed about how he signs in."""
        with translation.override(user.language or translation.get_language()):
            if sentence := words.notice(template_prefix):
                when = timezone.now()
                address = self.get_client_ip(self.request)
                send_letter(
                    user.email, _("Your sign-in was changed"), "account/email/changed",
                    {"user": user, "sentence": sentence, "when": when, "address": address},
                )  # fmt: skip

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Send the link by which a new password is set.

        Anybody may ask for it at any host. At an agency's own domain the link would hand the account
        to whoever runs that domain, so there it stays only for who has nothing but that agency's.
        """
        url = context["password_reset_url"]
        if not _may_choose_here(self.request, user):
            url = f"{settings.PUBLIC_BASE_URL}{urlsplit(url).path}"
        with translation.override(user.language or translation.get_language()):
            send_letter(
                user.email, _("Set a new password"), "account/email/password_reset",
                {"user": user, "url": url},
            )  # fmt: skip


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of apps and codes are encrypted like every other; a passkey works in all businesses."""

    error_messages = DefaultMFAAdapter.error_messages | words.SECOND_STEP_ERRORS

    def encrypt(self, text: str) -> str:
        """Return the secret as it is stored."""
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a stored secret. Raises tenants.fields.Undecryptable."""
        return decrypt(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the site a passkey belongs to."""
        host = split_domain_port(library.request.get_host())[0].lower()
        return {"id": passkey_site(host, settings.BASE_DOMAIN), "name": brands.name()}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """Name the person as his device shows him."""
        named = super().get_public_key_credential_user_entity(user)
        return {**named, "display_name": str(user), "name": user.email}

    def get_totp_issuer(self) -> str:
        """Return whose account it is, as an authenticator app shows it."""
        return brands.name()

    def get_totp_label(self, user: Any) -> str:
        """Return what an authenticator app calls the account."""
        return str(user.email)


def _may_choose_here(request: HttpRequest, user: User) -> bool:
    """Whether somebody's new password may be chosen at the host of a request."""
    host = host_of(request)
    if host in settings.PUBLIC_HOSTS or host.endswith(f".{settings.BASE_DOMAIN}"):
        return True
    place = getattr(request, "business", None)
    agency = getattr(request, "agency", None)
    agency_id = place.agency_id if place is not None else agency.pk if agency is not None else None
    return agency_id is not None and is_only_of(user, agency_id)


def passkey_site(host: str, base_domain: str) -> str:
    """Return the domain a passkey is made for: the platform's own, so that it fits every business.

    Browsers allow no domain without a dot to be shared by hosts below it; those stand alone.
    """
    below = host == base_domain or host.endswith(f".{base_domain}")
    return base_domain if below and "." in base_domain else host


def send_letter(to: str, subject: str, template: str, context: dict[str, Any]) -> None:
    """Send an e-mail as plain text and as simple HTML, from templates of this name."""
    plain = render_to_string(f"{template}.txt", context)
    brand = brands.current()
    letter = EmailMultiAlternatives(
        " ".join(subject.split()), plain, brand.sender, [to], reply_to=brand.answers
    )
    letter.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    letter.send()
