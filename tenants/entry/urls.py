"""The pages of signing in, on every host. The names are those the sign-in library asks for.

Only what is wanted stands here: nobody signs up, adds addresses or signs in by a code.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as second
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from tenants.entry.views import AddPasskey, SignIn

_sign_in = SignIn.as_view()
_sign_out = LogoutView.as_view()

# Where the page of one's own protection stands differs by host; the library calls it by these names.
SECURITY_NAMES = ("mfa_index", "mfa_list_webauthn", "usersessions_list")

urlpatterns = [
    path("login/", _sign_in, name="login"),
    path("login/", _sign_in, name="account_login"),
    path("logout/", _sign_out, name="logout"),
    path("logout/", _sign_out, name="account_logout"),
    path("login/second/", second.authenticate, name="mfa_authenticate"),
    path("login/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("login/password/", account.password_reset, name="account_reset_password"),
    path("login/password/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^login/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "login/password/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", second.reauthenticate, name="mfa_reauthenticate"),
    path(
        "account/confirm/passkey/",
        passkeys.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/first/", account.password_set, name="account_set_password"),
    path("account/app/", app.activate_totp, name="mfa_activate_totp"),
    path("account/app/off/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path(
        "account/codes/recovery-codes.txt",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("account/passkeys/add/", AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
]
