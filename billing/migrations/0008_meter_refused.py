from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_numbers_and_the_account_of_a_checkout")]

    operations = [
        migrations.AddField(
            model_name="meterreport",
            name="refused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="meterreport",
            name="asked_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
