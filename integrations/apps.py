"""Django's registration of this room."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The room of other people's machines: webhooks out, subscriptions, CRM connectors, OAuth."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"
