"""A tag renamed, put together with another or taken off, over everybody who carries it: one statement each.

A rule in force that asks for the tag is named, and nothing is done: else people would be texted, or
not, by a word nobody carries any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from calls.models import RuleSet
from inbox.models import Tag
from messaging import audit
from messaging.callers import CUSTOMER, TEST_CALL, CallerError, tags_of

# The new word stands where the old one stood; whoever has both keeps the one he has.
_REPLACE = """
    UPDATE messaging_contact SET tags = CASE
        WHEN tags @> %(new)s::jsonb THEN tags - %(name)s
        ELSE (SELECT jsonb_agg(CASE WHEN each = %(name)s THEN %(becomes)s ELSE each END ORDER BY at)
              FROM jsonb_array_elements_text(tags) WITH ORDINALITY AS list(each, at)) END
    WHERE tags @> %(old)s::jsonb
"""
_REMOVE = "UPDATE messaging_contact SET tags = tags - %(name)s WHERE tags @> %(old)s::jsonb"


class TagProblem(ValueError):
    """A tag that cannot be changed so; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def rename(tag_id: int, written: str, *, actor: str, at: datetime, door: str = "page") -> int:
    """Call a tag otherwise on everybody; returns how many carry it. `at` is aware. Raises TagProblem.

    The name of another tag is refused: that is `merge`.
    """
    name = _name(written)
    with transaction.atomic():
        tag = _found(tag_id)
        old = tag.name.casefold()
        if name != old and Tag.objects.filter(name__iexact=name).exclude(pk=tag.pk).exists():
            raise TagProblem(_("There is a tag of this name. Merge the two instead."))
        if name != old:
            _check(old)
        count = _replace(old, name) if name != old else 0
        tag.name = name
        tag.save(update_fields=["name"])
        _note("tag.rename", actor, at, {"name": old, "becomes": name, "people": count}, door)
    return count


def merge(tag_id: int, into_id: int, *, actor: str, at: datetime, door: str = "page") -> int:
    """Put a tag together with another, which alone stays; returns how many carried it. Raises TagProblem."""
    if tag_id == into_id:
        raise TagProblem(_("Choose another tag."))
    with transaction.atomic():
        tag, into = _found(tag_id), _found(into_id)
        old, name = tag.name.casefold(), into.name.casefold()
        _check(old)
        count = _replace(old, name)
        tag.delete()
        _note("tag.merge", actor, at, {"name": old, "becomes": name, "people": count}, door)
    return count


def remove(tag_id: int, *, actor: str, at: datetime, door: str = "page") -> int:
    """Take a tag off everybody and out of the list; returns how many carried it. Raises TagProblem."""
    with transaction.atomic():
        tag = _found(tag_id)
        old = tag.name.casefold()
        _check(old)
        with connection.cursor() as cursor:
            cursor.execute(_REMOVE, {"name": old, "old": json.dumps([old])})
            count = int(cursor.rowcount)
        tag.delete()
        _note("tag.remove", actor, at, {"name": old, "people": count}, door)
    return count


def rules_with(name: str) -> list[str]:
    """Return the names of the rules in force that ask for a tag, or exclude it."""
    rules = RuleSet.objects.order_by("-version").values_list("rules", flat=True).first() or []
    return [
        str(rule.get("name", ""))
        for rule in rules
        if isinstance(rule, dict) and name in set(_words(rule))
    ]


def _replace(old: str, name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            _REPLACE,
            {"name": old, "becomes": name, "old": json.dumps([old]), "new": json.dumps([name])},
        )
        return int(cursor.rowcount)


def _check(name: str) -> None:
    if name in (CUSTOMER, TEST_CALL):
        raise TagProblem(
            _("The system itself goes by the tag %(name)s; it stays.") % {"name": name}
        )
    rules = rules_with(name)
    if rules:
        raise TagProblem(
            _("A rule asks for it: %(rules)s. Change the rule first.") % {"rules": ", ".join(rules)}
        )


def _words(value: Any) -> Iterator[str]:
    """Yield the tags a rule names, wherever in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("tags", "without_tags") and isinstance(inner, list):
                yield from (str(each).casefold() for each in inner)
            else:
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _name(written: str) -> str:
    try:
        names = tags_of(written.replace("\x00", "")[:400])
    except CallerError as problem:
        raise TagProblem(problem.sentence) from None
    if len(names) != 1:
        raise TagProblem(_("Write one tag, without a comma."))
    return names[0]


def _found(tag_id: int) -> Tag:
    tag = Tag.objects.select_for_update().filter(pk=tag_id).first()
    if tag is None:
        raise TagProblem(_("This is no longer there. Somebody may have removed it."))
    return tag


def _note(action: str, actor: str, at: datetime, detail: dict[str, Any], door: str) -> None:
    audit.note(action, actor=actor, door=door, at=at, detail=detail)
