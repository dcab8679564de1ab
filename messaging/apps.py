"""Django's registration of this room."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class MessagingConfig(AppConfig):
    """The messaging room."""

    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Read the whole rulebook, so that no process starts on rules it would stumble over later.

        Raises ImproperlyConfigured naming file and line.
        """
        from messaging import jurisdictions, places

        try:
            jurisdictions.current()
            places.area_codes()
        except (ValueError, OSError) as error:
            raise ImproperlyConfigured(f"messaging/rulebook: {error}") from error
