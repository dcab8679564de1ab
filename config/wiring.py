"""What is joined to what across the rooms, by dotted path: lower rooms never import upper ones.

Read through django.conf.settings, like every other setting; nothing here depends on the environment.
"""

from __future__ import annotations

# The agenda (tenants/agenda.py): who does what kind of waiting work, by dotted path.
AGENDA_HANDLERS = {
    "tenants.check_domain": "tenants.agency_domains.check",
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
    "billing.refresh": "billing.applying.refresh",
    "billing.leave": "billing.leaving.leave",
    "billing.nightly": "billing.nightly.look_at_all",
    "billing.numbers": "billing.numbers.look",
    "inbox.export_business": "inbox.agency.lifecycle.export.make",
    "inbox.drop_business": "inbox.agency.lifecycle.dropping.drop",
    "inbox.forget_export": "inbox.agency.lifecycle.dropping.forget_export",
    "billing.gather": "billing.metering.gather",
    "billing.meter": "billing.metering.tell",
    "billing.reconcile": "billing.reconciling.reconcile",
    "billing.tally": "billing.tally.tally",
    "messaging.text_event": "messaging.services.handle_text_event",
    "messaging.receipt_event": "messaging.receipts.handle_receipt_event",
    "messaging.deliver": "messaging.delivery.deliver",
    "messaging.buy_number": "messaging.senders.buying.work",
    "messaging.release_number": "messaging.senders.releasing.work",
    "messaging.bring_number": "messaging.senders.bringing.look",
    "messaging.cancel_port": "messaging.senders.porting.cancel",
    "messaging.end_campaign": "messaging.senders.ending.work",
    "messaging.look_at_site": "messaging.senders.sites.work",
    "messaging.register_sender": "messaging.senders.filing.work",
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
    "integrations.endpoint": "integrations.handing.hand_over",
    "integrations.crm": "integrations.crm.pushing.push_due",
    "integrations.sweep": "integrations.sweeping.sweep",
    "integrations.forget_tokens": "integrations.oauth.keeping.forget",
    "integrations.end_app": "integrations.oauth.ending.end_one",
    "imports.make": "inbox.agency.imports.importing.make",
    "imports.invite": "inbox.agency.imports.inviting.invite",
    "imports.end": "inbox.agency.imports.importing.end",
    "playbooks.check": "inbox.agency.playbooks.applying.check",
    "playbooks.apply": "inbox.agency.playbooks.applying.apply",
    "playbooks.take_back": "inbox.agency.playbooks.applying.take_back",
    "playbooks.push": "inbox.agency.playbooks.pushing.watch",
    "tenants.forget_requests": "tenants.api_keeping.forget",
    "inbox.wait": "inbox.waits.climbing.climb",
    "inbox.missed": "inbox.waits.missed.missed",
    "inbox.promise": "inbox.waits.promising.come_due",
    "inbox.notice": "inbox.notices.handing.hand_over",
    "inbox.handset": "inbox.notices.handset.answer",
    "inbox.handset_lost": "inbox.notices.lost.did_not_arrive",
    "inbox.morning": "inbox.notices.morning.run",
    "inbox.wake": "inbox.handling.wake",
    "inbox.publish": "inbox.agency.onboarding.setting_up.publish_when_ready",
    "inbox.repair_number": "inbox.support.repairing.run",
    "inbox.endpoint_off": "inbox.agency.api.letters.write",
    "inbox.budget_letter": "inbox.agency.billing.letters.write",
    "inbox.member_left": "inbox.agency.members.leaving.free",
    "inbox.health": "inbox.agency.businesses.gathering.reckon",
}
# hooks: what strangers' machines take their time to answer; it has a worker process of its own.
LANES = ("realtime", "bulk", "housekeeping", "hooks")
# What is told when a row of a kind has died (tenants/agenda.py).
AGENDA_DEAD_HANDLERS = {
    "billing.refresh": "billing.concerns.row_died",
    "billing.gather": "billing.concerns.row_died",
    "billing.meter": "billing.concerns.row_died",
    "billing.leave": "billing.concerns.row_died",
    "billing.nightly": "billing.concerns.row_died",
    "billing.numbers": "billing.concerns.row_died",
    "billing.reconcile": "billing.concerns.row_died",
    "billing.tally": "billing.concerns.row_died",
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
    "messaging.buy_number": "messaging.senders.steps.died",
    "messaging.release_number": "messaging.senders.steps.died",
    "messaging.bring_number": "messaging.senders.steps.died",
    "messaging.cancel_port": "messaging.senders.porting.died",
    "messaging.end_campaign": "messaging.senders.ending.died",
    "messaging.fetch_attachment": "messaging.attachments.arriving.died",
    "messaging.register_sender": "messaging.senders.filing.died",
    "imports.make": "inbox.agency.imports.importing.died",
    "imports.invite": "inbox.agency.imports.inviting.died",
    "imports.end": "tenants.agenda.begin_again",
    "playbooks.push": "tenants.agenda.begin_again",
    "tenants.check_domain": "tenants.agenda.begin_again",
    "tenants.forget_requests": "tenants.agenda.begin_again",
    # Those of endpoints and CRMs are found by the sweep.
    "integrations.sweep": "tenants.agenda.begin_again",
    "integrations.forget_tokens": "tenants.agenda.begin_again",
    "integrations.end_app": "tenants.agenda.begin_again",
    "playbooks.check": "inbox.agency.playbooks.applying.died",
    "playbooks.apply": "inbox.agency.playbooks.applying.died",
    "playbooks.take_back": "inbox.agency.playbooks.applying.died",
    "inbox.drop_business": "inbox.agency.lifecycle.deaths.died",
    "inbox.export_business": "inbox.agency.lifecycle.deaths.died",
    "inbox.forget_export": "inbox.agency.lifecycle.deaths.died",
    "inbox.health": "inbox.agency.businesses.gathering.died",
    "inbox.endpoint_off": "inbox.agency.api.letters.died",
    "inbox.budget_letter": "inbox.agency.billing.letters.died",
    "inbox.member_left": "inbox.agency.members.deaths.died",
    "inbox.publish": "inbox.agency.onboarding.deaths.died",
    "inbox.repair_number": "inbox.support.repairing.died",
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
    "integrations.happenings.text_received",
    "inbox.waits.services.text_received",
    "inbox.waits.promising.text_received",
    "inbox.people.folded.text_received",
]
# Who knows whether a phone (E.164) is a member's own, which said JOIN to alerts.
STAFF_PHONE_CHECK = "inbox.notices.phones.is_member_s"
# Told (contact, message) in the transaction that queues a text of a rule, a member or an API client.
TEXT_QUEUED_HANDLERS = [
    "integrations.happenings.text_queued",
    "inbox.waits.services.text_queued",
    "inbox.people.folded.text_queued",
    "inbox.waits.promising.text_queued",
]
# Told (message id) in the transaction in which the provider took a text, where LISTENING_CHECK says
# that somebody listens: nobody else's texts wait for a transaction of their own.
TEXT_SENT_HANDLERS = ["integrations.happenings.text_sent"]
LISTENING_CHECK = "integrations.listening.somebody"
# Told (message) in the transaction that learns what became of a text (messaging/sending.py).
TEXT_SETTLED_HANDLERS = [
    "integrations.happenings.text_settled",
    "inbox.waits.services.text_settled",
    "inbox.waits.promising.text_settled",
    "inbox.waits.missed.text_settled",
    "inbox.notices.lost.text_settled",
]
# Told (contact id) in the transaction that raises or resolves an alert about a person.
ALERT_CHANGED_HANDLERS = [
    "integrations.happenings.alert_changed",
    "inbox.waits.escalating.alert_changed",
]
# Told (contact, "opt_out" or "opt_in", channel, when) in the transaction in which somebody's standing
# changed so (messaging/consent.py).
CONSENT_CHANGED_HANDLERS = ["integrations.happenings.consent_changed"]
# Told (kind, conversation ids, actor, detail) in the transaction in which a member handled
# conversations (inbox/handling.py; kinds: inbox/activity.py).
CONVERSATIONS_HANDLED_HANDLERS = [
    "integrations.happenings.handled",
    "inbox.waits.services.handled",
    "inbox.notices.services.handled",
]
CALL_ENDED_HANDLERS = [
    "calls.guards.call_ended",
    "calls.follow_ups.call_ended",
    "integrations.happenings.call_ended",
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
VOICEMAIL_LEFT_HANDLERS = [
    "integrations.happenings.voicemail_left",
    "inbox.waits.missed.voicemail_left",
]
# Told (endpoint) in the transaction that switches off a webhook endpoint which its owners did not.
ENDPOINT_OFF_HANDLERS = ["inbox.settings.hooks.switched_off"]
# Told (connection) in the transaction in which a CRM turned out to take its token no more.
CRM_OFF_HANDLERS = ["inbox.settings.hooks.crm_off"]
# Told (business, ruleset) in the transaction that puts rules in force.
RULES_PUBLISHED_HANDLERS = ["calls.trials.scenarios.rules_published"]
# Told (business id, when) in the transaction that takes a number into use or out of it.
NUMBERS_CHANGED_HANDLERS = ["billing.numbers.changed"]
# Told in the number's own schema, in the transaction that changes its registration.
REGISTRATION_CHANGED_HANDLERS = [
    "messaging.registration.registration_changed",
    "messaging.policies.registration_changed",
]
# What says what is wrong with a line's settings, for whoever sets them below the calls' floor.
LINE_CHECK = "calls.lines.problems"
# What a business owes, as SQL of one column, read where its line is looked up (tenants/routing.py).
STANDING_COLUMN = "billing.standing.STANDING_SQL"
# What is done once the database is up to date, at every release.
PREPARED_HANDLERS = [
    "billing.tally.begin",
    "billing.nightly.begin",
    "messaging.policies.rules_prepared",
    "integrations.sweeping.prepared",
    "integrations.oauth.keeping.prepared",
    "tenants.api_keeping.prepared",
    "inbox.notices.morning.prepared",
    "inbox.agency.businesses.gathering.prepared",
]
# What fills a new business, in its own schema, lower rooms first.
BUSINESS_CREATED_HANDLERS = [
    "tenants.agency_domains.business_made",
    "messaging.onboarding.fill",
    "calls.onboarding.fill",
    "inbox.onboarding.fill",
    "inbox.notices.morning.begin",
    "inbox.agency.businesses.gathering.begin",
]
# Told (departure, actor, door, when) in the business's schema and the transaction in which it leaves,
# stays after all, or is deleted.
BUSINESS_LEAVING_HANDLERS = [
    "billing.leaving.changed",
    "messaging.senders.leaving.leaves",
    "integrations.leaving.leaves",
    "inbox.agency.lifecycle.export.leaves",
    "inbox.agency.lifecycle.dropping.leaves",
    "inbox.agency.businesses.gathering.leaving_changed",
]
BUSINESS_STAYS_HANDLERS = [
    "billing.leaving.changed",
    "messaging.senders.leaving.stays",
    "inbox.agency.lifecycle.dropping.stays",
    "inbox.agency.businesses.gathering.leaving_changed",
]
BUSINESS_GONE_HANDLERS = ["billing.leaving.changed", "integrations.leaving.gone"]
# Told (business, when) in the transaction that makes a draft live.
BUSINESS_LIVE_HANDLERS = [
    "billing.trials.went_live",
    "inbox.agency.businesses.gathering.standing_changed",
]
# Told (business, when) in the transaction that suspends a business or lets it send again.
BUSINESS_SUSPENDED_HANDLERS = ["inbox.agency.businesses.gathering.standing_changed"]
# Told (pack before, pack now) in the schema of a draft for which another pack is chosen, lower rooms
# first; what somebody wrote himself stays.
PLAYBOOK_CHOSEN_HANDLERS = [
    "messaging.onboarding.refill",
    "calls.onboarding.refill",
    "inbox.onboarding.refill",
]
# What of its schema is asked before a draft goes live: {"rules_on": bool, "tested": bool}.
PUBLISH_KNOWN = "calls.onboarding.known"

# Every room's part in erasing a person, and what each room keeps only for a time.
ERASURE_HANDLERS = [
    "inbox.people.erasing.erase",
    "messaging.attachments.keeping.erase",
    "calls.erasure.erase",
    "calls.audit.expiry.erase",
    "integrations.erasing.erase",
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
# Told (business, notice) in the transaction in which a level of a business's budget is reached.
BUDGET_REACHED_HANDLERS = [
    "messaging.budget_alerts.budget_reached",
    "inbox.agency.billing.letters.budget_reached",
]

# How what is stored of people is hidden in the tables of support (tenants/admin/traffic.py).
SUPPORT_MASK = "inbox.support.masking.value"
