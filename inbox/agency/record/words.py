"""What an entry of an agency's record says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from inbox.settings.people import role_words
from tenants.models import AgencyEntry, Role

# What was done, by its action; whatever has no words yet is shown by its name.
_ACTIONS: dict[str, Callable[[], str]] = {
    "account.connect": lambda: _("connected an account at a phone provider"),
    "agency.create": lambda: _("made the agency"),
    "agency.change": lambda: _("changed the agency's profile"),
    "business.create": lambda: _("brought in a business"),
    "business.publish": lambda: _("took a business live"),
    "business.enter": lambda: _("opened a business"),
    "business.export": lambda: _("took out what a business has"),
    "business.facts": lambda: _("wrote down who a business is"),
    "business.gone": lambda: _("deleted what a business had"),
    "business.invite": lambda: _("invited somebody of a business"),
    "business.uninvited": lambda: _("could not write to the owner of a business from a file"),
    "business.number": lambda: _("saw to a number of a business"),
    "business.off_board": lambda: _("began to end a business"),
    "business.playbook": lambda: _("gave a business its set-up"),
    "businesses.export": lambda: _("took out the list of businesses"),
    "business.suspend": lambda: _("suspended a business"),
    "business.resume": lambda: _("resumed a business"),
    "business.stay": lambda: _("kept a business that was leaving"),
    "business.delete": lambda: _("deleted a business"),
    "billing.export": lambda: _("took out the margin report"),
    "billing.checkout": lambda: _("opened a checkout"),
    "billing.connect": lambda: _("went to Stripe to let clients pay the agency"),
    "billing.connect_on": lambda: _("Takes payments"),
    "billing.connect_off": lambda: _("Stripe is checking"),
    "billing.markup": lambda: _("changed the mark-up"),
    "budget.reached": lambda: _("said that a budget reached a level"),
    "budget.untold": lambda: _("could not write to an owner about a budget"),
    "domain.claim": lambda: _("claimed a domain"),
    "domain.prove": lambda: _("proved a domain"),
    "domain.choose": lambda: _("chose a domain"),
    "domain.missing": lambda: _("lost the record of a domain"),
    "domain.lapse": lambda: _("lost a domain: its record was not found for two weeks"),
    "domain.remove": lambda: _("removed a domain"),
    "endpoint.add": lambda: _("added a webhook endpoint"),
    "endpoint.change": lambda: _("changed a webhook endpoint"),
    "endpoint.remove": lambda: _("removed a webhook endpoint"),
    "endpoint.rotate": lambda: _("gave a webhook endpoint a new secret"),
    "endpoint.test": lambda: _("sent a test event"),
    "endpoint.redeliver": lambda: _("sent an event again"),
    "endpoint.on": lambda: _("switched a webhook endpoint on"),
    "endpoint.off": lambda: _("switched a webhook endpoint off"),
    "endpoint.untold": lambda: _("could not write to an owner that a webhook endpoint is off"),
    "import.bring": lambda: _("brought in a file"),
    "import.cancel": lambda: _("called a file off"),
    "import.start": lambda: _("began to make the businesses of a file"),
    "key.make": lambda: _("issued an API key"),
    "key.revoke": lambda: _("revoked an API key"),
    "key.rotate": lambda: _("replaced an API key"),
    "list.export": lambda: _("took a list out as a file"),
    "look.change": lambda: _("changed the brand"),
    "look.logo": lambda: _("changed the logo"),
    "look.sender": lambda: _("changed the sender of letters"),
    "member.invite": lambda: _("invited somebody"),
    "member.resend": lambda: _("sent an invitation again"),
    "member.withdraw": lambda: _("withdrew an invitation"),
    "member.join": lambda: _("joined the agency"),
    "member.role": lambda: _("changed a member's role"),
    "member.remove": lambda: _("removed a member"),
    "member.return": lambda: _("let a member back in"),
    "number.buy": lambda: _("bought a number"),
    "number.port": lambda: _("asked for a number to be ported"),
    "number.port_order": lambda: _("ordered the port of a number"),
    "number.port_stands": lambda: _(
        "the order of a port could not be taken back: look at the provider"
    ),
    "number.held": lambda: _("took a number that the account has"),
    "number.call_off": lambda: _("called off a number that was on its way"),
    "number.release": lambda: _("wanted a number given back"),
    "number.keep": lambda: _("kept a number that was to be given back"),
    "playbook.accept": lambda: _("left a difference as it is"),
    "playbook.apply": lambda: _("applied a playbook"),
    "playbook.archive": lambda: _("put a playbook away"),
    "playbook.push": lambda: _("began to push a playbook"),
    "playbook.restore": lambda: _("brought a playbook back"),
    "playbook.save": lambda: _("saved a playbook"),
    "playbook.take_back": lambda: _("took a playbook back"),
    "playbook.start": lambda: _("began to push a playbook"),
    "playbook.pause": lambda: _("paused a push"),
    "playbook.go_on": lambda: _("went on with a push"),
    "playbook.stop": lambda: _("ended a push"),
    "playbook.again": lambda: _("applied a playbook again"),
    "playbook.roll_back": lambda: _("rolled a playbook back"),
    "record.export": lambda: _("took out this record"),
    "registration.end": lambda: _("ended a campaign with the carriers"),
    "registration.stands": lambda: _(
        "a campaign with the carriers could not be ended: look at the provider"
    ),
    "registration.file": lambda: _("filed a sender registration"),
    "support.enter": lambda: _("looked into a business, as support"),
}
# Details that say whom or what, in the order they are read.
_ABOUT = ("member", "name", "endpoint", "domain", "playbook", "number", "file", "path")


@dataclass(frozen=True, slots=True)
class Drawn:
    """An entry as it is read."""

    at: datetime
    actor: str
    words: str
    business: str
    about: str
    door: str


def drawn(entry: AgencyEntry) -> Drawn:
    """Return an entry as it is read."""
    return Drawn(
        entry.at, entry.actor, said(entry.action), entry.business.name if entry.business else "",
        _about(entry.detail), _doors().get(entry.door, entry.door),
    )  # fmt: skip


def said(action: str) -> str:
    """Return what was done, in words."""
    words = _ACTIONS.get(action)
    return words() if words else action


def actions() -> list[tuple[str, str]]:
    """Return the actions one may choose from, in the order of their words."""
    found = [(action, words()) for action, words in _ACTIONS.items()]
    return sorted(found, key=lambda pair: pair[1].casefold())


def _about(detail: dict[str, Any]) -> str:
    parts = [str(detail[name]) for name in _ABOUT if detail.get(name)]
    if (role := detail.get("role")) in Role.values:
        parts.append(role_words(str(role)))
    return " · ".join(parts)[:200]


def _doors() -> dict[str, str]:
    return {
        "page": _("on a page"), "api": _("by the API"), "command": _("by a command"),
        "admin": _("by support"), "agenda": _("by itself"),
    }  # fmt: skip
