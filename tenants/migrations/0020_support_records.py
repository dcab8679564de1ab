"""Support's record (append-only by trigger), its visits, and the platform's brake."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_APPEND_ONLY = """
CREATE TRIGGER support_entry_append_only BEFORE UPDATE OR DELETE ON public.tenants_supportentry
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER support_entry_append_only_whole BEFORE TRUNCATE ON public.tenants_supportentry
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
"""
_AS_BEFORE = """
DROP TRIGGER support_entry_append_only ON public.tenants_supportentry;
DROP TRIGGER support_entry_append_only_whole ON public.tenants_supportentry;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0019_playbook_pushes'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlatformBrake',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('texts_an_hour', models.PositiveIntegerField()),
                ('cents_an_hour', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('set_by', models.CharField(max_length=120)),
                ('set_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_by', models.CharField(blank=True, default='', max_length=120)),
            ],
            options={
                'ordering': ['-set_at', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('until__gt', models.F('set_at'))), name='platform_brake_ends')],
            },
        ),
        migrations.CreateModel(
            name='SupportEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=120)),
                ('action', models.CharField(max_length=40)),
                ('subject', models.CharField(blank=True, default='', max_length=140)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('detail', models.JSONField(default=dict)),
                ('business', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'support entries',
                'ordering': ['-at', '-id'],
                'permissions': [('enter_business', 'May look into a business as its members see it'), ('see_numbers', "May see callers' numbers and words in full"), ('repair_provider', 'May change settings at a provider'), ('replay_webhooks', 'May process stored webhooks again'), ('settle_agenda', 'May ask dead work again or drop it'), ('move_brakes', "May move the platform's brake")],
                'indexes': [models.Index(fields=['-at', '-id'], name='support_entry_newest')],
            },
        ),
        migrations.CreateModel(
            name='SupportVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200)),
                ('begun_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['-begun_at'], name='support_visit_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='support_visit_says_why'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begun_at'))), name='support_visit_ends')],
            },
        ),
        migrations.RunSQL(_APPEND_ONLY, _AS_BEFORE),
    ]
