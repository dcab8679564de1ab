"""Django's registration of this room."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class CallsConfig(AppConfig):
    """The calls room."""

    name = "calls"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Read the carriers' codes, so that no page stumbles over them later.

        Raises ImproperlyConfigured naming file and line.
        """
        from calls.forwarding import carriers

        try:
            carriers.current()
        except (ValueError, OSError) as error:
            raise ImproperlyConfigured(f"calls/forwarding: {error}") from error
