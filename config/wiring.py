"""What is joined to what across the rooms, by dotted path: lower rooms never import upper ones.

Read through django.conf.settings, like every other setting; nothing here depends on the environment.
"""

from __future__ import annotations

# The agenda (tenants/agenda.py): who does what kind of waiting work, by dotted path.
AGENDA_HANDLERS = {
    "calls.voice_event": "calls.services.handle_voice_event",
    "calls.reported_event": "calls.intake.handling.handle_report",
    "calls.settle": "calls.services.settle_call",
    "calls.follow_up": "calls.follow_ups.follow_up",
    "calls.call_back": "calls.placing.ring",
    "calls.placed_event": "calls.placed.handle_placed_event",
    "calls.forwarding_check": "calls.forwarding.checks.conclude_waiting",
    "calls.watch_forwarding": "calls.forwarding.watch.watch",
    "calls.test_call": "calls.trials.running.run",
    "calls.run_scenarios": "calls.trials.scenarios.run_after_change",
    "calls.import_log": "calls.audit.importing.import_log",
    "calls.examine_log": "calls.audit.importing.examine_log",
    "calls.expire_log": "calls.audit.expiry.expire_log",
    "calls.transcript": "calls.voicemails.handle_transcript",
    "calls.fetch_recording": "calls.voicemails.fetch",
    "calls.forget_recording": "calls.voicemails.forget",
    "calls.forget_greeting": "calls.greeting_files.forget_unused",
    "messaging.text_event": "messaging.services.handle_text_event",
    "messaging.receipt_event": "messaging.receipts.handle_receipt_event",
    "messaging.deliver": "messaging.delivery.deliver",
    "messaging.fetch_attachment": "messaging.attachments.arriving.fetch",
    "messaging.clear_upload": "messaging.attachments.outgoing.clear",
    "messaging.forget_attachment": "messaging.attachments.keeping.forget",
    "messaging.lookup": "messaging.lookups.look_up",
    "messaging.forget_facts": "messaging.lookups.forget_old",
    "messaging.forget_list": "messaging.callers.forget_preview",
    "messaging.anchor": "messaging.ledger_roots.anchor",
    "messaging.retain": "messaging.retention.retain",
    "messaging.forget": "messaging.erasure.look_again",
    "calls.backtest": "calls.backtest.jobs.run",
    "inbox.wait": "inbox.waits.climbing.climb",
    "inbox.missed": "inbox.waits.missed.missed",
    "inbox.promise": "inbox.waits.promising.come_due",
    "inbox.notice": "inbox.notices.handing.hand_over",
    "inbox.handset": "inbox.notices.handset.answer",
    "inbox.handset_lost": "inbox.notices.lost.did_not_arrive",
    "inbox.morning": "inbox.notices.morning.run",
    "inbox.wake": "inbox.handling.wake",
}
LANES = ("realtime", "bulk", "housekeeping")
# What is told when a row of a kind has died (tenants/agenda.py).
AGENDA_DEAD_HANDLERS = {
    "calls.watch_forwarding": "calls.forwarding.watch.died",
    "calls.voice_event": "tenants.events.event_died",
    "calls.reported_event": "tenants.events.event_died",
    "calls.placed_event": "tenants.events.event_died",
    "calls.call_back": "calls.placing.died",
    "calls.transcript": "tenants.events.event_died",
    "calls.import_log": "calls.audit.importing.import_died",
    "messaging.text_event": "messaging.deaths.text_in_died",
    "messaging.deliver": "messaging.deaths.text_out_died",
    "messaging.receipt_event": "tenants.events.event_died",
    "messaging.fetch_attachment": "messaging.attachments.arriving.died",
    "inbox.handset": "inbox.notices.handset.died",
    "inbox.handset_lost": "inbox.notices.lost.died",
    "inbox.notice": "inbox.notices.deaths.notice_died",
    "inbox.morning": "inbox.notices.deaths.morning_died",
    "inbox.wait": "inbox.notices.deaths.wait_died",
    "inbox.missed": "inbox.notices.deaths.missed_died",
    "inbox.promise": "inbox.notices.deaths.promise_died",
    "inbox.wake": "inbox.notices.deaths.wake_died",
}

# Webhooks by path: what is stored as, which agenda kind takes it ('' for none), in which lane, and
# who answers (None: silence). Kept as data so that a lower room never imports an upper one.
_VOICE = {
    "voice": "answer_call",
    "voice/dial": "answer_dial",
    "voice/screen": "answer_screen",
    "voice/consent": "answer_consent",
    "voice/keys": "answer_key",
    # The one on call in an emergency has paths of his own: what became of his leg is another question.
    "voice/oncall": "answer_on_call",
    "voice/oncall/screen": "answer_on_call_screen",
    "voice/recording": "answer_recording",
    "fallback": "answer_fallback",
}
WEBHOOKS: dict[str, tuple[str, str, str, str | None]] = {
    **{
        path: (path.replace("/", "."), "calls.voice_event", "realtime", f"calls.webhooks.{answer}")
        for path, answer in _VOICE.items()
    },
    "voice/status": ("voice.status", "calls.voice_event", "realtime", None),
    # What became of a call that a member placed (calls/placed.py).
    "voice/placed": (
        "voice.placed", "calls.placed_event", "realtime", "calls.webhooks.answer_placed"
    ),
    "voice/transcript": ("voice.transcript", "calls.transcript", "bulk", None),
    "messaging": ("messaging", "messaging.text_event", "realtime", None),
    # Receipts come by the thousand and nobody waits for them.
    "messaging/status": ("messaging.status", "messaging.receipt_event", "bulk", None),
}  # fmt: skip
# Stored at another door than the webhooks': kind -> agenda kind and lane (calls/intake/store.py).
REPORTED = {"call.reported": ("calls.reported_event", "realtime")}

# Upward notices, in order; STOP is first, always (held by tests/test_architecture.py).
TEXT_RECEIVED_HANDLERS = [
    "messaging.inbound.obey",
    # Before whoever looks for callers that wait: a member's own phone is none.
    "inbox.notices.handset.text_received",
    "calls.follow_ups.text_received",
    "inbox.waits.services.text_received",
    "inbox.waits.promising.text_received",
    "inbox.people.folded.text_received",
]
# Who knows whether a phone (E.164) is a member's own, which said JOIN to alerts.
STAFF_PHONE_CHECK = "inbox.notices.phones.is_member_s"
# Told (contact, message) in the transaction that queues a text of a rule, a member or an API client.
TEXT_QUEUED_HANDLERS = [
    "inbox.waits.services.text_queued",
    "inbox.people.folded.text_queued",
    "inbox.waits.promising.text_queued",
]
# Told (message) in the transaction that learns what became of a text (messaging/sending.py).
TEXT_SETTLED_HANDLERS = [
    "inbox.waits.services.text_settled",
    "inbox.waits.promising.text_settled",
    "inbox.waits.missed.text_settled",
    "inbox.notices.lost.text_settled",
]
# Told (contact id) in the transaction that raises or resolves an alert about a person.
ALERT_CHANGED_HANDLERS = ["inbox.waits.escalating.alert_changed"]
# Told (kind, conversation ids, actor, detail) in the transaction in which a member handled
# conversations (inbox/handling.py; kinds: inbox/activity.py).
CONVERSATIONS_HANDLED_HANDLERS = [
    "inbox.waits.services.handled",
    "inbox.notices.services.handled",
]
CALL_ENDED_HANDLERS = [
    "calls.guards.call_ended",
    "calls.follow_ups.call_ended",
    "inbox.waits.missed.call_ended",
]
# Told (contact id, when) in the transaction that learns that a member's call back rang at theirs.
CALL_RANG_HANDLERS = ["inbox.waits.promising.called"]
# Told (contact id, when) in the transaction that learns that a member's call back was talked on.
CALLED_BACK_HANDLERS = [
    "inbox.waits.services.spoken_with",
    "inbox.waits.promising.spoken_with",
]
# Told (call, contact) in the transaction that learns of a voicemail, perhaps long after the decision.
VOICEMAIL_LEFT_HANDLERS = ["inbox.waits.missed.voicemail_left"]
# Told (business, ruleset) in the transaction that puts rules in force.
RULES_PUBLISHED_HANDLERS = ["calls.trials.scenarios.rules_published"]
# Told in the number's own schema, in the transaction that changes its registration.
REGISTRATION_CHANGED_HANDLERS = [
    "messaging.registration.registration_changed",
    "messaging.policies.registration_changed",
]
# What says what is wrong with a line's settings, for whoever sets them below the calls' floor.
LINE_CHECK = "calls.lines.problems"
# What is done once the database is up to date, at every release.
PREPARED_HANDLERS = ["messaging.policies.rules_prepared", "inbox.notices.morning.prepared"]
# What fills a new business, in its own schema, lower rooms first.
BUSINESS_CREATED_HANDLERS = [
    "messaging.onboarding.fill",
    "calls.onboarding.fill",
    "inbox.notices.morning.begin",
]

# Every room's part in erasing a person, and what each room keeps only for a time.
ERASURE_HANDLERS = [
    "inbox.people.erasing.erase",
    "messaging.attachments.keeping.erase",
    "calls.erasure.erase",
    "calls.audit.expiry.erase",
    "inbox.notices.morning.erase",
    "inbox.waits.promising.erase",
]
# What upper rooms add to an evidence export: file -> source (messaging/evidence/entries.py).
EVIDENCE_SOURCES = {"calls.jsonl": "calls.evidence.calls_of"}
RETAINED = [
    "messaging.retained.Texts",
    "messaging.attachments.keeping.Files",
    "messaging.retained.BlockedTexts",
    "messaging.retained.ConsentDetails",
    "calls.retained.Recordings",
    "inbox.waits.retained.Promises",
]
