from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes alone: while they are built texts are read and wait to be written, for no more than that."""

    dependencies = [("messaging", "0016_author_words")]

    operations = [
        migrations.AddIndex(
            model_name="consentevent",
            index=models.Index(fields=["-occurred_at", "-id"], name="consent_event_newest"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["-created_at", "-id"], name="contact_newest"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["-created_at", "-id"], name="message_newest"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["sent", "delivered", "received"]), _negated=True
                ),
                fields=["status", "-created_at", "-id"],
                name="message_unusual",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("external_id",),
                name="contact_external_id",
            ),
        ),
    ]
