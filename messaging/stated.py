"""What a person said elsewhere (a web form, a contract, at the counter), recorded in the ledger with its proof.

Consent given elsewhere lifts no opt-out: only the person's own START does (compliance.md R-REV-11), and
nothing that was said before an opt-out holds after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from messaging import audit, callers, consent, standing
from messaging.clearance import EXPRESS_CALL, PEWC
from messaging.jurisdictions import current as current_rules
from messaging.models import ConsentEvent
from messaging.numbers import normalise
from messaging.people import lock_contact
from messaging.policies import ask_held_again
from messaging.standing import Heard
from tenants.scope import current_business

CHANNELS = ("web", "email", "paper", "in_person", "phone")
# What they agreed to, as a step of the ladder (compliance.md 1.2): texts about what they asked for,
# and marketing, which needs their written word (R-CON-1).
AGREED = {"texts": EXPRESS_CALL, "marketing": PEWC}
OPT_OUT = "none"
_WRITTEN = frozenset({"web", "email", "paper"})
_CLOCKS_DIFFER = timedelta(minutes=5)
_TAKEN = "This token was used for something else."


class StatedError(ValueError):
    """Something that cannot be recorded; `problems` has a sentence by field, `code` what it is for programs."""

    def __init__(self, field: str, sentence: str, code: str = "invalid") -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence, self.code = field, sentence, code


@dataclass(frozen=True, slots=True)
class Stated:
    """What a person said, when (aware) and by which channel.

    to: texts, marketing, or none for an opt-out; words: what they agreed to or said, to the letter;
    source: where it can be found again (an address, a contract's number); token: whose own id for it.
    """

    number: str
    to: str
    channel: str
    words: str
    source: str
    at: datetime
    ip: str = ""
    user_agent: str = ""
    token: str = ""
    evidence: dict[str, str] = field(default_factory=dict)


def record(said: Stated, *, actor: str, door: str, at: datetime) -> tuple[ConsentEvent, bool]:
    """Append what somebody said to the ledger; returns the row and whether it is new. Raises StatedError.

    A repeated token returns its first row. An opt-out counts at once; who is opted out already
    gets no second row, and his first is returned.
    """
    phone = normalise(said.number)
    _check(said, phone, at)
    with transaction.atomic():
        contact = lock_contact(phone, at)
        earlier = _by_token(said.token)
        if earlier is not None:
            if (earlier.contact_id, earlier.level) != (contact.pk, AGREED.get(said.to)):
                raise StatedError("token", _TAKEN, "token_used")
            return earlier, False
        heard = Heard(
            at=said.at, channel=said.channel, words=said.words,
            evidence={**said.evidence, "source": said.source}, ip=said.ip,
            user_agent=said.user_agent, provider="api" if said.token else "",
            provider_id=said.token,
        )  # fmt: skip
        if said.to == OPT_OUT:
            is_new = standing.opt_out_by_staff(contact.pk, actor=actor, at=at, heard=heard)
            row = _last(contact.pk, "opt_out")
            if row is None or (is_new and row.provider_id != said.token):  # as below
                raise StatedError("token", _TAKEN, "token_used")
            return row, is_new
        _check_order(contact.pk, contact.opted_out_at, said.at)
        business = current_business()
        event_id = consent.record(
            contact, "consent", at=said.at, channel=said.channel, level=AGREED[said.to],
            matched_by="human",
            raw_text=said.words, evidence=heard.evidence, actor=actor, ip=said.ip,
            user_agent=said.user_agent, provider=heard.provider, provider_id=said.token,
            legal_entity=business.name, ruleset_version=current_rules().version,
        )  # fmt: skip
        if event_id is None:  # somebody else's row took the token while we looked
            raise StatedError("token", _TAKEN, "token_used")
        audit.note(
            "consent.record", actor=actor, door=door, at=at, subject=str(contact.pk),
            detail={"to": said.to, "channel": said.channel},
        )  # fmt: skip
        ask_held_again(business.pk)
        return ConsentEvent.objects.select_related("detail").get(pk=event_id), True


def _check(said: Stated, phone: str, at: datetime) -> None:
    if not phone:
        raise StatedError("phone", "Expected a phone number such as +13125550142.")
    if phone in callers.own_numbers():
        raise StatedError("phone", "This is one of your own numbers.")
    if said.at > at + _CLOCKS_DIFFER:
        raise StatedError("occurred_at", "This is in the future.")
    if said.to == OPT_OUT:
        return
    # Without them nobody can show later what was agreed to (R-CTIA-6).
    if not said.words.strip():
        raise StatedError("words", "What they agreed to is needed, to the letter.")
    if not said.source.strip():
        raise StatedError(
            "source", "Say where it can be found again: an address, a form, a contract."
        )
    if said.to != "marketing":
        return
    if said.channel not in _WRITTEN:
        raise StatedError("channel", "Marketing needs their agreement in writing.", "not_written")
    if current_business().name.casefold() not in said.words.casefold():
        # 47 CFR 64.1200(f)(9): the agreement names the seller.
        raise StatedError(
            "words", "An agreement to marketing names your business.", "seller_not_named"
        )


def _check_order(contact_id: int, opted_out_at: datetime | None, said_at: datetime) -> None:
    if opted_out_at is not None:
        sentence = "They opted out; only their own START brings texts back."
        raise StatedError("phone", sentence, "opted_out")
    later = ConsentEvent.objects.filter(
        contact=contact_id, kind__in=["opt_out", "refusal"], occurred_at__gte=said_at
    )
    if later.exists():
        sentence = "They opted out after that; what they said before holds no more."
        raise StatedError("occurred_at", sentence, "opted_out_since")


def _by_token(token: str) -> ConsentEvent | None:
    if not token:
        return None
    known = ConsentEvent.objects.select_related("detail").filter(provider="api", provider_id=token)
    return known.first()


def _last(contact_id: int, kind: str) -> ConsentEvent | None:
    rows = ConsentEvent.objects.select_related("detail").filter(contact=contact_id, kind=kind)
    return rows.order_by("-seq").first()
