from django.db import migrations, models

INDEX = models.Index(
    fields=["report"], condition=models.Q(report__isnull=False), name="usage_of_report"
)


class Migration(migrations.Migration):
    """The use of all businesses is one table, so nobody waits for its index; a half of one is made anew."""

    atomic = False
    dependencies = [("billing", "0005_subscription_begun_at")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    [
                        "DROP INDEX CONCURRENTLY IF EXISTS public.usage_of_report",
                        "CREATE INDEX CONCURRENTLY usage_of_report ON public.billing_usagerecord (report_id) "
                        "WHERE report_id IS NOT NULL",
                    ],
                    "DROP INDEX CONCURRENTLY IF EXISTS public.usage_of_report",
                )
            ],
            [migrations.AddIndex(model_name="usagerecord", index=INDEX)],
        )
    ]
