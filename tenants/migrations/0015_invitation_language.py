"""An invitation says in which language it is written."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column; '' for what was invited before."""

    dependencies = [("tenants", "0014_hidden_as_merged")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="language",
            field=models.CharField(blank=True, db_default="", default="", max_length=5),
        ),
    ]
