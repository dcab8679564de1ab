from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0028_routes_are_told")]

    operations = [
        migrations.AddField(
            model_name="agencydomain",
            name="missing_since",
            field=models.DateTimeField(blank=True, null=True),
        )
    ]
