"""The registration step's other half: what carriers would reject, filing it, and how it goes on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from inbox.agency.onboarding.desk import Desk
from messaging.senders import filing
from messaging.senders.compiling import page_url
from messaging.senders.filing import NotReady, StillLooking
from messaging.senders.preflight import preflight
from messaging.senders.status import registering
from messaging.senders.steps import SenderError
from tenants.business_facts import FIELDS

_TONES = {
    "done": "good", "refused": "bad", "waiting": "accent", "trying": "accent", "wanted": "accent",
}  # fmt: skip


def context(desk: Desk) -> dict[str, Any]:
    """Return what the panel shows."""
    stand = registering(desk.business)
    names = {
        "profile": _("Who the business is"), "a2p": _("That it texts"),
        "brand": _("Its name with the carriers"), "campaign": _("What it texts about"),
    }  # fmt: skip
    states = {
        "none": _("Not filed"), "wanted": _("Asked for"), "trying": _("On its way"),
        "waiting": _("With the carriers"), "done": _("Done"), "refused": _("Refused"),
    }  # fmt: skip
    parts = [
        {
            "name": names[part.key], "state": states.get(part.state, part.state),
            "tone": _TONES.get(part.state, ""), "problem": part.problem,
            "is_fact": part.field in FIELDS,
        }
        for part in stand.parts
    ]  # fmt: skip
    free = [
        {
            "name": line.number.e164, "is_number": True, "state": states[line.filing.state],
            "tone": _TONES.get(line.filing.state, ""), "problem": line.filing.problem,
            "is_fact": line.filing.field in FIELDS,
        }
        for line in stand.lines if line.filing is not None and line.filing.state in states
    ]  # fmt: skip
    looked = preflight(desk.business)
    to_file = [
        line for line in stand.lines if line.number.registration in ("unregistered", "rejected")
    ]
    return {
        "filing": stand, "filing_parts": [*parts, *free] if stand.state != "none" else [],
        "against": [each for each in looked.findings if each.blocks],
        "doubts": [each for each in looked.findings if not each.blocks],
        "to_facts": any(each.field in FIELDS for each in looked.findings), "to_file": to_file,
        "blocked": bool(looked.against) or looked.must_wait, "looking": looked.looking,
        "their_page": page_url(desk.business),
    }  # fmt: skip


def file(desk: Desk) -> HttpResponse:
    """File it, or file it again; what stands against it is said on the page."""
    try:
        filing.submit(desk.business, by=desk.office.who)
    except NotReady:
        messages.error(desk.request, _("It is not filed yet: the list says what to change first."))
    except StillLooking:
        messages.info(
            desk.request, _("Its website is being looked at first. File it again in a few seconds.")
        )
    except SenderError as error:
        messages.error(
            desk.request, f"{error.sentence[:1].upper()}{error.sentence[1:]}.".replace("..", ".")
        )
    else:
        messages.success(
            desk.request, _("Filed. Carriers take days to weeks; it goes on by itself.")
        )
    return desk.stay("#filing")
