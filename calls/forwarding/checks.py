"""Looks whether calls to a business's own number still reach us, and what each of them found."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from calls.models import Call, ForwardingCheck
from calls.trials.callers import TAG
from messaging import alerts, audit
from messaging.models import Contact
from messaging.numbers import national, normalise, textable
from tenants import agenda
from tenants.models import Forwarding, PhoneNumber

# Long enough to find the phone, dial, and let it ring out.
SELF_FOR = timedelta(minutes=3)
# A provider's clock and ours differ a little.
SLACK = timedelta(seconds=5)
LOST_ALERT = "FORWARDING_LOST"
_State = ForwardingCheck.State
_REGIONS = ("US", "CA", "PR", "VI", "GU")


class CheckError(ValueError):
    """A look cannot begin: `field` names what is wrong, `sentence` says what to do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def problem_of(own: str) -> str:
    """Return why a number cannot be the business's own one that calls are forwarded from, '' if it can.

    own: E.164 or ''. We call it to see whether it forwards, so no number that earns by being called.
    """
    number = textable(own) if own else None
    if number is None or number.problem == "not_a_number":
        return "Write the number your customers call, with its area code."
    if number.problem or number.region not in _REGIONS:
        return "Expected an ordinary number of the US or Canada, which costs nothing to call."
    return ""


def is_proven(number: PhoneNumber) -> bool:
    """Whether a call to the business's own number was seen to reach us since it was written down.

    Until then nobody knows whose number it is, and we do not make a stranger's phone ring.
    """
    return number.account.provider == "simulator" or number.forwarding != Forwarding.UNKNOWN


def begin(
    number: PhoneNumber, caller: str, *, by: str, now: datetime, governs: bool = False
) -> ForwardingCheck:
    """Wait three minutes for a person's own call to the business's public number.

    caller: the phone that will call, so that no customer's call is taken for it; of people who are
    known already only who governs may name one (an owner's own mobile has called before). One look of a line
    waits at a time; a new one replaces it. Raises CheckError.
    """
    phone = normalise(caller)
    if not phone or textable(phone).problem in ("invalid", "not_a_number"):
        raise CheckError("caller", "Which phone will you call from? Write its number.")
    if phone in (number.e164, number.forwards_from):
        raise CheckError("caller", "Call from another phone than the one that forwards.")
    known = Contact.objects.filter(phone=phone, erased_at=None).exclude(tags__contains=[TAG])
    if not governs and (name := known.values_list("name", flat=True).first()) is not None:
        raise CheckError(
            "caller",
            f"{name or national(phone)} is among your contacts, and a call of theirs must not pass "
            "for this one. Take another phone, or ask an owner or a manager.",
        )
    with transaction.atomic():
        ForwardingCheck.objects.filter(line=number.e164, state=_State.WAITING, kind="self").update(
            state=_State.LOST, ended_at=now, detail="A new try began."
        )
        check = ForwardingCheck.objects.create(
            line=number.e164,
            kind="self",
            caller=phone,
            asked_by=by[:120],
            started_at=now,
            deadline_at=now + SELF_FOR,
        )
        agenda.put(
            "calls.forwarding_check",
            str(check.pk),
            lane="housekeeping",
            business_id=number.business_id,
            due_at=check.deadline_at + SLACK,
        )
        audit.note(
            "line.check", actor=by[:120], door="page", at=now,
            detail={"line": number.pk, "check": check.pk},
        )  # fmt: skip
    return check


def conclude_waiting(item: agenda.Item) -> agenda.Answer:
    """Agenda: the time of a look is over. Idempotent."""
    check = ForwardingCheck.objects.filter(pk=int(item.subject)).first()
    if check is not None:
        look(check, timezone.now())
    return None


def look(check: ForwardingCheck, now: datetime) -> ForwardingCheck:
    """Return a look as it stands at `now` (aware): reached, lost, or still waiting. Idempotent."""
    if check.state != _State.WAITING:
        return check
    with transaction.atomic():
        check = ForwardingCheck.objects.select_for_update().get(pk=check.pk)
        if check.state != _State.WAITING:
            return check
        call, others = _arrived(check)
        if call is not None:
            reached(check, call, now)
        elif check.kind == "self" and now > check.deadline_at:
            # Nobody knows whether the person called at all: it says nothing about the line.
            end(check, _State.LOST, now, _why_nothing(others))
    return check


def reached(check: ForwardingCheck, call: Call, now: datetime) -> None:
    """Note that the call arrived; the line is fine, and so says its alert."""
    seconds = max(0.0, (call.started_at - check.started_at).total_seconds())
    check.call, check.seconds = call.pk, round(seconds, 1)
    withheld = not normalise(call.caller)
    detail = "The call came without a number; it was taken for yours." if withheld else ""
    end(check, _State.REACHED, now, detail)
    stands(check.line, Forwarding.REACHED, now)
    alerts.resolve(LOST_ALERT, check.line, by="A call that arrived", at=now)


def end(check: ForwardingCheck, state: str, now: datetime, detail: str) -> None:
    """Write down how a look ended."""
    check.state, check.ended_at, check.detail = state, now, detail
    check.save(update_fields=["state", "ended_at", "detail", "call", "seconds"])


def stands(line: str, forwarding: str, now: datetime) -> None:
    """Say on the line whether calls to the business's own number reach it."""
    PhoneNumber.objects.filter(e164=line).update(forwarding=forwarding, forwarding_checked_at=now)


def _arrived(check: ForwardingCheck) -> tuple[Call | None, list[str]]:
    """Return the call a look waits for, and who else called the line meanwhile."""
    since, until = check.started_at - SLACK, check.deadline_at + SLACK
    calls = list(
        Call.objects.filter(
            our_number=check.line, started_at__gte=since, started_at__lte=until
        ).order_by("started_at")[:50]
    )
    withheld: Call | None = None
    others: list[str] = []
    for call in calls:
        phone = normalise(call.caller)
        if phone == check.caller:
            return call, others
        if phone:
            others.append(phone)
        else:
            withheld = withheld or call
    return (withheld if check.kind == "self" else None), others


def _why_nothing(others: list[str]) -> str:
    if not others:
        return "No call reached us within three minutes."
    return f"Only a call from {national(others[0])} reached us, which is not the phone you named."
