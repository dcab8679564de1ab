from django.db import migrations, models

_APPEND_ONLY = ("policy", "templateversion", "auditentry")


def _guards() -> str:
    lines = []
    for table in _APPEND_ONLY:
        lines.append(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON messaging_{table} "
            "FOR EACH ROW EXECUTE FUNCTION public.refuse_change();"
        )
    for table in (*_APPEND_ONLY, "consentdetail"):
        lines.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON messaging_{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();"
        )
    return "\n".join(lines)


class Migration(migrations.Migration):
    """The chain is complete: its columns are wanted from here on, and the database keeps them."""

    dependencies = [("messaging", "0004_chain_ledger")]

    operations = [
        migrations.AlterField("consentevent", "seq", models.BigIntegerField(unique=True)),
        migrations.RemoveField("consentevent", "phone"),
        migrations.RemoveField("consentevent", "raw_text"),
        migrations.RunSQL(
            _guards()
            + """
            -- After: a row that a conflict kept out must not move the head.
            CREATE TRIGGER consent_event_chained AFTER INSERT ON messaging_consentevent
                FOR EACH ROW EXECUTE FUNCTION public.chain_ledger();
            CREATE TRIGGER ledger_head_guarded
                BEFORE UPDATE OR DELETE ON messaging_ledgerhead
                FOR EACH ROW EXECUTE FUNCTION public.keep_ledger_head();
            CREATE TRIGGER ledger_head_no_truncate BEFORE TRUNCATE ON messaging_ledgerhead
                FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
            -- Erasing a detail deletes it; rewriting one would be a lie.
            CREATE TRIGGER consentdetail_not_rewritten BEFORE UPDATE ON messaging_consentdetail
                FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
            CREATE TRIGGER template_versioned
                AFTER INSERT OR UPDATE ON messaging_messagetemplate
                FOR EACH ROW EXECUTE FUNCTION public.keep_template_version();
            CREATE TRIGGER policy_changed AFTER INSERT ON messaging_policy
                FOR EACH STATEMENT EXECUTE FUNCTION public.setup_changed();
            """,
            migrations.RunSQL.noop,
        ),
    ]
