"""What is said after a change of how somebody signs in: on the page, and by e-mail."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By the name of the library's own template, which ours replace.
_MESSAGES: dict[str, Promise] = {
    "account/messages/password_changed.txt": _("Your password is changed."),
    "account/messages/password_set.txt": _("Your password is set."),
    "mfa/messages/totp_activated.txt": _("Your authenticator app is on."),
    "mfa/messages/totp_deactivated.txt": _("Your authenticator app is off."),
    "mfa/messages/webauthn_added.txt": _("Your passkey is saved."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
    "mfa/messages/recovery_codes_generated.txt": _(
        "Here are your recovery codes. Keep them where you can reach them without this phone."
    ),
    "usersessions/messages/sessions_logged_out.txt": _("You are signed out everywhere else."),
}
_NOTICES: dict[str, Promise] = {
    "account/email/password_changed": _("Your password was changed."),
    "account/email/password_set": _("A password was set for your account."),
    "account/email/password_reset": _("Your password was reset by e-mail."),
    "mfa/email/totp_activated": _("An authenticator app was added."),
    "mfa/email/totp_deactivated": _("The authenticator app was removed."),
    "mfa/email/webauthn_added": _("A passkey was added."),
    "mfa/email/webauthn_removed": _("A passkey was removed."),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made."),
}


def message(template: str) -> str:
    """Return what the page says, '' where nothing needs saying."""
    return str(_MESSAGES.get(template, ""))


def notice(template: str) -> str:
    """Return what the e-mail says, '' where none is sent."""
    return str(_NOTICES.get(template, ""))
