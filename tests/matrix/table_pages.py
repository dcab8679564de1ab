"""Who is let in at each address of pages, by method.

The groups name who may; the second table puts every address into one. "nothing there" is the answer
about something that does not exist or has none of what is asked for: the door stands before it.
"""

from __future__ import annotations

from tests.matrix.asking import HIDDEN as H
from tests.matrix.asking import IN as I
from tests.matrix.asking import LOGIN as L
from tests.matrix.asking import REFUSED as R
from tests.matrix.asking import UNKNOWN as U

WHO = (
    "anonymous",
    "other business",
    "other agency",
    "agent",
    "manager",
    "owner",
    "agency member",
    "agency owner",
    "support",
)
GROUPS: dict[str, tuple[str, ...]] = {
    # anonymous, other business, other agency, agent, manager, owner, agency member, agency owner, support
    "nobody, nothing there": (H, H, H, H, H, H, H, H, H),
    "members": (L, H, H, I, I, I, I, I, H),
    "himself": (L, H, H, H, H, I, H, H, H),
    "members, refused for what was asked": (L, H, H, R, R, R, R, R, H),
    "members, nothing there": (L, H, H, H, H, H, H, H, H),
    "governors": (L, H, H, R, I, I, I, I, H),
    "everybody but strangers who are signed in": (I, H, H, I, I, I, I, I, H),
    "everybody": (I, I, I, I, I, I, I, I, I),
    "author": (L, H, H, R, R, I, R, R, H),
    "owners": (L, H, H, R, R, I, R, I, H),
    "governors, nothing there": (L, H, H, R, H, H, H, H, H),
    "owners, nothing there": (L, H, H, R, R, H, R, H, H),
    "leads to signing in": (L, L, L, L, L, L, L, L, L),
    "signed in": (L, I, I, I, I, I, I, I, I),
    "whoever proves to be an app": (U, U, U, U, U, U, U, U, U),
    "agencies": (L, R, I, R, R, R, I, I, R),
    "agencies, another's or a business's log": (L, R, H, R, R, R, H, H, R),
    "agency": (L, H, H, H, H, H, I, I, H),
    "agency owners": (L, H, H, H, H, H, R, I, H),
    "agency owners, nothing there": (L, H, H, H, H, H, R, H, H),
}
_TABLE = {
    "whoever proves to be an app": """
        public POST: oauth/revoke/
    """,
    "nobody, nothing there": """
        business GET: api/
        business POST: api/
        public GET: api/
        public POST: api/
        agency GET: brand/<str:version>/<str:file> agency:sign-up agency:sign-up-link
        agency POST: agency:sign-up agency:sign-up-link
        business GET: brand/<str:version>/<str:file> enter inbox:join
        business POST: inbox:join
        public GET: agency:join greeting-sound media
        public POST: agency:join stripe stripe-connect
    """,
    "members": """
        business GET: oauth-authorize
        business POST: oauth-authorize
        business GET: account_change_password account_reauthenticate account_set_password
        business GET: inbox:answers inbox:answers-figures inbox:answers-promises
        business GET: inbox:answers-settings inbox:attachment inbox:attachment-preview inbox:audit
        business GET: inbox:audit-example inbox:audit-malformed inbox:audit-progress inbox:audits
        business GET: inbox:call-back inbox:callers inbox:compliance inbox:compliance-ledger
        business GET: inbox:compliance-policy inbox:compliance-privacy inbox:compliance-roots
        business GET: inbox:compliance-texts inbox:composer inbox:contact inbox:contact-merge
        business GET: inbox:contact-new inbox:contacts inbox:conversation inbox:counts
        business GET: inbox:forwarding inbox:forwarding-check inbox:home inbox:limits inbox:line
        business GET: inbox:lines inbox:lines-hours inbox:list inbox:new-find inbox:new-text
        business GET: inbox:note-members inbox:notices inbox:notices-unseen inbox:notices-ways
        business GET: inbox:panel inbox:quick inbox:rules inbox:rules-backtest
        business GET: inbox:rules-backtest-result inbox:rules-edit inbox:rules-pinned
        business GET: inbox:rules-text inbox:rules-text-new inbox:rules-version
        business GET: inbox:rules-versions inbox:rules-what-if inbox:scheduled inbox:search
        business GET: inbox:settings inbox:settings-fields inbox:settings-members
        business GET: inbox:settings-notices inbox:settings-replies inbox:settings-security
        business GET: inbox:settings-tags inbox:settings-teams inbox:settings-views
        business GET: inbox:settings-welcome inbox:source inbox:source-template inbox:sources
        business GET: inbox:test-call-steps inbox:test-calls inbox:timeline mfa_activate_totp
        business GET: mfa_add_webauthn mfa_authenticate mfa_generate_recovery_codes mfa_index
        business GET: mfa_list_webauthn mfa_login_webauthn mfa_reauthenticate
        business GET: mfa_reauthenticate_webauthn mfa_remove_webauthn usersessions_list
        business POST: account_change_password account_reauthenticate account_set_password
        business POST: inbox:alert-done inbox:attach inbox:attach-remove inbox:call-back
        business POST: inbox:callers inbox:compliance-ledger inbox:compliance-ledger-check
        business POST: inbox:contact inbox:contact-merge inbox:contact-new inbox:contact-opt-out
        business POST: inbox:contact-resume inbox:contact-tags inbox:email-test inbox:foretell
        business POST: inbox:forwarding-begin inbox:handle inbox:line-preview inbox:merge-undo
        business POST: inbox:new-look inbox:new-text inbox:notes inbox:notices-seen
        business POST: inbox:promise-settle inbox:push-remove inbox:push-subscribe inbox:reply
        business POST: inbox:settings inbox:settings-notices inbox:settings-replies
        business POST: inbox:settings-security inbox:settings-views inbox:staff-phone
        business POST: inbox:staff-phone-remove inbox:undo inbox:view-delete inbox:view-save
        business POST: inbox:voicemail-heard inbox:wait-see-to mfa_activate_totp mfa_add_webauthn
        business POST: mfa_authenticate mfa_generate_recovery_codes mfa_index mfa_list_webauthn
        business POST: mfa_login_webauthn mfa_reauthenticate mfa_reauthenticate_webauthn
        business POST: mfa_remove_webauthn usersessions_list
    """,
    "himself": """
        business GET: inbox:notice
        business POST: inbox:push-test
    """,
    "members, refused for what was asked": """
        business POST: inbox:audit-attach inbox:forwarding-carrier inbox:push-renew
    """,
    "members, nothing there": """
        business GET: inbox:audit-hours inbox:audit-pdf inbox:line-greeting inbox:rules-backtest-csv inbox:voicemail
        business GET: mfa_deactivate_totp mfa_download_recovery_codes mfa_view_recovery_codes
        business POST: inbox:audit-draft inbox:staff-phone-test inbox:text-call-off inbox:text-now
        business POST: inbox:text-undo mfa_deactivate_totp mfa_download_recovery_codes
        public GET: agency:look-logo-shown mfa_deactivate_totp mfa_download_recovery_codes
        public GET: mfa_view_recovery_codes
        public POST: agency:import-act agency:push-act mfa_deactivate_totp
        public POST: mfa_download_recovery_codes
    """,
    "governors": """
        business GET: inbox:audit-new inbox:callers-list inbox:rules-pin-call inbox:rules-review
        business GET: inbox:settings-endpoint inbox:settings-integrations inbox:settings-keys
        business GET: inbox:source-add
        business POST: inbox:alert-hook-add inbox:alert-hook-remove inbox:alert-hook-test
        business POST: inbox:answers-settings inbox:audit-again inbox:audit-assume
        business POST: inbox:audit-delete inbox:audit-mapping inbox:audit-new inbox:callers-add
        business POST: inbox:callers-export inbox:callers-take-over inbox:callers-undo
        business POST: inbox:audit-csv inbox:calls-csv inbox:contacts-csv inbox:conversations-csv
        business POST: inbox:deliveries-csv inbox:figures-csv inbox:ledger-csv inbox:promises-csv
        business POST: inbox:requests-csv inbox:texts-csv inbox:waits-csv
        business POST: inbox:callers-upload inbox:compliance-policy inbox:contact-marks
        business POST: inbox:evidence-export inbox:forwarding-save inbox:forwarding-watch
        business POST: inbox:hold-lift inbox:hold-place inbox:holiday-add inbox:holiday-remove
        business POST: inbox:limits-let-go inbox:line inbox:lines-hours inbox:member-back
        business POST: inbox:member-invite inbox:member-out inbox:member-resend inbox:member-role
        business POST: inbox:member-withdraw inbox:rules-backtest inbox:rules-change
        business POST: inbox:rules-discard inbox:rules-dismiss inbox:rules-edit
        business POST: inbox:rules-pin-call inbox:rules-pin-imagined inbox:rules-review
        business POST: inbox:rules-text inbox:rules-text-new inbox:rules-unpin inbox:rules-version
        business POST: inbox:scenario-change inbox:scenario-run inbox:settings-crm
        business POST: inbox:settings-endpoint-change inbox:settings-fields
        business POST: inbox:settings-integrations inbox:settings-key inbox:settings-keys
        business POST: inbox:settings-tags inbox:settings-teams inbox:source-add
        business POST: inbox:source-change inbox:test-call-keep inbox:test-call-place
    """,
    "everybody but strangers who are signed in": """
        business GET: account_login account_reset_password account_reset_password_done
        business GET: account_reset_password_from_key account_reset_password_from_key_done
        business GET: inbox:manifest inbox:offline inbox:service-worker login
        business POST: account_login account_reset_password account_reset_password_from_key login
        business POST: visit-end
    """,
    "everybody": """
        business GET: api-schema api-docs
        public GET: api-schema api-docs
        public GET: .well-known/oauth-authorization-server
        public POST: oauth/token/
        business GET: healthz inbox:sms inbox:sms-opt-in inbox:sms-privacy inbox:sms-terms readyz
        business POST: healthz readyz
        public GET: account_login account_reset_password account_reset_password_done
        public GET: account_reset_password_from_key account_reset_password_from_key_done
        public GET: agency:sign-up agency:sign-up-link healthz login metrics readyz simulator
        public POST: account_login account_reset_password account_reset_password_from_key
        public POST: agency:sign-up agency:sign-up-link healthz login metrics readyz
    """,
    "author": """
        business GET: inbox:note
        business POST: inbox:note inbox:note-remove
    """,
    "owners": """
        business GET: inbox:settings-billing
        business POST: inbox:billing-manage inbox:contact-erase inbox:find-person inbox:limits
        business POST: inbox:invoices-csv inbox:settings-billing inbox:usage-csv
    """,
    "governors, nothing there": """
        business POST: inbox:settings-app-out
        business POST: inbox:rules-add inbox:rules-take
    """,
    "owners, nothing there": """
        business GET: inbox:billing-change
        business POST: inbox:billing-change inbox:billing-subscribe
    """,
    "leads to signing in": """
        business POST: account_logout logout
        public POST: account_logout logout
    """,
    "signed in": """
        public GET: oauth-authorize
        public POST: oauth-authorize
        public GET: account_change_password account_reauthenticate account_set_password home
        public GET: mfa_activate_totp mfa_add_webauthn mfa_authenticate
        public GET: mfa_generate_recovery_codes mfa_index mfa_list_webauthn mfa_login_webauthn
        public GET: mfa_reauthenticate mfa_reauthenticate_webauthn mfa_remove_webauthn
        public GET: usersessions_list
        public POST: account_change_password account_reauthenticate account_set_password home
        public POST: mfa_activate_totp mfa_add_webauthn mfa_authenticate
        public POST: mfa_generate_recovery_codes mfa_index mfa_list_webauthn mfa_login_webauthn
        public POST: mfa_reauthenticate mfa_reauthenticate_webauthn mfa_remove_webauthn
        public POST: usersessions_list
    """,
    "agencies": """
        public GET: inbox:audit-example inbox:audit-new inbox:audits
        public POST: inbox:audit-attach inbox:audit-new
    """,
    "agencies, another's or a business's log": """
        public GET: inbox:audit inbox:audit-hours inbox:audit-malformed inbox:audit-pdf
        public GET: inbox:audit-progress
        public POST: inbox:audit-again inbox:audit-assume inbox:audit-delete inbox:audit-draft
        public POST: inbox:audit-mapping
    """,
    "agency": """
        public GET: agency:api agency:billing agency:billing-csv agency:businesses
        public GET: agency:businesses-csv agency:import agency:import-progress
        public GET: agency:import-result agency:import-template agency:imports agency:lifecycle
        public GET: agency:members agency:onboarding agency:onboarding-go agency:onboarding-step
        public GET: agency:drift-csv agency:members-csv
        public GET: agency:playbook agency:playbook-apply agency:playbook-drift
        public GET: agency:playbook-new agency:playbook-save agency:playbooks agency:profile
        public GET: agency:push agency:push-csv agency:push-progress agency:push-use
        public GET: agency:record
        public GET: agency:record-csv agency:usage-csv
        public POST: agency:enter agency:import agency:imports agency:onboarding
        public POST: agency:onboarding-step agency:playbook-accept agency:playbook-apply
        public POST: agency:playbook-away agency:playbook-new agency:playbook-save
    """,
    "agency owners": """
        public GET: agency:invoices-csv
        public POST: agency:deliveries-csv
        public GET: agency:look agency:look-sender-proof agency:webhook agency:webhooks
        public POST: agency:api agency:billing agency:billing-connect agency:key-change
        public POST: agency:lifecycle-off-board
        public POST: agency:lifecycle-resume agency:lifecycle-stay agency:lifecycle-suspend
        public POST: agency:look agency:look-domain-add agency:look-domain-check
        public POST: agency:look-domain-choose agency:look-domain-remove agency:look-logo
        public POST: agency:look-sender agency:look-sender-proof agency:member-back
        public POST: agency:member-invite agency:member-out agency:member-resend
        public POST: agency:member-role agency:member-withdraw agency:profile agency:webhooks
    """,
    "agency owners, nothing there": """
        public GET: agency:lifecycle-export
        public POST: agency:billing-manage agency:billing-subscribe agency:webhook-change
    """,
}


def _rows() -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for group, lines in _TABLE.items():
        for line in lines.strip().splitlines():
            place, _, names = line.strip().partition(": ")
            host, method = place.split()
            for name in names.split():
                assert (host, method, name) not in found, name
                found[host, method, name] = group
    return found


ROWS = _rows()
# What stands on an agency's own host stands on ours as well and lets the same people in, unless a row
# above says otherwise; these are ours alone.
_OURS = {
    ".well-known/oauth-authorization-server",
    "greeting-sound",
    "media",
    "metrics",
    "oauth-authorize",
    "oauth/revoke/",
    "oauth/token/",
    "simulator",
    "stripe",
    "stripe-connect",
    "api-schema",
    "api-docs",
    "api/",
}
ROWS |= {
    ("agency", method, name): group
    for (host, method, name), group in ROWS.items()
    if host == "public" and name not in _OURS and ("agency", method, name) not in ROWS
}
