"""One column on the table of people, as a release may bring it."""

from __future__ import annotations

from django.db import migrations, models

from bench.column import COLUMN, LAST


class Migration(migrations.Migration):
    """A column with a default that the database knows."""

    dependencies = [("messaging", LAST)]
    operations = [
        migrations.AddField(
            "contact", COLUMN, models.CharField(max_length=40, default="", db_default="")
        )
    ]
