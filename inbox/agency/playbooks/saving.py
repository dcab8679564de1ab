"""Saving a business's set-up as a playbook: a new one, or the next version of one there is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from calls.rules import dump, load
from inbox.agency.playbooks import content, pieces
from inbox.agency.playbooks.impersonal import Origin, impersonal, personal
from tenants import agencies
from tenants.models import (
    Agency,
    AgencyPlaybook,
    AgencyPlaybookVersion,
    Business,
    BusinessFacts,
    Membership,
)
from tenants.scope import business_scope

MOST = 100  # playbooks of an agency


class PlaybookError(ValueError):
    """A playbook that cannot be saved; `field` says what is wrong with it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read from a business. left_out: (piece, why) of what is the business's own."""

    sections: dict[str, Any]
    left_out: list[tuple[str, str]]


def take(business: Business, chosen: Collection[str]) -> Taken:
    """Return the chosen sections of a business's set-up, without anything that is only its own.

    Enters its schema. The name of the business becomes a merge field; what names a number, an
    address or a person is left out and named.
    """
    origin = _origin(business)
    with business_scope(str(business.schema_name)):
        found = pieces.read(business)
    taking = _Taking(found, origin)
    sections = {name: getattr(taking, name)() for name in content.SECTIONS if name in chosen}
    kept = {name: value for name, value in sections.items() if value is not None}
    return Taken(content.write(kept)["sections"], taking.left_out)


def save(
    agency: Agency, business: Business, *, name: str = "", description: str = "", note: str = "",
    chosen: Collection[str], playbook: AgencyPlaybook | None = None, by: str, door: str, at: datetime,
) -> tuple[AgencyPlaybookVersion, list[tuple[str, str]]]:  # fmt: skip
    """Save a business's set-up as a new playbook, or as the next version of `playbook`.

    Returns the version and what was left out. A set-up that equals the latest version makes none.
    Raises PlaybookError naming name, sections or business.
    """
    wanted = [section for section in content.SECTIONS if section in chosen]
    if not wanted:
        raise PlaybookError("sections", _("Choose at least one section."))
    if business.agency_id != agency.pk:
        raise PlaybookError("business", _("Choose one of your businesses."))
    name = " ".join(name.replace("\x00", "").split())
    if playbook is None and not 1 <= len(name) <= 80:
        raise PlaybookError("name", _("Give the playbook a name of at most 80 letters."))
    try:
        taken = take(business, wanted)
    except content.ContentError as wrong:
        # What an older release let the business keep cannot be given on.
        raise PlaybookError("sections", str(wrong)) from None
    if not taken.sections:
        raise PlaybookError("sections", _("There is nothing in these sections to save."))
    try:
        with transaction.atomic():
            version = _write(agency, playbook, name, description, note, taken, by, at)
            agencies.note(
                agency, "playbook.save", actor=by, door=door, at=at, business=business,
                playbook=version.playbook.name, version=version.number, sections=wanted,
            )  # fmt: skip
    except IntegrityError:
        raise PlaybookError("name", _("There is a playbook of this name.")) from None
    return version, taken.left_out


def _write(
    agency: Agency, playbook: AgencyPlaybook | None, name: str, description: str, note: str,
    taken: Taken, by: str, at: datetime,
) -> AgencyPlaybookVersion:  # fmt: skip
    whole = content.write(taken.sections)
    if playbook is None:
        if AgencyPlaybook.objects.filter(agency=agency, archived_at=None).count() >= MOST:
            raise PlaybookError("name", _("There are too many already. Put one away first."))
        playbook = AgencyPlaybook.objects.create(
            agency=agency, name=name, description=_line(description, 300)
        )
        latest = None
    else:
        playbook = AgencyPlaybook.objects.select_for_update().get(pk=playbook.pk, agency=agency)
        latest = playbook.versions.order_by("-number").first()
    if latest is not None and latest.content == whole:
        return latest
    return AgencyPlaybookVersion.objects.create(
        playbook=playbook, number=latest.number + 1 if latest else 1, content=whole,
        note=_line(note, 200), made_by=by[:120], made_at=at,
    )  # fmt: skip


def put_away(playbook: AgencyPlaybook, *, by: str, door: str, at: datetime, back: bool) -> None:
    """Take a playbook out of the list, or bring it back; its versions and uses stay."""
    with transaction.atomic():
        playbook.archived_at = None if back else at
        playbook.save(update_fields=["archived_at"])
        action = "playbook.restore" if back else "playbook.archive"
        agencies.note(playbook.agency, action, actor=by, door=door, at=at, playbook=playbook.name)


def _line(words: str, longest: int) -> str:
    return " ".join(words.replace("\x00", "").split())[:longest]


def _origin(business: Business) -> Origin:
    facts = BusinessFacts.objects.filter(business=business).first()
    members = Membership.objects.filter(business=business).values_list("user__name", flat=True)
    people = [*members, facts.contact_name if facts else ""]
    names = [business.name, facts.legal_name if facts else ""]
    return Origin.of(names, people, facts.street if facts else "")


class _Taking:
    """Reads one section after another out of a business's pieces; None: nothing to take along."""

    def __init__(self, found: pieces.Pieces, origin: Origin) -> None:
        self.found, self.origin = found, origin
        self.left_out: list[tuple[str, str]] = []

    def hours(self) -> Any:
        return self.found["hours"]

    def holidays(self) -> Any:
        return {day: name for day, name in pieces.under(self.found, "holiday")
                if not self._own(f"holiday:{day}", name)}  # fmt: skip

    def tags(self) -> Any:
        return {value["name"]: value["colour"] for name, value in pieces.under(self.found, "tag")
                if not self._own(f"tag:{name}", value["name"])}  # fmt: skip

    def texts(self) -> Any:
        return self._worded("text", "name")

    def replies(self) -> Any:
        return self._worded("reply", "title")

    def _worded(self, kind: str, title: str) -> dict[str, dict[str, str]]:
        kept = {}
        for key, value in pieces.under(self.found, kind):
            body, why = impersonal(value["body"], self.origin)
            # A text's name is shown to members alone; it has no fields.
            named, wrong = impersonal(value[title], self.origin, "")
            if why or wrong:
                self.left_out.append((f"{kind}:{key}", why or wrong))
            else:
                kept[key] = {title: " ".join(named.split()) or key, "body": body}
        return kept

    def rules(self) -> Any:
        kept = []
        for place, rule in enumerate(load(self.found["rules"]), 1):
            if rule.when.lines:
                self.left_out.append((f"rule:{rule.name}", "line"))
                continue
            stored = dump([rule])[0]
            if personal(rule.name, self.origin) or self._names_it(rule.name):
                stored["name"] = _("Rule %(place)s") % {"place": place}
            kept.append(stored)
        return kept or None

    def policy(self) -> Any:
        return dict(pieces.under(self.found, "policy"))

    def lines(self) -> Any:
        of_lines = pieces.of_lines(self.found)
        if not of_lines:
            return None
        line = dict(of_lines[min(of_lines)])
        for name in ("greeting", "consent_prompt"):
            words, why = impersonal(line[name], self.origin)
            if why:
                self.left_out.append((f"line:0:{name}", why))
            line[name] = "" if why else words
        return line

    def targets(self) -> Any:
        return self.found["targets"]

    def _own(self, piece: str, words: str) -> bool:
        why = personal(words, self.origin) or ("name" if self._names_it(words) else "")
        if why:
            self.left_out.append((piece, why))
        return bool(why)

    def _names_it(self, words: str) -> bool:
        return impersonal(words, self.origin)[0] != words
