from django.db import migrations, models


class Migration(migrations.Migration):
    """An open checkout has an account of its own; until now the subscription's stood for it."""

    dependencies = [("billing", "0006_usage_of_report")]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="numbers_asked",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="subscription",
            name="checkout_account_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.RunSQL(
            "UPDATE public.billing_subscription SET checkout_account_id = account_id "
            "WHERE checkout_id <> ''",
            migrations.RunSQL.noop,
        ),
    ]
