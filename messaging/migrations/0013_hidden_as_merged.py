from django.db import migrations

# The pointer of the contact is what people decided; what its conversation says follows it.
_MEND = """
    UPDATE messaging_conversation v SET hidden = 'merged' FROM messaging_contact c
    WHERE c.id = v.contact_id AND c.merged_into_id IS NOT NULL AND v.hidden <> 'merged';
    UPDATE messaging_conversation v SET hidden = '' FROM messaging_contact c
    WHERE c.id = v.contact_id AND c.merged_into_id IS NULL AND v.hidden = 'merged';
    INSERT INTO messaging_conversation
        (contact_id, state, hidden, unread, last_at, last_line, last_direction, created_at, closed_at)
    SELECT c.id, 'closed', 'merged', 0, c.created_at, '', 'call', now(), now()
    FROM messaging_contact c WHERE c.merged_into_id IS NOT NULL
    ON CONFLICT (contact_id) DO NOTHING;
    -- No trigger can be made while foreign keys wait to be checked.
    SET CONSTRAINTS ALL IMMEDIATE;
"""
_TRIGGER = """
    CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({when})
        EXECUTE FUNCTION public.hidden_as_merged();
"""
_TRIGGERS = (
    # An insert of a row that says nothing of it is what nearly all are: it costs nothing.
    ("hidden_when_made", "messaging_conversation", "INSERT", "NEW.hidden = 'merged'"),
    (
        "hidden_as_merged", "messaging_conversation", "UPDATE",
        "OLD.hidden IS DISTINCT FROM NEW.hidden",
    ),
    ("merged_when_made", "messaging_contact", "INSERT", "NEW.merged_into_id IS NOT NULL"),
    (
        "merged_as_hidden", "messaging_contact", "UPDATE",
        "OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id",
    ),
)  # fmt: skip


class Migration(migrations.Migration):
    """A conversation is hidden as merged exactly where its contact is merged into another."""

    dependencies = [
        ("messaging", "0012_folded_conversations"),
        ("tenants", "0014_hidden_as_merged"),
    ]

    operations = [
        migrations.RunSQL(_MEND, migrations.RunSQL.noop),
        migrations.RunSQL(
            "".join(
                _TRIGGER.format(name=name, table=table, event=event, when=when)
                for name, table, event, when in _TRIGGERS
            ),
            "".join(f"DROP TRIGGER {name} ON {table};" for name, table, *_ in _TRIGGERS),
        ),
    ]
