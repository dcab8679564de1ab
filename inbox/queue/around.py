"""What stands around the list on every page: whom conversations can go to, teams, tags, saved views. One statement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from inbox.models import MemberSettings
from inbox.staff import Colleague
from tenants.models import AGENCY_ROLES, Business

_AROUND = """
    SELECT jsonb_build_object(
        'colleagues', (
            SELECT jsonb_agg(jsonb_build_array(p.id, p.name, p.role) ORDER BY lower(p.name), p.id)
            FROM (
                SELECT DISTINCT ON (u.id) u.id, coalesce(nullif(u.name, ''), u.email) AS name, m.role
                FROM public.tenants_membership m JOIN public.tenants_user u ON u.id = m.user_id
                WHERE m.is_active AND u.is_active
                  AND (m.business_id = %(business)s
                       OR m.agency_id = %(agency)s AND m.role = ANY(%(agency_roles)s))
                ORDER BY u.id, m.business_id
            ) p),
        'teams', (
            SELECT jsonb_agg(jsonb_build_array(t.id, t.name, EXISTS (
                SELECT FROM inbox_teammember i WHERE i.team_id = t.id AND i."user" = %(me)s
            )) ORDER BY t.name) FROM inbox_team t WHERE t.archived_at IS NULL),
        'tags', (
            SELECT jsonb_agg(jsonb_build_array(g.name, g.colour) ORDER BY g.name)
            FROM (SELECT name, colour FROM inbox_tag ORDER BY name LIMIT 300) g),
        'views', (
            SELECT jsonb_agg(jsonb_build_array(v.id, v.name, v.owner IS NULL, v.filters)
                             ORDER BY v.position, v.name)
            FROM inbox_savedview v WHERE v.owner = %(me)s OR v.owner IS NULL),
        'own', (
            SELECT jsonb_build_array(s.signature, s.undo_seconds)
            FROM inbox_membersettings s WHERE s."user" = %(me)s)
    )
"""


@dataclass(frozen=True, slots=True)
class TeamHere:
    """A team; `mine` says whether the member is in it."""

    id: int
    name: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ViewHere:
    """A saved view; `shared` is everybody's."""

    id: int
    name: str
    shared: bool
    filters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Around:
    """Everybody and everything a conversation can be given, by name; `tags`: a tag's colour by its name.

    own: how the member writes here, his signature and the seconds to take a text back in, with
    every default where he has set nothing.
    """

    colleagues: list[Colleague]
    teams: list[TeamHere]
    tags: dict[str, str]
    views: list[ViewHere]
    own: MemberSettings


def around(business: Business, me: int) -> Around:
    """Return what stands around the list for a member of the current business."""
    values = {
        "business": business.pk, "agency": business.agency_id, "me": me,
        "agency_roles": [str(role) for role in AGENCY_ROLES],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, values)
        found = cursor.fetchone()[0]
    if isinstance(found, str):  # JSON comes as text by a bare cursor
        found = json.loads(found)
    return Around(
        [Colleague(*each) for each in found["colleagues"] or ()],
        [TeamHere(*each) for each in found["teams"] or ()],
        dict(found["tags"] or ()),
        [ViewHere(*each) for each in found["views"] or ()],
        MemberSettings(
            user=me, **dict(zip(("signature", "undo_seconds"), found["own"] or (), strict=False))
        ),
    )
