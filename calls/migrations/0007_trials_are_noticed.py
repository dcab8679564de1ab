from django.db import migrations, models

# Only what a set-up knows of a trial: the steps of one change many times a second.
_WATCHED = {
    "calls_forwardingcheck": "caller, started_at, deadline_at, ended_at",
    "calls_testcall": "caller, condition, started_at, ended_at",
}


class Migration(migrations.Migration):
    """Who tries a line is known to the set-up at once; test calls are found by their time."""

    dependencies = [("calls", "0006_drafts_of_members")]

    operations = [
        migrations.AddIndex(
            model_name="testcall",
            index=models.Index(fields=["-started_at"], name="test_call_started"),
        ),
        *(
            migrations.RunSQL(
                f"""
                CREATE TRIGGER {table}_setup AFTER INSERT OR DELETE OR UPDATE OF {columns}
                    ON {table} FOR EACH STATEMENT EXECUTE FUNCTION public.setup_changed();
                """,
                f"DROP TRIGGER {table}_setup ON {table}",
            )
            for table, columns in _WATCHED.items()
        ),
    ]
