from django.db import migrations, models


class Migration(migrations.Migration):
    """Who was deleted at Stripe is charged no more, and somebody else can be."""

    dependencies = [("billing", "0010_sold_plans_keep_their_terms")]

    operations = [
        migrations.AddField("customer", "gone_at", models.DateTimeField(null=True, blank=True)),
        migrations.RemoveConstraint("customer", "customer_once"),
        migrations.AddConstraint(
            "customer",
            models.UniqueConstraint(
                name="customer_once",
                fields=["business", "payer", "account_id"],
                condition=models.Q(gone_at=None),
            ),
        ),
        migrations.RunSQL(
            """
            UPDATE public.billing_customer c SET gone_at = e.received_at
            FROM public.billing_stripeevent e
            WHERE e.type = 'customer.deleted' AND e.object_id = c.customer_id
              AND e.account_id = c.account_id
            """,
            migrations.RunSQL.noop,
        ),
    ]
