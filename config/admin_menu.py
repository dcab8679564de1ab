"""The menus of the two admin sites; named by settings.UNFOLD and UNFOLD_BUSINESS."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenants.models import AgendaItem, AgendaState


def _group(title: str, *items: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "separator": True,
        "items": [
            {"title": name, "icon": icon, "link": reverse(f"admin:{table}_changelist")}
            for name, icon, table in items
        ],
    }


def _pages(title: str, *items: tuple[str, str, str]) -> dict[str, Any]:
    """Return pages of support's own (inbox/support/) as a group of the menu."""
    return {
        "title": title,
        "separator": True,
        "items": [
            {"title": name, "icon": icon, "link": reverse(page)} for name, icon, page in items
        ],
    }


def support_menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the public floor's menu, in the order in which support looks for things."""
    traffic = _group(
        "Traffic",
        ("Stored webhooks", "webhook", "tenants_providerevent"),
        ("Agenda", "pending_actions", "tenants_agendaitem"),
    )
    records = _group(
        "Records",
        ("Use", "data_usage", "billing_usagerecord"),
        ("Registrations", "verified", "tenants_registrationchange"),
        ("Ledger roots", "anchor", "tenants_ledgerroot"),
        ("What support did", "support_agent", "tenants_supportentry"),
        ("Visits", "visibility", "tenants_supportvisit"),
        ("Changes by hand", "history", "admin_logentry"),
    )
    rules = {"title": "Rules", "icon": "gavel", "link": reverse("admin-rules")}
    records["items"].insert(0, rules)
    dead = AgendaItem.objects.filter(state=AgendaState.DEAD).count()
    if dead:  # these wait for a person
        traffic["items"][-1]["badge"] = str(dead)
    return [
        _pages(
            "Support",
            ("Find", "search", "support-find"),
            ("Provider health", "monitor_heart", "support-providers"),
            ("Webhooks again", "replay", "support-replay"),
            ("Work given up", "heart_broken", "support-dead"),
            ("Platform's brake", "speed", "support-brake"),
            ("Playbooks", "menu_book", "support-playbooks"),
        ),
        _group(
            "Businesses",
            ("Businesses", "store", "tenants_business"),
            ("Agencies", "corporate_fare", "tenants_agency"),
            ("Numbers", "dialpad", "tenants_phonenumber"),
            ("Provider accounts", "cell_tower", "tenants_provideraccount"),
            ("API keys", "key", "tenants_apikey"),
            ("Apps", "extension", "tenants_marketplaceapp"),
        ),
        traffic,
        _group(
            "People",
            ("Users", "person", "tenants_user"),
            ("Memberships", "badge", "tenants_membership"),
        ),
        _group(
            "Money",
            ("Concerns", "report", "billing_concern"),
            ("Plans", "sell", "billing_plan"),
            ("Subscriptions", "autorenew", "billing_subscription"),
            ("Invoices", "receipt_long", "billing_invoice"),
            ("Agencies at Stripe", "account_balance", "billing_agencyaccount"),
            ("Told to Stripe", "speed", "billing_meterreport"),
            ("Heard from Stripe", "hearing", "billing_stripeevent"),
        ),
        records,
    ]


def business_menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu of one business's tables."""
    return [
        _group(
            "What happened",
            ("Calls", "phone_missed", "calls_call"),
            ("Messages", "sms", "messaging_message"),
            ("Conversations", "forum", "messaging_conversation"),
            ("Contacts", "contacts", "messaging_contact"),
            ("Consent", "gavel", "messaging_consentevent"),
            ("Blocked texts", "block", "messaging_refusal"),
            ("Alerts", "notifications", "messaging_alert"),
        ),
        _group(
            "What is set",
            ("Rules", "rule", "calls_ruleset"),
            ("Texts", "edit_note", "messaging_messagetemplate"),
            ("Opening hours", "schedule", "calls_openinghours"),
            ("Holidays", "event_busy", "calls_holiday"),
        ),
        _group(
            "Records",
            ("Audit log", "fact_check", "messaging_auditentry"),
            ("Policy versions", "policy", "messaging_policy"),
            ("Text versions", "history_edu", "messaging_templateversion"),
            ("Legal holds", "lock", "messaging_legalhold"),
            ("Erased people", "person_off", "messaging_erasedperson"),
        ),
    ]
