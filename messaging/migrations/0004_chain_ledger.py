import secrets

from django.db import connection, migrations

from messaging.evidence.verify_ledger import GENESIS, detail_hash, row_hash
from messaging.marks import mark_here


def chain(apps, schema_editor):
    """Bring the rows written before there was a chain into it, oldest first; clear words go beside."""
    event_model = apps.get_model("messaging", "ConsentEvent")
    detail_model = apps.get_model("messaging", "ConsentDetail")
    head_model = apps.get_model("messaging", "LedgerHead")
    policy_model = apps.get_model("messaging", "Policy")
    version_model = apps.get_model("messaging", "TemplateVersion")
    template_model = apps.get_model("messaging", "MessageTemplate")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE messaging_consentevent DISABLE TRIGGER USER")
    seq, before, last = 0, GENESIS, None
    for event in event_model.objects.order_by("id").iterator():
        seq += 1
        detail = {
            "ip": "", "phone": event.phone, "raw_text": event.raw_text,
            "salt": secrets.token_hex(16), "user_agent": "",
        }  # fmt: skip
        event.seq, event.prev_hash = seq, before
        event.phone_mark = mark_here(event.phone)
        event.detail_hash = detail_hash(detail)
        event.row_hash = before = row_hash(before, as_row(event))
        event.save()
        detail_model.objects.create(event=event, **detail)
        last = event.recorded_at.date()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE messaging_consentevent ENABLE TRIGGER USER")
    head_model.objects.create(id=1, seq=seq, row_hash=before, day=last)
    for template in template_model.objects.all():
        version_model.objects.create(
            key=template.key, version=1, body=template.body, recorded_at=template.updated_at
        )
    # Texts that wait over the upgrade are asked about as what they are.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE messaging_message SET
                purpose = CASE WHEN author = 'rule' THEN 'text_back' WHEN category = 'C0'
                               THEN 'confirm_stop' ELSE 'manual' END,
                clearances = CASE WHEN status IN ('queued', 'held', 'sending')
                    THEN jsonb_build_array(jsonb_build_object(
                        'result', 'send', 'code', 'BEFORE_UPGRADE', 'row', '', 'rules', '[]'::jsonb,
                        'sentence', 'Queued before decisions were kept.', 'at', created_at,
                        'occasion', jsonb_build_object(
                            'purpose', CASE WHEN author = 'rule' THEN 'text_back'
                                WHEN category = 'C0' THEN 'confirm_stop' ELSE 'manual' END,
                            'asked_at', created_at,
                            'level', CASE WHEN author = 'rule' THEN 1 ELSE 0 END)))
                    ELSE '[]'::jsonb END
            WHERE direction = 'out'
            """
        )
    if template_model.objects.exists():  # a business, not the blueprint of one
        from django.utils import timezone

        policy_model.objects.create(changed_at=timezone.now())


def as_row(event):
    """Return a row as the chain covers it (messaging/ledger.py at the time of this migration)."""
    row = {
        name: getattr(event, name)
        for name in (
            "seq", "phone_mark", "kind", "level", "scope", "channel", "matched_by", "matched",
            "classifier", "provider", "provider_id", "our_number", "evidence", "actor",
            "legal_entity", "brand_id", "campaign_id", "ruleset_version", "detail_hash",
        )
    }  # fmt: skip
    row["contact"] = event.contact_id
    for name in ("occurred_at", "recorded_at"):
        row[name] = getattr(event, name).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return row


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0003_compliance"),
        ("tenants", "0004_compliance_functions"),
    ]

    operations = [migrations.RunPython(chain, migrations.RunPython.noop)]
