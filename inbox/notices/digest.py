"""What the digest says of the day before: read from the business, and put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.models import Call
from inbox import clock
from inbox.models import Notice, Promise, Wait
from inbox.notices.members import Told
from inbox.notices.plain import defanged, shortened
from inbox.notices.services import name_of
from messaging.models import Message
from tenants.scope import current_business

_NAMED = 5
_MISSED = (Call.Outcome.MISSED, Call.Outcome.VOICEMAIL)


@dataclass(frozen=True, slots=True)
class Figures:
    """A business's yesterday, and what is open this morning. Times are aware, seconds whole.

    answered: waits that ended with an answer, their seconds in `first_answer` (median); waiting and
    promises: names with since when, or by when.
    """

    missed: int = 0
    texted_back: int = 0
    texts_in: int = 0
    answered: int = 0
    first_answer: int | None = None
    waiting: tuple[tuple[str, datetime], ...] = ()
    waiting_count: int = 0
    promises: tuple[tuple[str, str, datetime], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (
            self.missed or self.texts_in or self.answered or self.waiting_count or self.promises
        )


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when a business's clock shows `at` on a day: the first time where it shows it twice.

    An hour that is left out is taken as the same time after midnight, so an hour later by the clock.
    """
    return datetime.combine(day, at, zone).astimezone(ZoneInfo("UTC"))


def next_morning(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the first moment after `now` (aware) at which the business's clock shows `at`."""
    today = now.astimezone(zone).date()
    due = moment(today, at, zone)
    return due if due > now else moment(today + timedelta(days=1), at, zone)


def gather(zone: ZoneInfo, now: datetime) -> Figures:
    """Read the day before `now` of the current business; members' phones and tests do not count."""
    today = now.astimezone(zone).date()
    begins, ends = moment(today - timedelta(days=1), time(0), zone), moment(today, time(0), zone)
    calls = Call.objects.filter(
        started_at__gte=begins, started_at__lt=ends, is_test=False, same_as=None,
        outcome__in=_MISSED,
    ).exclude(contact__conversation__hidden__in=["staff", "test"])  # fmt: skip
    decisions = list(calls.values_list("decision", flat=True))
    texts = Message.objects.filter(
        created_at__gte=begins, created_at__lt=ends, erased_at=None, direction="in",
        conversation__hidden="",
    )  # fmt: skip
    ended = Wait.objects.filter(
        began_at__gte=begins, began_at__lt=ends, ended_how__in=["answered", "called"]
    ).values_list("waited_seconds", flat=True)
    waited = [seconds for seconds in ended if seconds is not None]
    waiting = Wait.objects.filter(ended_at=None, conversation__hidden="")
    longest = waiting.select_related("conversation__contact").order_by("began_at")[:_NAMED]
    tomorrow = moment(today + timedelta(days=1), time(0), zone)
    promised = (
        Promise.objects.filter(state=Promise.State.OPEN, due_at__lt=tomorrow)
        .select_related("conversation__contact")
        .order_by("due_at")[:_NAMED]
    )
    return Figures(
        missed=len(decisions),
        texted_back=sum(decision in ("send", "hold") for decision in decisions),
        texts_in=texts.count(),
        answered=len(ended),
        first_answer=int(median(waited)) if waited else None,
        waiting=tuple((name_of(wait.conversation), wait.began_at) for wait in longest),
        waiting_count=waiting.count(),
        promises=tuple((name_of(p.conversation), p.words, p.due_at) for p in promised),
    )


def title(business: str) -> str:
    """Return the digest's headline, in the language that is active."""
    return _("Good morning from %(business)s") % {"business": business}


def summary(figures: Figures) -> str:
    """Say it in one line, for a phone's notice."""
    parts = [
        ngettext("%(count)d person waits", "%(count)d people wait", figures.waiting_count)
        % {"count": figures.waiting_count}
    ]
    if figures.promises:
        count = len(figures.promises)
        parts.append(
            ngettext("%(count)d promise today", "%(count)d promises today", count)
            % {"count": count}
        )
    parts.append(_yesterday(figures))
    return ". ".join(part for part in parts if part) + "."


def lines(notice: Notice, told: Told) -> tuple[str, ...]:
    """Return the digest at length, line by line, for an e-mail; times are the member's."""
    zone = told.member.zone
    figures = gather(ZoneInfo(current_business().timezone), notice.created_at)
    said = [_yesterday(figures)] if _yesterday(figures) else []
    if figures.first_answer is not None:
        said.append(
            ngettext(
                "%(count)d person was answered, after %(minutes)d minutes in the middle",
                "%(count)d people were answered, after %(minutes)d minutes in the middle",
                figures.answered,
            )
            % {"count": figures.answered, "minutes": round(figures.first_answer / 60)}
        )
    for name, since in figures.waiting:
        said.append(
            _("%(name)s waits since %(when)s")
            % {"name": defanged(name), "when": _clock(since, zone, notice.created_at)}
        )
    more = figures.waiting_count - len(figures.waiting)
    if more > 0:
        said.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
    for name, words, due in figures.promises:
        said.append(
            _("Promised to %(name)s by %(when)s: “%(words)s”")
            % {
                "name": defanged(name),
                "when": _clock(due, zone, notice.created_at),
                "words": shortened(defanged(words), 80),
            }
        )
    return tuple(said)


def _yesterday(figures: Figures) -> str:
    if not figures.missed and not figures.texts_in:
        return ""
    calls = ngettext("%(count)d missed call", "%(count)d missed calls", figures.missed) % {
        "count": figures.missed
    }
    texts = ngettext("%(count)d text", "%(count)d texts", figures.texts_in) % {
        "count": figures.texts_in
    }
    return _("Yesterday: %(calls)s (%(back)d texted back) and %(texts)s in") % {
        "calls": calls, "back": figures.texted_back, "texts": texts,
    }  # fmt: skip


def _clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return a time on the member's clock, with its day when it is not today's."""
    local = at.astimezone(zone)
    return clock.near(local, now.astimezone(zone).date())
