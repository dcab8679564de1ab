from django.db import migrations


class Migration(migrations.Migration):
    """A conversation is hidden as merged exactly where its contact is (triggers: messaging 0013).

    Two tables say it, so it is asked when the transaction ends. The schema is named: by then another
    may be looked into.
    """

    dependencies = [("tenants", "0013_folded_conversations")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION public.hidden_as_merged() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                contact bigint := CASE TG_TABLE_NAME
                    WHEN 'messaging_contact' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'contact_id')::bigint END;
                is_wrong boolean;
            BEGIN
                EXECUTE format(
                    'SELECT true FROM %1$I.messaging_contact c '
                    'LEFT JOIN %1$I.messaging_conversation v ON v.contact_id = c.id '
                    'WHERE c.id = $1 AND (coalesce(v.hidden, '''') = ''merged'') '
                    'IS DISTINCT FROM (c.merged_into_id IS NOT NULL)', TG_TABLE_SCHEMA)
                    INTO is_wrong USING contact;
                IF is_wrong THEN
                    RAISE EXCEPTION 'contact %: hidden as merged and merged into somebody go together', contact
                        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME,
                              SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
                END IF;
                RETURN NULL;
            END $$;
            """,
            "DROP FUNCTION public.hidden_as_merged()",
        ),
    ]
