from django.db import migrations


class Migration(migrations.Migration):
    """The consent ledger refuses UPDATE, DELETE and TRUNCATE; a template's change is noticed."""

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
            CREATE TRIGGER template_changed
                AFTER INSERT OR UPDATE OR DELETE ON messaging_messagetemplate
                FOR EACH STATEMENT EXECUTE FUNCTION public.setup_changed();
            """,
            """
            DROP TRIGGER template_changed ON messaging_messagetemplate;
            DROP TRIGGER consent_event_no_truncate ON messaging_consentevent;
            DROP TRIGGER consent_event_append_only ON messaging_consentevent;
            """,
        )
    ]
