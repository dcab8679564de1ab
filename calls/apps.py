"""Django's registration of this room."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """The calls room."""

    name = "calls"
    default_auto_field = "django.db.models.BigAutoField"
