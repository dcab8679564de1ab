"""What is said to whoever signs in: what was wrong and what to do now, and what was changed."""

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

# By the library's own codes. What is not among them cannot happen on our pages.
SECOND_STEP_ERRORS: dict[str, Promise] = {
    "incorrect_code": _(
        "Incorrect code. Wait for the next six digits in the app and type those. Still wrong? "
        "Set the clock of that phone to automatic, then try again."
    ),
}
_TOO_OFTEN = _("Too many wrong tries. Wait five minutes, then try again.")
ACCOUNT_ERRORS: dict[str, Promise] = {
    "too_many_login_attempts": _TOO_OFTEN,
    "rate_limited": _TOO_OFTEN,
    "incorrect_password": _(
        "That is not your password. Mind capital letters; if you forgot it, sign out and choose "
        "“Forgotten your password?”."
    ),
    "enter_current_password": _("Type the password you use now."),
    "same_as_current": _("This is the password you use now. Choose another."),
    "invalid_password_reset": _("This link is used up or too old. Ask for a new one."),
}


def message(template: str) -> str:
    """Return what the page says, '' where nothing needs saying."""
    return str(_MESSAGES.get(template, ""))


def notice(template: str) -> str:
    """Return what the e-mail says, '' where none is sent."""
    return str(_NOTICES.get(template, ""))
