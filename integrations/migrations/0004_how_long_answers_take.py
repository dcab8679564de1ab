from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_no_locks_on_endpoints")]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="took_ms",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
