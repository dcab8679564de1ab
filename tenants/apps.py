"""Django's registration of this room."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """The tenants room."""

    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"
