from django.db import migrations


class Migration(migrations.Migration):
    """UPDATE, DELETE and TRUNCATE of the consent ledger are refused in the database itself."""

    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER consent_event_append_only
                BEFORE UPDATE OR DELETE ON messaging_consentevent
                FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
            CREATE TRIGGER consent_event_no_truncate
                BEFORE TRUNCATE ON messaging_consentevent
                FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
            """,
            """
            DROP TRIGGER consent_event_append_only ON messaging_consentevent;
            DROP TRIGGER consent_event_no_truncate ON messaging_consentevent;
            """,
        )
    ]
