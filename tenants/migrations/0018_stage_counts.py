"""A change of a business's stage is a change of its set-up, as a suspension is."""

from __future__ import annotations

from django.db import migrations

_FUNCTION = """
    CREATE OR REPLACE FUNCTION public.business_changed() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        NEW.setup_version := GREATEST(NEW.setup_version, OLD.setup_version);
        IF (NEW.name, NEW.timezone, NEW.suspended_at, NEW.posture, NEW.playbook{new})
            IS DISTINCT FROM
            (OLD.name, OLD.timezone, OLD.suspended_at, OLD.posture, OLD.playbook{old}) THEN
            NEW.setup_version := OLD.setup_version + 1;
        END IF;
        RETURN NEW;
    END $$;
"""


class Migration(migrations.Migration):
    """A trigger's function alone."""

    dependencies = [("tenants", "0017_append_only_agency_records")]
    operations = [
        migrations.RunSQL(
            _FUNCTION.format(new=", NEW.stage", old=", OLD.stage"),
            _FUNCTION.format(new="", old=""),
        )
    ]
