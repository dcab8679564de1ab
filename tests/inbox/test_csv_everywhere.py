"""Where a list of records is shown, it can be taken out as CSV; where not, it is said here why.

Complete by construction: a template that draws a table or repeats rows has a button or a reason.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import get_resolver

TEMPLATES = Path(__file__).parents[2] / "templates"
_ROWS = re.compile(
    r"<table\b"
    r"|<(?:ul|ol|tbody|dl)\b[^>]*>\s*\{% for"
    r"|\{% for [^%]*%\}\s*(?:\{%[^%]*%\}\s*)*<(?:li|tr|article)\b"
)
# The address of a file by its name; an endpoint's page stands at two addresses, and knows its own.
_FILES = re.compile(
    r"\{% url ['\"](?:inbox|agency):([\w-]+)['\"]|(?:here\|add:\")(deliveries\.csv)"
)
# Each template with the address its rows leave by, where the button is on the page around it.
ELSEWHERE = {
    "components/invoices": ("inbox/settings/billing", "invoices-csv"),
    "inbox/people/_rows": ("inbox/people/list", "contacts-csv"),
    "inbox/compliance/_ledger_rows": ("inbox/compliance/ledger", "ledger-csv"),
}
FILES = {
    "agency/billing": ("billing-csv", "usage-csv", "invoices-csv"),
    "agency/businesses": ("businesses-csv",),
    "agency/imports/_progress": ("import-result",),
    "agency/members": ("members-csv",),
    "agency/playbooks/_progress": ("push-csv",),
    "agency/playbooks/drift": ("drift-csv",),
    "agency/record": ("record-csv",),
    "inbox/audits/report": ("audit-hours", "audit-malformed"),
    "inbox/callers/people": ("callers-export",),
    "inbox/compliance/ledger": ("ledger-csv",),
    "inbox/compliance/privacy": ("audit-csv",),
    "inbox/compliance/texts": ("texts-csv",),
    "inbox/rules/_backtest_result": ("rules-backtest-csv",),
    "inbox/settings/billing": ("usage-csv", "invoices-csv"),
    "inbox/settings/endpoint": ("deliveries.csv",),
    "inbox/settings/keys": ("requests-csv",),
    "inbox/waits/figures": ("waits-csv", "calls-csv", "figures-csv"),
    "inbox/waits/promises": ("promises-csv",),
    "inbox/waits/waiting": ("waits-csv",),
}
REASONS = {
    "a part of a form, or what one may choose from": """
        agency/onboarding/frame agency/onboarding/number agency/onboarding/playbook
        inbox/audits/_hours inbox/compliance/policy inbox/queue/_folders inbox/thread/_attach
        inbox/thread/_people inbox/thread/_quick inbox/waits/settings oauth/authorize
    """,
    "a program's steps, words or problems, no records": """
        agency/lifecycle/lifecycle agency/onboarding/_coming agency/onboarding/_filing
        agency/onboarding/live
        agency/onboarding/test components/receipt hosted/texts inbox/lines/_story
        inbox/rules/_pins_broken inbox/rules/_problems inbox/sources/_guide inbox/trials/_dials
        inbox/trials/_run_steps inbox/trials/forwarding notices/email public/home
    """,
    "a setting's few rows, all of them on the page and each in the API": """
        agency/api agency/onboarding/team inbox/lines/hours inbox/lines/overview
        inbox/settings/_hooks inbox/settings/fields inbox/settings/integrations
        inbox/settings/members inbox/settings/replies inbox/settings/tags inbox/settings/teams
        inbox/settings/views inbox/sources/overview notices/_chat
    """,
    "a list of pages that each have their own file or report": """
        agency/imports/list agency/onboarding/start agency/playbooks/_pushes inbox/audits/list
    """,
    "a set-up and its versions, which the API gives whole and a playbook takes over": """
        agency/playbooks/_use agency/playbooks/apply agency/playbooks/list
        agency/playbooks/one inbox/rules/list inbox/rules/pinned inbox/rules/review
        inbox/rules/version inbox/rules/versions inbox/trials/tests inbox/sources/source
    """,
    "what one person is, which the evidence of his number takes out": """
        inbox/people/_numbers inbox/people/merge inbox/people/person inbox/thread/_panel
        inbox/thread/_scheduled
    """,
    "what waits to be done there; done, it stands in the audit log": """
        inbox/callers/limits inbox/compliance/overview
    """,
    "rows of the member's own file": "inbox/audits/mapping inbox/callers/list",
    "the pictures of a report, which is taken out on paper": "inbox/audits/_bars",
    "two texts beside one another; every call of them is in the calls' file": "inbox/rules/edit",
    "the answer to one search; lists are taken out where they stand": "inbox/search/_results",
    "records to copy one by one into a domain's settings": "agency/look/look",
    "a member's own, and no list of the business": """
        account/_security mfa/recovery_codes/index notices/_devices notices/list
    """,
    "one thing as support sees it, or what one search found; support's tables are taken out by their rows": """
        admin/rules admin/support/app admin/support/brake admin/support/dead admin/support/find
        admin/support/playbooks admin/support/provider admin/support/providers
        admin/support/replay admin/support/trace admin/support/visit
    """,
}


def text(name: str) -> str:
    return (TEMPLATES / f"{name}.html").read_text()


def with_rows() -> set[str]:
    every = (path.relative_to(TEMPLATES) for path in TEMPLATES.rglob("*.html"))
    names = {str(path.with_suffix("")) for path in every}
    return {name for name in names if _ROWS.search(text(name))}


def test_every_list_can_be_taken_out_or_says_why_not():
    reasons = [name for names in REASONS.values() for name in names.split()]
    assert len(reasons) == len(set(reasons))
    assert not set(reasons) & (FILES.keys() | ELSEWHERE.keys())
    assert with_rows() == set(reasons) | FILES.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", FILES)
def test_its_page_leads_to_each_of_its_files(name):
    led = {found for pair in _FILES.findall(text(name)) for found in pair if found}
    assert set(FILES[name]) <= led


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_page_around_leads_to_the_file(name):
    page, file = ELSEWHERE[name]
    assert f"{file}'" in text(page) or f'{file}"' in text(page)
    assert name in text(page)


def test_no_file_of_a_list_is_without_a_button():
    said = {file for files in FILES.values() for file in files} | {"deliveries-csv"}
    said |= {file for _page, file in ELSEWHERE.values()} | {"conversations-csv"}
    made = set()
    for host, space in (("config.urls", "inbox"), ("config.urls_public", "agency")):
        spaces = get_resolver(host).namespace_dict
        names = spaces[space][1].reverse_dict if space in spaces else {}
        made |= {name for name in names if isinstance(name, str) and name.endswith("-csv")}
    assert made and made <= said
