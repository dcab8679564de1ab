"""The line above every page of a business that owes: what does not go out, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from billing import services, stripe_api
from billing.entitlements import Step, allowed
from billing.models import Status
from inbox.billing import words

# So long before its end a trial that nobody has decided about is spoken of.
SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Owing:
    """What the line says; tone: bad or warn; leads: whether it leads to the page of the money."""

    sentence: str
    tone: str
    leads: bool


def owing(business_id: int, *, owns: bool, now: datetime) -> Owing | None:
    """Return the line at `now` (aware), None where there is nothing to say.

    An owner hears of whatever ends and of a trial's last days; other members of what changes their
    own work: from where missed calls are no longer texted they call back themselves.
    """
    if not stripe_api.is_on():
        return None
    standing = services.standing(business_id)
    found = allowed(standing, now)
    if found.step >= (Step.NO_ASSISTANT if owns else Step.NO_TEXT_BACKS):
        tone = "bad" if found.step >= Step.NO_TEXT_BACKS else "warn"
        return Owing(f"{words.why(found.code)} {words.what_ends(found)}".strip(), tone, owns)
    end = standing.trial_end
    if owns and standing.status == Status.NONE and end is not None and now < end <= now + SOON:
        sentence = _("The trial ends on %(day)s. Choose a plan, and everything goes on.")
        said = sentence % {"day": words.day(end)}
        return Owing(said, "warn", True)
    return None
