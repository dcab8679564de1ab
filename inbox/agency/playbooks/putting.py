"""Putting pieces of a set-up in place, by the very verbs that the business's own pages use.

Everything that cannot be kept is gathered and said at once; nothing is kept then, because the caller's
transaction ends with the error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from calls import lines as line_settings
from calls import opening, rulebook
from calls.lines import LineError
from calls.models import Holiday
from calls.timetable import shown
from inbox.agency.playbooks import pieces as pieces_of
from inbox.agency.playbooks.content import span
from inbox.models import QuickReply, Tag
from inbox.settings import services
from inbox.settings.chosen import Wrong
from inbox.waits import policy as answers
from inbox.waits.ladder import LadderError
from messaging import policies, ready_texts
from messaging.models import MessageTemplate
from tenants.models import Business, PhoneNumber

Problem = tuple[str, str]


class Unfit(Exception):
    """Pieces that a business cannot take; problems: (piece, sentence)."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{piece}: {what}" for piece, what in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class By:
    """Who puts them, since when (aware), and what the new version of the rules says of it."""

    who: str
    at: datetime
    note: str
    origin: str = "playbook"
    door: str = "agenda"


class _Undone(Exception):
    """Ends a transaction whose work was only tried."""


def problems(business: Business, wanted: Mapping[str, Any], by: By) -> list[Problem]:
    """Return what would stand against these pieces: they are put, by the same verbs, and taken back at once."""
    try:
        with transaction.atomic():
            put(business, wanted, by)
            raise _Undone
    except _Undone:
        return []
    except Unfit as wrong:
        return wrong.problems


def put(business: Business, wanted: Mapping[str, Any], by: By) -> None:
    """Put pieces in place in the current business (a value None takes the piece away).

    In one transaction of the caller's or its own. Raises Unfit with everything that is wrong.
    """
    at_work = _Putting(business, dict(wanted), by)
    with transaction.atomic():
        at_work.run()
        if at_work.problems:
            raise Unfit(at_work.problems)


class _Putting:
    def __init__(self, business: Business, wanted: dict[str, Any], by: By) -> None:
        self.business, self.wanted, self.by = business, wanted, by
        self.said: dict[str, Any] = {"by": by.who, "door": by.door, "at": by.at}
        self.problems: list[Problem] = []

    def run(self) -> None:
        """Put everything, in the order in which one thing needs another."""
        self._hours()
        self._holidays()
        self._tags()
        self._texts()
        self._replies()
        self._rules()
        self._texts_gone()
        self._policy()
        self._lines()
        self._targets()

    @contextmanager
    def _naming(self, piece: str) -> Iterator[None]:
        """Gather what a verb says against a piece."""
        try:
            # A savepoint: what a verb wrote before it refused is not half there.
            with transaction.atomic():
                yield
        except LineError as wrong:
            line = piece.rpartition(":")[0]
            self.problems += [(f"{line}:{name}", what) for name, what in wrong.problems.items()]
        except rulebook.RulesError as wrong:
            self.problems += [(piece, f"{where}: {what}") for where, what in wrong.problems]
        except rulebook.PinsBroken as wrong:
            names = ", ".join(f"“{result.pin.name}”" for result in wrong.pins)
            said = _("Pinned calls would be decided otherwise: %(names)s.") % {"names": names}
            self.problems.append((piece, said))
        except rulebook.Conflict:
            self.problems.append((piece, _("Somebody publishes rules at this moment. Try again.")))
        except ready_texts.TextError as wrong:
            self.problems.append((piece, " ".join(wrong.problems.values())))
        except (opening.HolidayError, policies.PolicyError) as wrong:
            self.problems.append((piece, wrong.sentence))
        except answers.PolicyError as wrong:
            self.problems.append((piece, " ".join(wrong.problems.values())))
        except LadderError as wrong:
            self.problems.append((piece, str(wrong)))
        except Wrong as wrong:
            said = " ".join(wrong.errors.values()) or wrong.sentence
            self.problems.append((piece, said))

    def _hours(self) -> None:
        if "hours" in self.wanted:
            spans = [span(row) for row in self.wanted["hours"]]
            opening.save_week([each for day in shown(spans) for each in day], **self.said)

    def _holidays(self) -> None:
        for day, name in pieces_of.under(self.wanted, "holiday"):
            with self._naming(f"holiday:{day}"):
                known = Holiday.objects.filter(date=day).first()
                if known is not None and (name is None or known.name != name):
                    opening.remove_holiday(known.pk, **self.said)
                if name is not None:
                    opening.add_holidays([(date.fromisoformat(day), name)], **self.said)

    def _tags(self) -> None:
        for name, value in pieces_of.under(self.wanted, "tag"):
            with self._naming(f"tag:{name}"):
                tag = Tag.objects.filter(name__iexact=name).first()
                if value is not None:
                    number = tag.pk if tag is not None else None
                    services.save_tag(number, value["name"], value["colour"], at=self.by.at)
                elif tag is not None:
                    services.remove_tag(tag.pk)

    def _texts(self) -> None:
        for key, value in pieces_of.under(self.wanted, "text"):
            if value is not None:
                with self._naming(f"text:{key}"):
                    known = MessageTemplate.objects.filter(key=key).exists()
                    ready_texts.save(
                        self.business, key if known else "", value["name"], value["body"],
                        new_key=key, **self.said,
                    )  # fmt: skip

    def _texts_gone(self) -> None:
        for key, value in pieces_of.under(self.wanted, "text"):
            if value is None:
                if key in _sent():
                    said = _("A rule sends this text; it cannot go.")
                    self.problems.append((f"text:{key}", said))
                else:
                    ready_texts.remove(key, **self.said)

    def _replies(self) -> None:
        for name, value in pieces_of.under(self.wanted, "reply"):
            shortcut, _sep, language = name.partition(":")
            with self._naming(f"reply:{name}"):
                known = QuickReply.objects.filter(
                    owner=None, shortcut=shortcut, language=language
                ).first()
                if value is not None:
                    services.save_reply(
                        known.pk if known else None, shortcut=shortcut, title=value["title"],
                        body=value["body"], language=language, user=None, shared=True, governs=True,
                    )  # fmt: skip
                elif known is not None:
                    services.delete_reply(known.pk, user=None, governs=True)

    def _rules(self) -> None:
        if "rules" in self.wanted:
            latest = rulebook.latest()
            with self._naming("rules"):
                rulebook.publish(
                    self.business, self.wanted["rules"], by=self.by.who, user_id=None,
                    origin=self.by.origin, note=self.by.note,
                    based_on=latest.version if latest else 0, at=self.by.at, door=self.by.door,
                )  # fmt: skip

    def _policy(self) -> None:
        changes = dict(pieces_of.under(self.wanted, "policy"))
        if changes:
            with self._naming(f"policy:{next(iter(changes))}"):
                policies.save(self.business, changes, **self.said)

    def _lines(self) -> None:
        named = [piece.split(":") for piece in self.wanted if piece.startswith("line:")]
        for number, fields in groupby(sorted(named, key=lambda each: int(each[1])), lambda f: f[1]):
            changes = {name: self.wanted[f"line:{number}:{name}"] for _line, _id, name in fields}
            line = PhoneNumber.objects.filter(business=self.business, pk=number).first()
            if line is None:
                self.problems.append((f"line:{number}:", _("This line is no longer there.")))
                continue
            with self._naming(f"line:{number}:"):
                values = line_settings.values_of(line) | changes
                line_settings.save(line.pk, self.business, values, **self.said)

    def _targets(self) -> None:
        if "targets" in self.wanted:
            value = self.wanted["targets"]
            with self._naming("targets"):
                answers.save(
                    target_minutes=value["target_minutes"], in_open_hours=value["in_open_hours"],
                    steps=value["ladder"], digest_on=value["digest_on"],
                    digest_at=time.fromisoformat(value["digest_at"]), **self.said,
                )  # fmt: skip


def _sent() -> set[str]:
    """Return the keys of the texts that the rules in force send."""
    names = ("template", "template_closed", "template_b", "follow_up_template")
    rules = rulebook.rules_of(rulebook.latest()).rules
    return {getattr(rule.then, name) for rule in rules for name in names}
