from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0029_domains_without_their_record")]

    operations = [
        migrations.AddField(
            model_name="businessimportrow",
            name="unanswered",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
