from django.db import migrations


class Migration(migrations.Migration):
    """Functions behind the ledger and the append-only tables of every schema; in public as before.

    chain_ledger: a ledger row follows on the one before it, and moves the head.
    keep_ledger_head: the head moves with an appended row, by that row alone.
    keep_template_version: every body a template ever had is kept.
    """

    dependencies = [("tenants", "0003_registration_and_roots")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION public.chain_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
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

            CREATE FUNCTION public.keep_ledger_head() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                -- Deeper than one: chain_ledger moves it, not somebody's statement.
                IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.seq = OLD.seq + 1
                    AND pg_trigger_depth() > 1
                THEN RETURN NEW;
                END IF;
                RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                    USING ERRCODE = 'restrict_violation';
            END $$;

            CREATE FUNCTION public.keep_template_version() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND NEW.body = OLD.body AND NEW.key = OLD.key THEN
                    RETURN NULL;
                END IF;
                EXECUTE format('INSERT INTO %1$I.messaging_templateversion '
                    '(key, version, body, recorded_at) SELECT $1, '
                    'coalesce(max(version), 0) + 1, $2, now() '
                    'FROM %1$I.messaging_templateversion WHERE key = $1', TG_TABLE_SCHEMA)
                    USING NEW.key, NEW.body;
                RETURN NULL;
            END $$;

            -- A floor that is raised holds for every business of the agency from then on.
            CREATE FUNCTION public.agency_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE public.tenants_business SET setup_version = setup_version + 1
                WHERE agency_id = NEW.id;
                RETURN NULL;
            END $$;
            CREATE TRIGGER agency_changed AFTER UPDATE OF posture_floor ON public.tenants_agency
                FOR EACH ROW EXECUTE FUNCTION public.agency_changed();

            CREATE OR REPLACE FUNCTION public.business_changed() RETURNS trigger
            LANGUAGE plpgsql AS $$
            BEGIN
                NEW.setup_version := GREATEST(NEW.setup_version, OLD.setup_version);
                IF (NEW.name, NEW.timezone, NEW.suspended_at, NEW.posture, NEW.playbook)
                    IS DISTINCT FROM
                    (OLD.name, OLD.timezone, OLD.suspended_at, OLD.posture, OLD.playbook) THEN
                    NEW.setup_version := OLD.setup_version + 1;
                END IF;
                RETURN NEW;
            END $$;

            CREATE TRIGGER registration_change_append_only
                BEFORE UPDATE OR DELETE ON public.tenants_registrationchange
                FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
            CREATE TRIGGER registration_change_no_truncate
                BEFORE TRUNCATE ON public.tenants_registrationchange
                FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
            CREATE TRIGGER ledger_root_append_only
                BEFORE UPDATE OR DELETE ON public.tenants_ledgerroot
                FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
            CREATE TRIGGER ledger_root_no_truncate
                BEFORE TRUNCATE ON public.tenants_ledgerroot
                FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
            """,
            """
            DROP TRIGGER ledger_root_no_truncate ON public.tenants_ledgerroot;
            DROP TRIGGER ledger_root_append_only ON public.tenants_ledgerroot;
            DROP TRIGGER registration_change_no_truncate ON public.tenants_registrationchange;
            DROP TRIGGER registration_change_append_only ON public.tenants_registrationchange;
            DROP TRIGGER agency_changed ON public.tenants_agency;
            DROP FUNCTION public.agency_changed();
            DROP FUNCTION public.keep_template_version();
            DROP FUNCTION public.keep_ledger_head();
            DROP FUNCTION public.chain_ledger();
            """,
        )
    ]
