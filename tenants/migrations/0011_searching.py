from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    """How words are searched: any language, without accents; and by parts of names and numbers.

    In public, so that the generated words of every schema name one configuration.
    """

    dependencies = [("tenants", "0010_reported_events")]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(
            """
            CREATE TEXT SEARCH CONFIGURATION public.ringback (COPY = pg_catalog.simple);
            ALTER TEXT SEARCH CONFIGURATION public.ringback
                ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word
                WITH public.unaccent, pg_catalog.simple;
            """,
            "DROP TEXT SEARCH CONFIGURATION public.ringback",
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION public.text_is_searched() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.body = '' THEN
                    DELETE FROM inbox_searchentry WHERE kind = 'text' AND ref = NEW.id::text;
                ELSE
                    INSERT INTO inbox_searchentry (kind, ref, conversation, at, words)
                    VALUES ('text', NEW.id::text, NEW.conversation_id, NEW.created_at,
                            to_tsvector('public.ringback', NEW.body))
                    ON CONFLICT (kind, ref) DO UPDATE SET words = EXCLUDED.words;
                END IF;
                RETURN NULL;
            END $$;

            CREATE FUNCTION public.note_is_searched() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.body = '' OR NEW.removed_at IS NOT NULL THEN
                    DELETE FROM inbox_searchentry WHERE kind = 'note' AND ref = NEW.id::text;
                ELSE
                    INSERT INTO inbox_searchentry (kind, ref, conversation, at, words)
                    VALUES ('note', NEW.id::text, NEW.conversation_id, NEW.created_at,
                            to_tsvector('public.ringback', NEW.body))
                    ON CONFLICT (kind, ref) DO UPDATE SET words = EXCLUDED.words;
                END IF;
                RETURN NULL;
            END $$;

            CREATE FUNCTION public.voicemail_is_searched() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                DELETE FROM inbox_searchentry WHERE kind = 'voicemail' AND ref = NEW.id::text;
                INSERT INTO inbox_searchentry (kind, ref, conversation, at, words)
                SELECT 'voicemail', NEW.id::text, c.id, NEW.started_at,
                       to_tsvector('public.ringback', NEW.transcript)
                FROM messaging_conversation c
                WHERE c.contact_id = NEW.contact_id AND NEW.transcript <> '';
                RETURN NULL;
            END $$;
            """,
            """
            DROP FUNCTION public.text_is_searched();
            DROP FUNCTION public.note_is_searched();
            DROP FUNCTION public.voicemail_is_searched();
            """,
        ),
    ]
