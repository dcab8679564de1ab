from django.db import migrations


class Migration(migrations.Migration):
    """chain_ledger asks and moves the head in one statement; what it refuses is as before."""

    dependencies = [("tenants", "0008_account_keys")]

    operations = [
        migrations.RunSQL(
            """
            CREATE OR REPLACE FUNCTION public.chain_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE moved bigint; head_seq bigint;
            BEGIN
                -- Waits for whoever holds the head, and then sees where he left it.
                EXECUTE format('UPDATE %I.messaging_ledgerhead SET seq = $1, row_hash = $2, '
                               'day = $3 WHERE id = 1 AND seq = $1 - 1 AND row_hash = $4',
                               TG_TABLE_SCHEMA)
                    USING NEW.seq, NEW.row_hash, (NEW.recorded_at AT TIME ZONE 'UTC')::date,
                          NEW.prev_hash;
                GET DIAGNOSTICS moved = ROW_COUNT;
                IF moved = 1 THEN
                    RETURN NEW;
                END IF;
                EXECUTE format('SELECT seq FROM %I.messaging_ledgerhead WHERE id = 1',
                               TG_TABLE_SCHEMA) INTO head_seq;
                RAISE EXCEPTION 'the ledger is append-only: row % does not follow row %',
                    NEW.seq, head_seq USING ERRCODE = 'restrict_violation';
            END $$;
            """,
            """
            CREATE OR REPLACE FUNCTION public.chain_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE head_seq bigint; head_hash text;
            BEGIN
                EXECUTE format('SELECT seq, row_hash FROM %I.messaging_ledgerhead WHERE id = 1 '
                               'FOR UPDATE', TG_TABLE_SCHEMA) INTO head_seq, head_hash;
                IF head_seq IS NULL OR NEW.seq <> head_seq + 1 OR NEW.prev_hash <> head_hash THEN
                    RAISE EXCEPTION 'the ledger is append-only: row % does not follow row %',
                        NEW.seq, head_seq USING ERRCODE = 'restrict_violation';
                END IF;
                EXECUTE format('UPDATE %I.messaging_ledgerhead SET seq = $1, row_hash = $2, '
                               'day = $3 WHERE id = 1', TG_TABLE_SCHEMA)
                    USING NEW.seq, NEW.row_hash, (NEW.recorded_at AT TIME ZONE 'UTC')::date;
                RETURN NEW;
            END $$;
            """,
        )
    ]
