from django.db import migrations


class Migration(migrations.Migration):
    """The log of changes by hand named people of businesses, past their masks and their erasure: ids, from now on."""

    dependencies = [
        ("tenants", "0030_rows_asked_again"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(
            """
            UPDATE public.django_admin_log l
            SET object_repr = left(t.model || ' ' || coalesce(l.object_id, ''), 200)
            FROM public.django_content_type t
            WHERE t.id = l.content_type_id AND t.app_label IN ('messaging', 'calls', 'inbox')
            """,
            migrations.RunSQL.noop,
        )
    ]
