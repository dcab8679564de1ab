from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0007_words_by_conversation"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="note",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["-created_at", "-id"],
                name="note_newest",
            ),
        ),
    ]
