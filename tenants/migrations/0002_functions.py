from django.db import migrations


class Migration(migrations.Migration):
    """Functions behind the triggers of every schema; in public, so that all of them name one.

    refuse_change: an append-only table stays as written, whoever asks.
    setup_changed and its kin: whatever a decision reads bumps its business's setup_version.
    """

    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                    USING ERRCODE = 'restrict_violation';
            END $$;

            CREATE FUNCTION public.setup_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE public.tenants_business SET setup_version = setup_version + 1
                WHERE schema_name = TG_TABLE_SCHEMA;
                RETURN NULL;
            END $$;

            CREATE FUNCTION public.number_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE public.tenants_business SET setup_version = setup_version + 1
                WHERE id = NEW.business_id OR id = OLD.business_id;
                RETURN NULL;
            END $$;
            CREATE TRIGGER number_changed AFTER INSERT OR UPDATE OR DELETE
                ON public.tenants_phonenumber
                FOR EACH ROW EXECUTE FUNCTION public.number_changed();

            CREATE FUNCTION public.account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE public.tenants_business SET setup_version = setup_version + 1
                WHERE id IN (SELECT business_id FROM public.tenants_phonenumber
                             WHERE account_id = NEW.id);
                RETURN NULL;
            END $$;
            CREATE TRIGGER account_changed AFTER UPDATE ON public.tenants_provideraccount
                FOR EACH ROW EXECUTE FUNCTION public.account_changed();

            -- A row saved from memory must not turn the count back.
            CREATE FUNCTION public.business_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.setup_version := GREATEST(NEW.setup_version, OLD.setup_version);
                IF (NEW.name, NEW.timezone, NEW.suspended_at)
                    IS DISTINCT FROM (OLD.name, OLD.timezone, OLD.suspended_at) THEN
                    NEW.setup_version := OLD.setup_version + 1;
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER business_changed BEFORE UPDATE ON public.tenants_business
                FOR EACH ROW EXECUTE FUNCTION public.business_changed();
            """,
            """
            DROP TRIGGER business_changed ON public.tenants_business;
            DROP TRIGGER account_changed ON public.tenants_provideraccount;
            DROP TRIGGER number_changed ON public.tenants_phonenumber;
            DROP FUNCTION public.business_changed();
            DROP FUNCTION public.account_changed();
            DROP FUNCTION public.number_changed();
            DROP FUNCTION public.setup_changed();
            DROP FUNCTION public.refuse_change();
            """,
        )
    ]
