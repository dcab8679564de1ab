"""Django's registration of this room."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """The inbox room."""

    name = "inbox"
    default_auto_field = "django.db.models.BigAutoField"
