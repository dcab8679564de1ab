"""What the pages of the rules show, read from the current business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from calls import rulebook
from calls import rules as shape
from calls.follow_ups import warning
from calls.models import RuleDraft, RuleSet
from calls.rule_words import Names, diff, sentence
from calls.rules import OUTCOMES, Rule, When
from inbox.said import said as in_words
from messaging import policies, text
from messaging.lint import Finding
from messaging.models import MessageTemplate
from messaging.numbers import national
from messaging.ready_texts import findings
from messaging.segments import Size, measure
from tenants.models import Business, PhoneNumber

VERSIONS = 30
# Below so many of each, a difference between two texts is chance.
ENOUGH = 100
_FIGURES_FOR = timedelta(days=90)
ORIGINS = {
    "page": "on this page",
    "api": "by the API",
    "audit": "from a call audit",
    "playbook": "when the business was made",
    "admin": "by support",
    "restored": "restored",
}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule in the list. unreached: the name of the rule above that leaves it no call, or ''."""

    rule: Rule
    place: int
    sentence: str
    is_first: bool
    is_last: bool
    unreached: str
    missing: str


@dataclass(frozen=True, slots=True)
class Work:
    """What a member sees and changes: his draft where he has begun one, else what is in force."""

    rules: tuple[Rule, ...]
    draft: RuleDraft | None
    latest: RuleSet | None
    names: Names

    @property
    def version(self) -> int:
        """The version in force."""
        return self.latest.version if self.latest else 0

    @property
    def based_on(self) -> int:
        """The version the work was begun from."""
        return self.draft.based_on if self.draft else self.version

    @property
    def is_stale(self) -> bool:
        """Whether somebody has published since the draft was begun."""
        return self.draft is not None and self.draft.based_on != self.version

    def rule(self, ident: str) -> Rule | None:
        """Return one of the rules."""
        return next((rule for rule in self.rules if rule.id == ident), None)

    @property
    def changes(self) -> list[str]:
        """What the draft changes of what is in force, in sentences."""
        return diff(rulebook.rules_of(self.latest).rules, self.rules, self.names)

    @property
    def theirs(self) -> list[str]:
        """What others have changed since the draft was begun."""
        if not self.is_stale:
            return []
        base = RuleSet.objects.filter(version=self.based_on).first()
        return diff(rulebook.rules_of(base).rules, rulebook.rules_of(self.latest).rules, self.names)


def work_of(business: Business, user_id: int) -> Work:
    """Return what this member works on."""
    draft, latest = rulebook.draft_of(user_id), rulebook.latest()
    stored = draft.rules if draft else latest.rules if latest else []
    return Work(shape.load(stored), draft, latest, rulebook.names(business.pk))


def rows(work: Work) -> list[RuleRow]:
    """Return the rules as the list shows them."""
    found, covers_all = [], ""
    for place, rule in enumerate(work.rules, 1):
        gone = [
            key
            for key in (rule.then.template, rule.then.template_closed, rule.then.template_b,
                        rule.then.follow_up_template)
            if key and key not in work.names.templates
        ]  # fmt: skip
        found.append(
            RuleRow(
                rule,
                place,
                sentence(rule, work.names, in_words),
                place == 1,
                place == len(work.rules),
                covers_all if rule.is_on else "",
                ", ".join(gone) if rule.then.action != "skip" else "",
            )
        )
        if rule.is_on and not covers_all and _covers_all(rule.when):
            covers_all = rule.name
    return found


def _covers_all(when: When) -> bool:
    return when in (When(), When(outcomes=frozenset(OUTCOMES)))


def audit_drafts() -> list[RuleDraft]:
    """Return what call audits suggest."""
    return list(RuleDraft.objects.exclude(source="page").order_by("-updated_at")[:5])


def lines(business: Business) -> list[tuple[str, str]]:
    """Return the lines to choose from: number, and what it is called."""
    found = PhoneNumber.objects.filter(business=business).order_by("id")
    return [
        (number.e164, f"{number.label}, {national(number.e164)}" if number.label else national(number.e164))
        for number in found
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TextShown:
    """A ready text as the rule page shows it: filled with an example, its size, and what the lint says."""

    key: str
    name: str
    body: str
    example: str
    size: Size
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]


def text_names() -> list[tuple[str, str]]:
    """Return the ready texts to choose from: key and name, by name."""
    return list(MessageTemplate.objects.order_by("name").values_list("key", "name"))


def texts(business: Business, keys: Sequence[str]) -> list[TextShown]:
    """Return some ready texts as they read, in the order of the keys."""
    found = {t.key: t for t in MessageTemplate.objects.filter(key__in=keys)}
    return [shown(business, t.key, t.name, t.body) for key in keys if (t := found.get(key))]


def shown(business: Business, key: str, name: str, body: str) -> TextShown:
    """Return one text as it would read to somebody."""
    example = text.render(
        body,
        {"business": business.name, "caller_name": "Ann", "next_open": "tomorrow at 8:00 AM",
         "phone": "(312) 555-0100"},
    )  # fmt: skip
    wrong = tuple(text.problems(body)) if body.strip() else ()
    found = findings(business, body) if not wrong else ()
    return TextShown(key, name, body, example, measure(example), found, wrong)


def used_by(key: str) -> list[str]:
    """Return the names of the rules in force that send a text."""
    return [
        rule.name
        for rule in rulebook.rules_of(rulebook.latest()).rules
        if key in (rule.then.template, rule.then.template_closed, rule.then.template_b,
                   rule.then.follow_up_template)
    ]  # fmt: skip


def follow_up_warning(business: Business) -> str:
    """Return what stands against follow-ups in the business's policy, in a sentence."""
    use_cases = PhoneNumber.objects.filter(business=business).values_list("use_case", flat=True)
    return warning(policies.current(business.pk), use_cases)


def backtest_url(draft: RuleDraft | None) -> str:
    """Return where these rules are tried on past calls; '' where that page is not there."""
    try:
        url = reverse("inbox:rules-backtest")
    except NoReverseMatch:
        return ""
    return f"{url}?draft={draft.pk}" if draft else url


@dataclass(frozen=True, slots=True)
class Version:
    """One version in the list, with what it changed of the one before."""

    ruleset: RuleSet
    how: str
    changes: list[str]
    in_force: bool


def versions(names: Names, before: int | None = None) -> list[Version]:
    """Return versions, the newest first. before: a version to go on from."""
    found = RuleSet.objects.order_by("-version")
    if before is not None:
        found = found.filter(version__lt=before)
    stored = list(found[: VERSIONS + 1])
    newest = rulebook.latest()
    told = []
    for number, ruleset in enumerate(stored[:VERSIONS]):
        older = stored[number + 1] if number + 1 < len(stored) else None
        changes = diff(
            rulebook.rules_of(older).rules, rulebook.rules_of(ruleset).rules, names
        ) if older else []  # fmt: skip
        how = ORIGINS.get(ruleset.origin, ruleset.origin)
        told.append(Version(ruleset, how, changes, newest is not None and ruleset.pk == newest.pk))
    return told


@dataclass(frozen=True, slots=True)
class Arm:
    """How one of two texts does. Counts since both texts read as they do, at most 90 days."""

    letter: str
    name: str
    sent: int
    replied: int
    opted_out: int

    @property
    def reply_percent(self) -> int:
        """Replies of a hundred, within a day."""
        return round(100 * self.replied / self.sent) if self.sent else 0


_ARMS = """
    SELECT c.receipt->>'variant', count(*),
      count(*) FILTER (WHERE EXISTS (
        SELECT FROM messaging_message r WHERE r.conversation_id = m.conversation_id
          AND r.direction = 'in' AND r.created_at > m.sent_at
          AND r.created_at <= m.sent_at + interval '24 hours')),
      count(*) FILTER (WHERE EXISTS (
        SELECT FROM messaging_consentevent e WHERE e.contact_id = c.contact_id
          AND e.kind = 'opt_out' AND e.occurred_at > m.sent_at
          AND e.occurred_at <= m.sent_at + interval '24 hours'))
    FROM messaging_message m JOIN calls_call c ON c.id = m.call
    WHERE m.author = 'rule' AND m.created_at >= %s AND m.sent_at IS NOT NULL
      AND c.receipt->>'rule_id' = %s AND m.template = ANY(%s)
    GROUP BY 1
"""
_VERSIONS = "SELECT key || '@' || max(version) FROM messaging_templateversion WHERE key = ANY(%s) GROUP BY key"


def arms(rule: Rule, names: Names, now: datetime | None = None) -> list[Arm]:
    """Return how the two texts of a rule do; empty where it tries none."""
    then = rule.then
    if not then.template_b:
        return []
    keys = [key for key in (then.template, then.template_closed, then.template_b) if key]
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, [keys])
        current = [row[0] for row in cursor.fetchall()]
        cursor.execute(_ARMS, [(now or timezone.now()) - _FIGURES_FOR, rule.id, current])
        counted: dict[str, Sequence[Any]] = {row[0]: row[1:] for row in cursor.fetchall()}
    return [
        Arm(letter, names.text(key), *counted.get(letter, (0, 0, 0)))
        for letter, key in (("A", then.template), ("B", then.template_b))
    ]
