"""What is kept by the pages of Settings. Each verb checks what it is given and raises Wrong."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import slugify
from django.utils.translation import gettext as _

from inbox import handling, staff
from inbox.activity import Actor
from inbox.models import CustomField, MemberSettings, QuickReply, Tag, Team, TeamMember
from inbox.settings import chosen
from inbox.settings.chosen import Wrong, refuse
from inbox.thread import quick
from messaging.models import Conversation
from tenants import members
from tenants.models import Business, Membership, User

LANGUAGES = ("", "en", "es")
COLOURS = ("grey", "blue", "green", "amber", "red", "purple")
MOST = 100  # of teams, tags, fields and quick replies of one owner


def settings_of(user: User) -> MemberSettings:
    """Return how a member works here; who never chose has every default (unsaved)."""
    return MemberSettings.objects.filter(user=user.pk).first() or MemberSettings(user=user.pk)


def save_profile(
    user: User, *, name: str, language: str, timezone: str, signature: str, undo_seconds: int
) -> None:
    """Keep a member's name, language, zone ('' the business's), signature and time to take back."""
    name, signature = _line(name), " ".join(signature.replace("\x00", "").split())
    errors = {}
    if not 1 <= len(name) <= 120:
        errors["name"] = _("Write your name, at most 120 letters.")
    if language not in LANGUAGES:
        errors["language"] = _("Choose one of the languages.")
    if timezone and timezone not in zoneinfo.available_timezones():
        errors["timezone"] = _("Choose one of the time zones.")
    if len(signature) > 160:
        errors["signature"] = _("At most 160 letters; it is sent with each text.")
    if undo_seconds not in chosen.UNDO_SECONDS:
        errors["undo_seconds"] = _("Choose one of the times.")
    refuse(errors)
    with transaction.atomic():
        user.name, user.language, user.timezone = name, language, timezone
        user.save(update_fields=["name", "language", "timezone"])
        MemberSettings.objects.update_or_create(
            user=user.pk, defaults={"signature": signature, "undo_seconds": undo_seconds}
        )


def save_notices(
    user: User, ways: Mapping[str, Mapping[str, Any]], kinds: Iterable[str], *, digest: bool
) -> None:
    """Keep how and of what a member is told."""
    try:
        kept = chosen.notices(ways, digest)
    except Wrong as wrong:
        words = {
            "time": _("Write a time such as 08:00."),
            "days": _("Choose at least one day, or turn this way off."),
        }
        refuse({field: words[code] for field, code in wrong.errors.items()})
        raise
    MemberSettings.objects.update_or_create(
        user=user.pk, defaults={"notices": kept, "wants": chosen.wants(kinds)}
    )


def let_go(
    business: Business, membership_id: int, *, by: User | Actor, as_role: str, at: datetime
) -> Membership:
    """Take a member out, at once: his open conversations are nobody's again, his teams go on without him.

    Raises tenants.members.MemberError.
    """
    with transaction.atomic():
        gone = members.deactivate(
            business, membership_id, by=by if isinstance(by, User) else None, as_role=as_role
        )
        free(gone.user_id, Actor(by.pk, str(by)), at)
    return gone


def free(user_id: int, by: Actor, at: datetime) -> None:
    """Make nobody's what a former member of this business had, and take him out of its teams."""
    with transaction.atomic():
        TeamMember.objects.filter(user=user_id).delete()
        his = list(Conversation.objects.filter(assignee=user_id).values_list("pk", flat=True))
        if his:
            handling.assign(his, None, by, at)


def save_team(
    team_id: int | None, name: str, user_ids: Iterable[int], *, business: Business, at: datetime
) -> Team:
    """Make or change a team: its name and who is in it. Only members of the business count."""
    name = _line(name)
    if not 1 <= len(name) <= 60:
        raise Wrong("name", _("Give the team a name of at most 60 letters."))
    here = {each.id for each in staff.colleagues(business)}
    wanted = set(user_ids) & here
    try:
        with transaction.atomic():
            if team_id is None:
                if Team.objects.filter(archived_at=None).count() >= MOST:
                    raise Wrong("name", _("There are too many already. Put one away first."))
                team, fresh = Team.objects.get_or_create(name=name, defaults={"created_at": at})
                if not fresh and team.archived_at is None:
                    raise Wrong("name", _("There is a team of this name."))
                team.archived_at = None
            else:
                team = _found(Team.objects.select_for_update().filter(pk=team_id))
                team.name = name
            team.save()
            TeamMember.objects.filter(team=team).exclude(user__in=wanted).delete()
            TeamMember.objects.bulk_create(
                [TeamMember(team=team, user=user) for user in sorted(wanted)], ignore_conflicts=True
            )
    except IntegrityError:
        raise Wrong("name", _("There is a team of this name.")) from None
    return team


def put_team_away(team_id: int, *, by: Actor, at: datetime) -> Team:
    """Put a team away; what it had is nobody's again."""
    with transaction.atomic():
        team = _found(Team.objects.select_for_update().filter(pk=team_id, archived_at=None))
        team.archived_at = at
        team.save(update_fields=["archived_at"])
        its = list(
            Conversation.objects.filter(team=team.pk, assignee=None).values_list("pk", flat=True)
        )
        if its:
            handling.assign(its, None, by, at)
    return team


def save_reply(
    reply_id: int | None, *, shortcut: str, title: str, body: str, language: str,
    user: User | None, shared: bool, governs: bool,
) -> QuickReply:  # fmt: skip
    """Make or change a quick reply: one's own, or everybody's by whoever governs.

    user: None where no member does it (a playbook's reply is everybody's).
    """
    shortcut, title = slugify(shortcut)[:30], _line(title)
    body = body.replace("\x00", "").replace("\r\n", "\n").strip()
    errors = {each.field: _reply_words(each) for each in quick.problems(shortcut, title, body)}
    if language not in ("en", "es"):
        errors["language"] = _("Choose one of the languages.")
    if shared and not governs:
        errors["shared"] = _("An owner or a manager makes replies for everybody.")
    refuse(errors)
    owner = None if shared or user is None else user.pk
    try:
        with transaction.atomic():
            if reply_id is None:
                if QuickReply.objects.filter(owner=owner).count() >= MOST:
                    raise Wrong("title", _("There are too many already. Delete one first."))
                reply = QuickReply()
            else:
                reply = _found(_replies(user, governs).select_for_update().filter(pk=reply_id))
            reply.shortcut, reply.title, reply.body = shortcut, title, body
            reply.language, reply.owner = language, owner
            reply.save()
    except IntegrityError:
        raise Wrong("shortcut", _("Another reply has this short word.")) from None
    return reply


def delete_reply(reply_id: int, *, user: User | None, governs: bool) -> QuickReply:
    """Delete a quick reply: one's own, or everybody's by whoever governs."""
    reply = _found(_replies(user, governs).filter(pk=reply_id))
    QuickReply.objects.filter(pk=reply.pk).delete()
    return reply


def save_tag(tag_id: int | None, name: str, colour: str, *, at: datetime) -> Tag:
    """Make a tag, or give one another colour. A tag keeps its name: people carry it."""
    name = _line(name)
    if colour not in COLOURS:
        raise Wrong("colour", _("Choose one of the colours."))
    if tag_id is not None:
        tag = _found(Tag.objects.filter(pk=tag_id))
        tag.colour = colour
        tag.save(update_fields=["colour"])
        return tag
    if not 1 <= len(name) <= 40 or "," in name:
        raise Wrong("name", _("Give the tag a name of at most 40 letters, without a comma."))
    if Tag.objects.count() >= MOST:
        raise Wrong("name", _("There are too many already. Remove one first."))
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name, colour=colour, created_at=at)
    except IntegrityError:
        raise Wrong("name", _("There is a tag of this name.")) from None


def remove_tag(tag_id: int) -> Tag:
    """Take a tag out of the list; who carries it keeps it."""
    tag = _found(Tag.objects.filter(pk=tag_id))
    Tag.objects.filter(pk=tag.pk).delete()
    return tag


def save_field(field_id: int | None, label: str, kind: str, options: str) -> CustomField:
    """Make or change a field of the business's own. Its kind is chosen once: people have values of it.

    options: one a line, for a choice alone.
    """
    label = _line(label)
    lines = list(dict.fromkeys(filter(None, (_line(each) for each in options.splitlines()))))
    errors = {}
    if not 1 <= len(label) <= 60:
        errors["label"] = _("Give the field a name of at most 60 letters.")
    if field_id is None and kind not in CustomField.Kind.values:
        errors["kind"] = _("Choose what it holds.")
    with transaction.atomic():
        if field_id is None:
            if CustomField.objects.filter(archived_at=None).count() >= MOST:
                raise Wrong("label", _("There are too many already. Put one away first."))
            field = CustomField(
                key=_free_key(label), kind=kind, position=CustomField.objects.count()
            )
        else:
            field = _found(CustomField.objects.select_for_update().filter(pk=field_id))
        if field.kind == CustomField.Kind.CHOICE and not 2 <= len(lines) <= 50:
            errors["options"] = _("Write two to fifty choices, one a line.")
        elif any(len(each) > 60 for each in lines):
            errors["options"] = _("A choice has at most 60 letters.")
        refuse(errors)
        field.label = label
        field.options = lines if field.kind == CustomField.Kind.CHOICE else []
        field.save()
    return field


def put_field_away(field_id: int, *, at: datetime | None) -> CustomField:
    """Put a field away (values stay), or back with `at` None."""
    field = _found(CustomField.objects.filter(pk=field_id))
    field.archived_at = at
    field.save(update_fields=["archived_at"])
    return field


def replies_of(user: User) -> list[QuickReply]:
    """Return everybody's quick replies and a member's own, by name."""
    both = QuickReply.objects.filter(Q(owner=None) | Q(owner=user.pk))
    return list(both.order_by(Lower("title"), "pk"))


def _replies(user: User | None, governs: bool) -> Any:
    mine = Q(owner=user.pk) if user is not None else Q(pk=None)
    return QuickReply.objects.filter(mine | Q(owner=None) if governs else mine)


def _reply_words(wrong: quick.Problem) -> str:
    return {
        "shortcut_shape": _("Give it a short word, such as: hours"),
        "title_missing": _("Give it a name of at most 80 letters."),
        "title_long": _("Give it a name of at most 80 letters."),
        "body_missing": _("Write the text."),
        "body_long": _("Write at most %(most)s letters.") % {"most": quick.LONGEST},
        "unknown_field": _("There is no field {%(name)s}. Choose one of those below the text.")
        % {"name": wrong.found},
    }[wrong.code]


def _free_key(label: str) -> str:
    base = re.sub(r"-", "_", slugify(label))[:32] or "field"
    taken = set(CustomField.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(
        key for key in (base, *(f"{base}_{n}" for n in range(2, MOST * 10))) if key not in taken
    )


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _found(rows: Any) -> Any:
    row = rows.first()
    if row is None:
        raise Wrong("", _("This is no longer there. Somebody may have removed it."))
    return row
