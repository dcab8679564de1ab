"""Whoever keeps lines and accounts in memory is told when they change (tenants/routing_news.py)."""

from __future__ import annotations

from django.db import migrations

_TOLD = """
    -- '' says: all of them. Told when it is committed; the same said twice in a transaction is told once.
    CREATE FUNCTION public.all_routes_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('ringback_routes', '');
        RETURN NULL;
    END $$;
    CREATE FUNCTION public.routes_of_business_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('ringback_routes', COALESCE(NEW.id, OLD.id)::text);
        RETURN NULL;
    END $$;
    CREATE FUNCTION public.routes_of_hours_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('ringback_routes', COALESCE(NEW.business_id, OLD.business_id)::text);
        RETURN NULL;
    END $$;

    -- A line's other changes are told by its business, whose set-up they change (number_changed).
    CREATE TRIGGER routes_of_numbers AFTER INSERT OR DELETE ON public.tenants_phonenumber
        FOR EACH STATEMENT EXECUTE FUNCTION public.all_routes_changed();
    CREATE TRIGGER routes_of_number AFTER UPDATE ON public.tenants_phonenumber
        FOR EACH ROW WHEN (
            (OLD.e164, OLD.is_active, OLD.business_id, OLD.account_id)
            IS DISTINCT FROM (NEW.e164, NEW.is_active, NEW.business_id, NEW.account_id))
        EXECUTE FUNCTION public.all_routes_changed();
    CREATE TRIGGER routes_of_accounts AFTER INSERT OR DELETE ON public.tenants_provideraccount
        FOR EACH STATEMENT EXECUTE FUNCTION public.all_routes_changed();
    CREATE TRIGGER routes_of_account AFTER UPDATE ON public.tenants_provideraccount
        FOR EACH ROW WHEN (
            (OLD.provider, OLD.account_sid, OLD.public_key, OLD.auth_token, OLD.previous_auth_token)
            IS DISTINCT FROM
            (NEW.provider, NEW.account_sid, NEW.public_key, NEW.auth_token, NEW.previous_auth_token))
        EXECUTE FUNCTION public.all_routes_changed();
    CREATE TRIGGER routes_of_agency AFTER UPDATE OF posture_floor ON public.tenants_agency
        FOR EACH STATEMENT EXECUTE FUNCTION public.all_routes_changed();
    CREATE TRIGGER routes_of_business AFTER INSERT OR UPDATE OR DELETE ON public.tenants_business
        FOR EACH ROW EXECUTE FUNCTION public.routes_of_business_changed();
    CREATE TRIGGER routes_of_hours AFTER INSERT OR UPDATE OR DELETE ON public.tenants_compiledhours
        FOR EACH ROW EXECUTE FUNCTION public.routes_of_hours_changed();
"""
_UNTOLD = """
    DROP TRIGGER routes_of_hours ON public.tenants_compiledhours;
    DROP TRIGGER routes_of_business ON public.tenants_business;
    DROP TRIGGER routes_of_agency ON public.tenants_agency;
    DROP TRIGGER routes_of_account ON public.tenants_provideraccount;
    DROP TRIGGER routes_of_accounts ON public.tenants_provideraccount;
    DROP TRIGGER routes_of_number ON public.tenants_phonenumber;
    DROP TRIGGER routes_of_numbers ON public.tenants_phonenumber;
    DROP FUNCTION public.routes_of_hours_changed();
    DROP FUNCTION public.routes_of_business_changed();
    DROP FUNCTION public.all_routes_changed();
"""


class Migration(migrations.Migration):
    """Triggers alone."""

    dependencies = [("tenants", "0027_apps_of_others")]
    operations = [migrations.RunSQL(_TOLD, _UNTOLD)]
