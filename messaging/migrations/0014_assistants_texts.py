from django.db import migrations, models


class Migration(migrations.Migration):
    """An assistant may be a text's author, beside rules, members and API clients.

    Widening a varchar rewrites no table; the one partial index that names the author is built anew,
    by one reading of the texts.
    """

    dependencies = [
        ("messaging", "0013_hidden_as_merged"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="author",
            field=models.CharField(
                choices=[
                    ("contact", "The contact"), ("rule", "Text-back rule"), ("person", "A member"),
                    ("api", "API"), ("assistant", "Assistant"), ("system", "Ringback"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="refusal",
            name="author",
            field=models.CharField(max_length=12),
        ),
    ]  # fmt: skip
