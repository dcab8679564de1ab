from django.db import migrations

_TABLES = ("calls_textbackrule", "calls_openinghours", "calls_holiday")


class Migration(migrations.Migration):
    """A change of the rule, the hours or a holiday is noticed (tenants 0002, setup_changed)."""

    dependencies = [("calls", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE TRIGGER {table}_setup AFTER INSERT OR UPDATE OR DELETE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION public.setup_changed();
            """,
            f"DROP TRIGGER {table}_setup ON {table}",
        )
        for table in _TABLES
    ]
