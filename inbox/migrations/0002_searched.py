from django.db import migrations


class Migration(migrations.Migration):
    """What is said is found: triggers keep the search entries (functions: tenants 0011).

    And test callers, so far known by a tag, stand in no queue.
    """

    dependencies = [
        ("inbox", "0001_initial"),
        ("messaging", "0010_inbox"),
        ("calls", "0007_trials_are_noticed"),
    ]

    operations = [
        migrations.RunSQL(
            """
            INSERT INTO inbox_searchentry (kind, ref, conversation, at, words)
            SELECT 'text', id::text, conversation_id, created_at, to_tsvector('public.ringback', body)
            FROM messaging_message WHERE body <> '';
            INSERT INTO inbox_searchentry (kind, ref, conversation, at, words)
            SELECT 'voicemail', l.id::text, c.id, l.started_at,
                   to_tsvector('public.ringback', l.transcript)
            FROM calls_call l JOIN messaging_conversation c ON c.contact_id = l.contact_id
            WHERE l.transcript <> '';
            UPDATE messaging_conversation c SET hidden = 'test' FROM messaging_contact p
            WHERE p.id = c.contact_id AND p.tags @> '["test call"]';

            CREATE TRIGGER text_written AFTER INSERT ON messaging_message
                FOR EACH ROW WHEN (NEW.body <> '') EXECUTE FUNCTION public.text_is_searched();
            CREATE TRIGGER text_changed AFTER UPDATE OF body ON messaging_message
                FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body)
                EXECUTE FUNCTION public.text_is_searched();
            CREATE TRIGGER note_written AFTER INSERT OR UPDATE OF body, removed_at ON inbox_note
                FOR EACH ROW EXECUTE FUNCTION public.note_is_searched();
            CREATE TRIGGER voicemail_written AFTER INSERT ON calls_call
                FOR EACH ROW WHEN (NEW.transcript <> '')
                EXECUTE FUNCTION public.voicemail_is_searched();
            CREATE TRIGGER voicemail_changed AFTER UPDATE OF transcript ON calls_call
                FOR EACH ROW WHEN (OLD.transcript IS DISTINCT FROM NEW.transcript)
                EXECUTE FUNCTION public.voicemail_is_searched();
            """,
            """
            DROP TRIGGER text_written ON messaging_message;
            DROP TRIGGER text_changed ON messaging_message;
            DROP TRIGGER note_written ON inbox_note;
            DROP TRIGGER voicemail_written ON calls_call;
            DROP TRIGGER voicemail_changed ON calls_call;
            """,
        ),
    ]
