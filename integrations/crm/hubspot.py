"""HubSpot: contacts by number, notes on their timeline (telephony.md 6.4; dated paths of 2026-03).

A contact of HubSpot has no unique number, so a property of ours is: it is made when a business
connects. Somebody whom the business has already under that number is found and linked, and what
stands there of him is never overwritten.
"""

from __future__ import annotations

import html
import json
from typing import Any, Literal

import urllib3
from django.conf import settings as django_settings

from integrations.crm.base import Connected, CrmFailed, ToTell
from messaging.providers.pool import patience, pool

PROPERTY = "caller_phone"
_OBJECTS, _PROPERTIES = "/crm/objects/2026-03", "/crm/properties/2026-03"
_NOTE_TO_CONTACT = 202
_LONGEST_REST = 3600.0


class HubSpot:
    """Private app tokens with crm.objects.contacts.read and .write, and crm.schemas.contacts.write."""

    kind = "hubspot"
    title = "HubSpot"

    def connect(self, token: str) -> Connected:
        """Make the property unless it is there, and say whose account it is. Raises CrmFailed."""
        details = self._ask(token, "GET", "/account-info/v3/details")
        wanted = {
            "name": PROPERTY, "label": "Phone (missed calls)", "type": "string", "fieldType": "text",
            "groupName": "contactinformation", "hasUniqueValue": True,
        }  # fmt: skip
        self._ask(token, "POST", f"{_PROPERTIES}/contacts", wanted, fine=(409,))
        return Connected(f"Hub {details.get('portalId', '')}".strip(), {"property": PROPERTY})

    def push(self, token: str, settings: dict[str, Any], told: ToTell) -> str:
        """Find or make the contact and add the note. Raises CrmFailed."""
        contact = self._contact(token, told)
        mark = f"Event {told.event_id}"
        if told.is_repeat and (there := self._note(token, contact, told, mark)):
            return there
        body = html.escape(told.note).replace("\n", "<br>")
        made = self._ask(token, "POST", f"{_OBJECTS}/notes", {
            "properties": {"hs_timestamp": str(told.at_ms), "hs_note_body": f"{body}<br><small>{mark}</small>"},
            "associations": [{
                "to": {"id": contact},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _NOTE_TO_CONTACT}],
            }],
        })  # fmt: skip
        return str(made.get("id", ""))

    def _contact(self, token: str, told: ToTell) -> str:
        known = self._ask(token, "POST", f"{_OBJECTS}/contacts/batch/read", {
            "idProperty": PROPERTY, "properties": [PROPERTY], "inputs": [{"id": told.phone}],
        }, fine=(404,))  # fmt: skip
        if found := _first(known):
            return found
        by = [
            {"propertyName": name, "operator": "EQ", "value": told.phone}
            for name in ("phone", "mobilephone")
        ]
        same = self._ask(token, "POST", f"{_OBJECTS}/contacts/search", {
            "filterGroups": [{"filters": [each]} for each in by], "properties": [PROPERTY], "limit": 1,
        })  # fmt: skip
        if found := _first(same):
            self._ask(
                token,
                "PATCH",
                f"{_OBJECTS}/contacts/{found}",
                {"properties": {PROPERTY: told.phone}},
            )
            return found
        # An upsert: two at once make one contact.
        first, _, last = told.name.partition(" ")
        properties = {
            PROPERTY: told.phone, "phone": told.phone, "firstname": first or told.phone,
            "lastname": last,
        }  # fmt: skip
        made = self._ask(token, "POST", f"{_OBJECTS}/contacts/batch/upsert", {
            "inputs": [{"idProperty": PROPERTY, "id": told.phone, "properties": properties}],
        })  # fmt: skip
        if found := _first(made):
            return found
        raise CrmFailed("again", "HubSpot took the contact and did not say which it is.")

    def _note(self, token: str, contact: str, told: ToTell, mark: str) -> str:
        """Return the id of the note that an earlier try made, '' when it made none."""
        found = self._ask(token, "POST", f"{_OBJECTS}/notes/search", {
            "filterGroups": [{"filters": [
                {"propertyName": "hs_timestamp", "operator": "EQ", "value": str(told.at_ms)},
                {"propertyName": "associations.contact", "operator": "EQ", "value": contact},
            ]}],
            "properties": ["hs_note_body"], "limit": 20,
        })  # fmt: skip
        for note in found.get("results") or []:
            if mark in str((note.get("properties") or {}).get("hs_note_body", "")):
                return str(note.get("id", ""))
        return ""

    def _ask(
        self, token: str, method: str, path: str, body: Any = None, fine: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        """Ask the API; statuses of `fine` are answered with {}. Raises CrmFailed."""
        base = django_settings.HUBSPOT_API_BASE_URL
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        raw = None
        if body is not None:
            raw, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            answer = pool(base).request(
                method, base + path, body=raw, headers=headers, redirect=False, timeout=patience()
            )
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise CrmFailed(
                "again", f"HubSpot did not answer ({type(problem).__name__})."
            ) from None
        if answer.status in fine:
            return {}
        if answer.status >= 300:
            raise _failed(answer.status, answer.headers.get("Retry-After", ""), answer.data)
        try:
            data = json.loads(answer.data or b"{}")
        except (ValueError, RecursionError):
            raise CrmFailed("again", "HubSpot's answer cannot be read.") from None
        return data if isinstance(data, dict) else {}


def _first(page: dict[str, Any]) -> str:
    rows = page.get("results")
    return str(rows[0].get("id", "")) if isinstance(rows, list) and rows else ""


def _failed(status: int, retry_after: str, body: bytes) -> CrmFailed:
    if status in (401, 403):
        return CrmFailed(
            "key", "HubSpot no longer takes the token, or it lacks a permission. Connect it again."
        )
    if status in (408, 409, 423, 425, 429) or status >= 500:
        seconds = float(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else 0.0
        why: Literal["again"] = "again"
        words = "too many requests" if status == 429 else f"HTTP {status}"
        return CrmFailed(why, f"HubSpot: not just now ({words}).", min(seconds, _LONGEST_REST))
    try:
        said = str(json.loads(body).get("category", ""))[:60]
    except (ValueError, AttributeError, RecursionError):
        said = ""
    return CrmFailed("refused", f"HubSpot refused it (HTTP {status}{f', {said}' if said else ''}).")
