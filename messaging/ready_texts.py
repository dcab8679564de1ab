"""Texts kept ready, under a name: written and changed by members, each linted before it is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from messaging import audit, text
from messaging.lint import Finding, lint_template
from messaging.models import MessageTemplate
from messaging.template_checks import template_context
from tenants.models import Business

MAX_TEXTS = 200


class TextError(ValueError):
    """A text that cannot be kept: problems by field (name, body), findings that stand against it."""

    def __init__(self, problems: dict[str, str], findings: Sequence[Finding] = ()) -> None:
        super().__init__("; ".join(f"{name}: {what}" for name, what in problems.items()))
        self.problems, self.findings = problems, tuple(findings)


def findings(business: Business, body: str) -> tuple[Finding, ...]:
    """Return what the lint says of a ready text. In the schema of the business."""
    return lint_template(body, template_context(business)) if body.strip() else ()


def save(
    business: Business, key: str, name: str, body: str, *, by: str, door: str, at: datetime,
    new_key: str = "",
) -> MessageTemplate:  # fmt: skip
    """Keep a text under `key`, or a new one where it is ''. Unchanged: nothing is written.

    new_key: what a new one is kept under, a free key made of its name where that is ''.

    Raises TextError, and MessageTemplate.DoesNotExist for a key nothing has.
    """
    name, body = " ".join(name.split()), body.replace("\r\n", "\n").strip()
    problems: dict[str, str] = {}
    if not 0 < len(name) <= 80 or "\x00" in name:
        problems["name"] = "Give the text a name of at most 80 characters."
    wrong = (
        text.problems(body) if "\x00" not in body else ["The text has a character nobody can read."]
    )
    found = () if wrong else findings(business, body)
    wrong += [f"{each.sentence} {each.fix}" for each in found if each.severity == "block"]
    if wrong:
        problems["body"] = " ".join(wrong)
    if problems:
        raise TextError(problems, found)
    with transaction.atomic():
        if key:
            template = MessageTemplate.objects.select_for_update().get(key=key)
            if (template.name, template.body) == (name, body):
                return template
            template.name, template.body = name, body
            template.save()
        else:
            if MessageTemplate.objects.count() >= MAX_TEXTS:
                raise TextError({"name": f"At most {MAX_TEXTS} texts can be kept ready."})
            template = MessageTemplate.objects.create(
                key=new_key or _free_key(name), name=name, body=body
            )
        audit.note("template.save", actor=by, door=door, at=at, detail={"key": template.key})
    return template


def remove(key: str, *, by: str, door: str, at: datetime) -> bool:
    """Take a text away; False when it is not there. Its versions stay.

    Whoever takes it away asks before whether a rule sends it (inbox.agency.playbooks.putting).
    """
    with transaction.atomic():
        template = MessageTemplate.objects.select_for_update().filter(key=key).first()
        if template is None:
            return False
        template.delete()
        audit.note("template.remove", actor=by, door=door, at=at, detail={"key": key})
    return True


def _free_key(name: str) -> str:
    wanted = slugify(name)[:34].strip("-") or "text"
    pattern = rf"^{re.escape(wanted)}(-\d+)?$"
    taken = set(MessageTemplate.objects.filter(key__regex=pattern).values_list("key", flat=True))
    number, key = 1, wanted
    while key in taken:
        number += 1
        key = f"{wanted}-{number}"
    return key
