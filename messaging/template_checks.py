"""What the content lint says of texts nobody is about to send: ready texts and stored templates.

`manage.py validate_templates` finds this module by its name and asks `problems`.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import OperationalError, connection

from messaging import text
from messaging.lint import Context, Finding, lint_template
from messaging.models import MessageTemplate, Policy
from tenants.models import Business, Stage
from tenants.playbooks import PLAYBOOKS
from tenants.scope import business_scope


def shown(finding: Finding) -> str:
    """Return a finding as one line for people."""
    return f"{finding.sentence} {finding.fix} ({finding.code})"


def template_context(business: Business) -> Context:
    """Return what the lint must know of a business's templates: each may be the first text to somebody.

    Works in the schema of the business, which must be the current one.
    """
    policy = Policy.objects.order_by("-pk").first()
    return Context(
        brand=business.name,
        author="rule",
        category="C1",
        is_first=True,
        vertical=business.playbook,
        links_in_first=policy is not None and policy.first_text_links,
    )


def problems() -> Iterator[tuple[str, str, bool]]:
    """Yield (which text, what is wrong with it, whether that keeps it from being sent)."""
    for playbook in PLAYBOOKS.values():
        context = Context("Lakeside", "rule", "C1", True, playbook.key)
        for name, body in (
            ("open", playbook.text_open),
            ("closed", playbook.text_closed),
            ("open, Spanish", playbook.text_open_es),
            ("closed, Spanish", playbook.text_closed_es),
        ):
            yield from _told(f"playbook {playbook.key}, {name}", body, context)
    for business in _businesses():
        with business_scope(business.schema_name):
            context = template_context(business)
            for template in MessageTemplate.objects.order_by("key"):
                yield from _told(f"{business.name}, {template.key}", template.body, context)


def _told(name: str, body: str, context: Context) -> Iterator[tuple[str, str, bool]]:
    for sentence in text.problems(body):
        yield name, sentence, True
    for finding in lint_template(body, context):
        yield name, shown(finding), finding.severity == "block"


def _businesses() -> list[Business]:
    """Return every business; none where the database is away or has no tables yet."""
    try:
        tables = connection.introspection.table_names()
    except OperationalError:
        return []
    return (
        list(Business.objects.exclude(stage=Stage.GONE).order_by("pk"))
        if Business._meta.db_table in tables
        else []
    )
