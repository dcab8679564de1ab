"""Two businesses that exist in every test, and the broom that leaves only them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.utils import timezone

from inbox.models import InboxPolicy, QuickReply
from integrations import listening
from messaging import marks
from tenants import scope
from tenants.models import (
    Agency,
    AgendaItem,
    ApiKey,
    Business,
    Membership,
    PhoneNumber,
    ProviderAccount,
    Role,
    User,
)
from tenants.onboarding import Onboarded, Request, onboard
from tenants.scope import business_scope

PASSWORD = "correct horse battery staple"


@dataclass(slots=True)
class Biz:
    """One business with everything a test needs to act as it or upon it."""

    business: Business
    number: str
    staff: str
    account_sid: str
    token: str
    api_key: str
    owner: User
    host: str

    @property
    def schema(self) -> str:
        """Its schema."""
        return str(self.business.schema_name)

    def scope(self):  # type: ignore[no-untyped-def]
        """Work in its schema: `with plumber.scope():`."""
        return business_scope(self.schema)


@dataclass(slots=True)
class World:
    """Both businesses."""

    plumber: Biz
    dentist: Biz


def _biz(made: Onboarded, request: Request) -> Biz:
    return Biz(
        made.business,
        made.number,
        request.forward_to[0] if request.forward_to else "",
        request.account_sid,
        request.auth_token,
        made.api_key,
        User.objects.get(email=request.owner_email),
        made.host,
    )


def create_world(provider: str = "twilio") -> World:
    """Onboard the plumber (rings staff, screened) and the dentist (greeting), of two agencies."""
    plumber = Request(
        agency="Northwind Agency",
        name="Lakeside Plumbing",
        timezone="America/Chicago",
        number="+13125550100",
        provider=provider,
        account_sid="AC" + "1" * 32,
        auth_token="token-of-the-plumber",
        owner_email="owner@lakeside.example",
        forward_to=("+13125550190", "+13125550191"),
        playbook="plumbing",
        password=PASSWORD,
    )
    dentist = Request(
        agency="Southwind Agency",
        name="Desert Dental",
        timezone="America/Phoenix",
        number="+16025550100",
        provider=provider,
        account_sid="AC" + "2" * 32,
        auth_token="token-of-the-dentist",
        owner_email="owner@desert.example",
        playbook="dental",
        password=PASSWORD,
    )
    world = World(_biz(onboard(plumber), plumber), _biz(onboard(dentist), dentist))
    for biz, name in (
        (world.plumber, "agency@northwind.example"),
        (world.dentist, "agency@southwind.example"),
    ):
        user = User.objects.create_user(name, PASSWORD, name="Agency Owner")
        Membership.objects.create(user=user, agency=biz.business.agency, role=Role.AGENCY_OWNER)
    return world


_EVENTS = [
    "tenants_playbookuse",
    "tenants_playbookpush",
    "tenants_agencyplaybookversion",
    "tenants_agencyplaybook",
    "tenants_businessimportrow",
    "tenants_businessimport",
    "integrations_crmpush",
    "integrations_crmconnection",
    "integrations_delivery",
    "integrations_endpoint",
    "integrations_event",
    "tenants_departure",
    "tenants_supportentry",
    "tenants_supportvisit",
    "tenants_platformbrake",
    "tenants_handoff",
    "tenants_user_user_permissions",
    "tenants_agendaitem",
    "tenants_idempotentanswer",
    "tenants_apirequest",
    "tenants_agencyentry",
    "tenants_agencydomain",
    "tenants_providerevent",
    "billing_usagerecord",
    "billing_meterreport",
    "billing_stripeevent",
    "billing_concern",
    "billing_budgetnotice",
    "oauth2_provider_refreshtoken",
    "oauth2_provider_accesstoken",
    "oauth2_provider_grant",
    "oauth2_provider_application",
    "tenants_appconsent",
    "billing_invoice",
    "billing_customer",
    "billing_subscription",
    "billing_agencyaccount",
    "billing_plan",
    "tenants_ledgerroot",
    "tenants_registrationchange",
    "tenants_providerstep",
    "tenants_businesshealth",
    "tenants_businessfacts",
    "tenants_agencyentry",
    "tenants_loggedcall",
    "tenants_calllog",
    "tenants_callsource",
    "tenants_numberfact",
    "tenants_businesshealth",
    "mfa_authenticator",
    "account_emailconfirmation",
    "account_emailaddress",
    "usersessions_usersession",
    "tenants_invitation",
    "django_session",
    "django_admin_log",
]
_OWNED = [
    "messaging_attachment",
    "messaging_message",
    "messaging_consentdetail",
    "messaging_consentevent",
    "messaging_erasedperson",
    "messaging_alert",
    "messaging_refusal",
    "messaging_legalhold",
    "messaging_auditentry",
    "messaging_contactimport",
    "inbox_activity",
    "inbox_merge",
    "inbox_customfield",
    "inbox_savedview",
    "inbox_quickreply",
    "inbox_tag",
    "inbox_teammember",
    "inbox_team",
    "inbox_searchentry",
    "inbox_notice",
    "inbox_pushsubscription",
    "inbox_staffphone",
    "inbox_alerthook",
    "inbox_mention",
    "inbox_note",
    "inbox_promise",
    "inbox_wait",
    "inbox_membersettings",
    "inbox_inboxpolicy",
    "calls_call",
    "messaging_conversation",
    "messaging_contact",
    "calls_holiday",
    "calls_ruledraft",
    "calls_pinnedcall",
    "calls_testcall",
    "calls_scenario",
    "calls_forwardingcheck",
]


class Snapshot:
    """The set-up as it was when the world was made; every test begins with it."""

    def __init__(self, world: World) -> None:
        self.world = world
        # What onboarding puts on the agenda for later months is nothing a test asked for.
        AgendaItem.objects.all().delete()
        for biz in (world.plumber, world.dentist):
            with biz.scope():  # nor are a pack's quick replies and target
                QuickReply.objects.all().delete()
                InboxPolicy.objects.all().delete()
        self._numbers = list(PhoneNumber.objects.values())
        self._accounts = list(ProviderAccount.objects.values())
        self._schemas = [world.plumber.schema, world.dentist.schema]
        self._agencies = dict(
            Business.objects.filter(schema_name__in=self._schemas).values_list(
                "schema_name", "agency"
            )
        )
        # What pages show of people; a test that changes a password changes its own copy as well.
        self._users = list(User.objects.values("id", "name", "language", "timezone", "is_active"))
        self._members = list(Membership.objects.values())
        self._keys = list(ApiKey.objects.values())
        self._bureaus = list(Agency.objects.values())
        self._owned = {}
        for schema in self._schemas:
            with business_scope(schema):
                from calls.models import OpeningHours
                from messaging.models import MessageTemplate

                self._owned[schema] = [
                    (model, list(model.objects.values()))
                    for model in (MessageTemplate, OpeningHours)
                ]

    def restore(self) -> None:
        """Delete what a test left (the ledger's guard set aside by the superuser) and put back the set-up."""
        scope.leave()
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                for table in _EVENTS:
                    cursor.execute(f"DELETE FROM public.{table}")
                for schema in self._schemas:
                    for table in _OWNED:
                        cursor.execute(f"DELETE FROM {schema}.{table}")
                    # The first policy and the first version of each template stay; the ledger is empty.
                    cursor.execute(
                        f"DELETE FROM {schema}.messaging_policy WHERE id > "
                        f"(SELECT min(id) FROM {schema}.messaging_policy)"
                    )
                    keys = [row["key"] for row in self._owned[schema][0][1]]
                    cursor.execute(
                        f"DELETE FROM {schema}.messaging_templateversion "
                        "WHERE version > 1 OR NOT key = ANY(%s)",
                        [keys],
                    )
                    cursor.execute(f"DELETE FROM {schema}.calls_ruleset WHERE version > 1")
                    cursor.execute(
                        f"UPDATE {schema}.messaging_ledgerhead SET seq = 0, row_hash = %s, day = NULL",
                        ["0" * 64],
                    )
            finally:
                cursor.execute("SET session_replication_role = origin")
        self._drop_strangers()
        ApiKey.objects.exclude(replaced_by=None).update(replaced_by=None)
        listening._forget()
        marks._kept.clear()  # a stranger's schema may be made again, with another key
        for model, rows in (
            (PhoneNumber, self._numbers),
            (ProviderAccount, self._accounts),
            (Membership, self._members),
            (ApiKey, self._keys),
        ):
            _put_back(model, rows)
        theirs = [self.world.plumber.owner, self.world.dentist.owner]
        for row in self._users:
            User.objects.filter(pk=row["id"]).update(**row)
            for owner in theirs:
                if owner.pk == row["id"]:  # what a test holds in its hand says the same
                    vars(owner).update(row)
        # What a process keeps by this version must not outlive the test.
        Business.objects.update(
            suspended_at=None,
            stage="live",
            suspended_by="",
            delete_after=None,
            published_at=None,
            external_id="",
            posture="implied",
            daily_text_limit=None,
            monthly_cents_limit=None,
            setup_version=F("setup_version") + 1,
        )
        for schema, agency in self._agencies.items():
            Business.objects.filter(schema_name=schema).update(agency=agency)
        for held in (self.world.plumber, self.world.dentist):
            held.business.refresh_from_db()  # likewise
        timezone.deactivate()  # a page asked in a test leaves its member's zone
        for row in self._bureaus:
            Agency.objects.filter(pk=row["id"]).update(**row)
        for schema, tables in self._owned.items():
            with business_scope(schema):
                for model, rows in tables:
                    _put_back(model, rows)

    def _drop_strangers(self) -> None:
        strangers = Business.objects.exclude(schema_name__in=self._schemas)
        for business in strangers:
            PhoneNumber.objects.filter(business=business).delete()
            ApiKey.objects.filter(business=business).delete()
            Membership.objects.filter(business=business).delete()
            business.domains.all().delete()
            business.delete(force_drop=True)
        Membership.objects.exclude(pk__in=[row["id"] for row in self._members]).delete()
        User.objects.exclude(pk__in=[row["id"] for row in self._users]).delete()
        ProviderAccount.objects.exclude(pk__in=[row["id"] for row in self._accounts]).delete()
        Agency.objects.exclude(pk__in=[row["id"] for row in self._bureaus])._raw_delete("default")


def _put_back(model, rows) -> None:  # type: ignore[no-untyped-def]
    wanted = {row["id"]: row for row in rows}
    now = {row["id"]: row for row in model.objects.values()}
    if now == wanted:
        return
    model.objects.exclude(pk__in=wanted).delete()
    for pk, row in wanted.items():
        if now.get(pk) != row:
            model.objects.update_or_create(
                pk=pk, defaults={k: v for k, v in row.items() if k != "id"}
            )
