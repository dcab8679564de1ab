from django.db import migrations, models

_INDEX = models.Index(
    fields=["endpoint", "-created_at", "-id"],
    condition=models.Q(state__in=("gave_up", "dropped")),
    name="delivery_lost",
)
_GONE = "DROP INDEX CONCURRENTLY IF EXISTS public.delivery_lost"
_MADE = """
    CREATE INDEX CONCURRENTLY delivery_lost ON public.integrations_delivery
        (endpoint_id, created_at DESC, id DESC) WHERE state IN ('gave_up', 'dropped')
"""


class Migration(migrations.Migration):
    """The few that did not get through are found among all that did. Nobody waits for it."""

    atomic = False
    dependencies = [("integrations", "0005_lists_of_the_api")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL([_GONE, _MADE], _GONE)],
            [migrations.AddIndex(model_name="delivery", index=_INDEX)],
        )
    ]
