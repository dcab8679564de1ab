from django.db import migrations


class Migration(migrations.Migration):
    """The function behind every append-only table: whoever asks, nothing written is changed.

    It lives in the public schema so that each business's triggers name one function.
    """

    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                    USING ERRCODE = 'restrict_violation';
            END $$
            """,
            "DROP FUNCTION public.refuse_change()",
        )
    ]
