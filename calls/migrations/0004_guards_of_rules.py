from django.db import migrations

_HOURS = ("calls_openinghours", "calls_holiday")


class Migration(migrations.Migration):
    """Rules are append-only and noticed at once; hours are compiled for the voice plan."""

    dependencies = [("calls", "0003_rules_and_trials"), ("tenants", "0007_compiled_hours")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER calls_ruleset_setup AFTER INSERT ON calls_ruleset
                FOR EACH STATEMENT EXECUTE FUNCTION public.setup_changed();
            CREATE TRIGGER calls_ruleset_append_only BEFORE UPDATE OR DELETE ON calls_ruleset
                FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
            CREATE TRIGGER calls_ruleset_no_truncate BEFORE TRUNCATE ON calls_ruleset
                FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
            """,
            """
            DROP TRIGGER calls_ruleset_no_truncate ON calls_ruleset;
            DROP TRIGGER calls_ruleset_append_only ON calls_ruleset;
            DROP TRIGGER calls_ruleset_setup ON calls_ruleset;
            """,
        ),
        *(
            migrations.RunSQL(
                f"""
                CREATE TRIGGER {table}_compile AFTER INSERT OR UPDATE OR DELETE ON {table}
                    FOR EACH STATEMENT EXECUTE FUNCTION public.compile_hours();
                UPDATE {table} SET id = id;
                """,
                f"DROP TRIGGER {table}_compile ON {table}",
            )
            for table in _HOURS
        ),
    ]
