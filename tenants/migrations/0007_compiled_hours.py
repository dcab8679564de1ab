from django.db import migrations


class Migration(migrations.Migration):
    """compile_hours: whatever changes a business's hours or holidays brings the voice plan's copy up to date."""

    dependencies = [("tenants", "0006_lines_and_logs")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION public.compile_hours() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                EXECUTE format($q$
                    INSERT INTO public.tenants_compiledhours (business_id, spans, closed)
                    SELECT b.id,
                        (SELECT coalesce(jsonb_agg(jsonb_build_array(
                             h.weekday, to_char(h.opens, 'HH24:MI'), to_char(h.closes, 'HH24:MI'))
                             ORDER BY h.weekday, h.opens), '[]') FROM %1$I.calls_openinghours h),
                        (SELECT coalesce(jsonb_agg(d.date ORDER BY d.date), '[]')
                         FROM %1$I.calls_holiday d)
                    FROM public.tenants_business b WHERE b.schema_name = %2$L
                    ON CONFLICT (business_id)
                    DO UPDATE SET spans = EXCLUDED.spans, closed = EXCLUDED.closed
                $q$, TG_TABLE_SCHEMA, TG_TABLE_SCHEMA);
                RETURN NULL;
            END $$;
            """,
            "DROP FUNCTION public.compile_hours();",
        )
    ]
