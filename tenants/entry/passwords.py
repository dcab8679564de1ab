"""What a password must be, said so that one knows what to type next."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _


class LongEnough(password_validation.MinimumLengthValidator):
    """At least eight characters."""

    def get_error_message(self) -> str:
        """Return what is wrong and what does."""
        return _(
            "This password is too short. Use at least %(count)s characters; three words in a row do."
        ) % {"count": self.min_length}


class Uncommon(password_validation.CommonPasswordValidator):
    """None of those that are tried first."""

    def get_error_message(self) -> str:
        """Return what is wrong and what does."""
        return _(
            "This password is too common: it is among the first that thieves try. Take three words "
            "that do not belong together."
        )
