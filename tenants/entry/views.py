"""The door: password first, then whatever else this person has set up."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from tenants.models import User


class SignIn(LoginView):
    """E-mail and password; who has a second factor is not signed in before he has given it."""

    redirect_authenticated_user = True
    template_name = "account/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether an agency may be set up from here: on the platform's own host, while that is open."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        is_ours = not (
            getattr(self.request, "business", None) or getattr(self.request, "agency", None)
        )
        return {**context, "may_sign_up": settings.AGENCY_SIGN_UP and is_ours}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Go on to the second factor, or in."""
        user = form.get_user()
        assert isinstance(user, User)
        login = Login(user=user, email=user.email, redirect_url=self.get_success_url())
        return perform_password_login(self.request, {"email": user.email}, login)


class AddPasskey(AddWebAuthnView):
    """Every passkey of ours can sign in alone: the device keeps it and knows its person."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask the device for a key that needs no name typed."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = passkeys.begin_registration(self.request.user, True)
        return {**context, "js_data": {"creation_options": options}}
