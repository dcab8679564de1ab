"""Django's registration of this room."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """The messaging room."""

    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"
