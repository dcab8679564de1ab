from django.db import migrations


class Migration(migrations.Migration):
    """News of a number that is shown with another reaches the conversation that is shown."""

    dependencies = [
        ("messaging", "0011_people_lists"),
        ("tenants", "0013_folded_conversations"),
    ]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER folded_is_shown BEFORE UPDATE ON messaging_conversation
                FOR EACH ROW WHEN (OLD.hidden = 'merged' AND NEW.hidden = 'merged')
                EXECUTE FUNCTION public.folded_is_shown();
            """,
            "DROP TRIGGER folded_is_shown ON messaging_conversation",
        ),
    ]
