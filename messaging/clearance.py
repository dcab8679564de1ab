"""What the gate is asked with and what it answers. Pure.

compliance.md section 8: categories C0 (confirmations of what they said to us), C1 (an answer to
their call or text), C2 (asked for: confirmations, reminders), C3 (marketing and anything nobody
asked for). The ladder of consent is compliance.md 1.2, 0 to 5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from billing.entitlements import UNBILLED
from billing.entitlements import Standing as Subscribed
from messaging.places import Candidates, Place
from tenants import postures

Result = Literal["send", "hold", "never"]
NO_PLACES = Candidates(frozenset(), False, "")

# What a text is for, with the category it has unless its author says otherwise.
PURPOSES = {
    "text_back": "C1",
    "manual": "C1",
    "reply": "C1",
    "confirm_stop": "C0",
    "resubscribed": "C0",
    "help": "C0",
    "clarify": "C0",
    "confirmation": "C2",
    "reminder": "C2",
    "nudge": "C3",
    "review": "C3",
    "marketing": "C3",
    "voice_callback": "C1",
    # To a member's own phone: what he is told there, and the one question whether he wants it.
    "staff_alert": "C1",
    "staff_invite": "C1",
}
STAFF = frozenset({"staff_alert", "staff_invite"})
# What the rows of its own answer for, and nothing stricter could.
_EXACT = frozenset({"text_back", "voice_callback", *STAFF})


def fits(purpose: str, category: str) -> bool:
    """Whether a text of a purpose may leave as this category: its own, or a stricter one."""
    own = PURPOSES.get(purpose, "")
    if own in ("C1", "C2") and purpose not in _EXACT:
        return category in ("C1", "C2", "C3") and category >= own
    return category == own


# The ladder of compliance.md 1.2.
IMPLIED_CALL, NOTICE_CALL, EXPRESS_CALL, EXPRESS_TEXT, PEWC = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Policy:
    """What the business chose where the rules leave a choice; `version` names its stored row."""

    version: int = 0
    posture: str = postures.IMPLIED
    washington_needs_notice: bool = True
    strict_quiet_hours: bool = False
    first_text_links: bool = False
    marketing: bool = False
    nudges: bool = False
    only_vouched: bool = False
    look_up_callers: bool = False
    countries: frozenset[str] = frozenset({"US", "CA"})
    vertical: str = "general"
    brand: str = ""
    suspended: bool = False
    # Where it stands with us (tenants.models.Stage): only who is live texts anybody.
    stage: str = "live"
    # Where the business's subscription stands; what that allows hangs on the time.
    billing: Subscribed = UNBILLED

    @property
    def level_needed(self) -> int:
        """The least step of the ladder a text-back needs."""
        return postures.POSTURES[self.posture].level


@dataclass(frozen=True, slots=True)
class Brake:
    """Why a rule's text waits though it may go: a limit is reached (messaging/breakers.py).

    sentence: what is reached, for people; until: when it ends by itself (aware), None when somebody
    must look.
    """

    code: str
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text that wants to leave. Times are aware.

    to: as the provider gave it; our_numbers: the business's own and its staff's, E.164; author: rule,
    person, api, system, assistant; asked_at: when the call was missed or the text came that this
    one answers; level: what that call allows by itself (1 implied, 2 notice, 3 pressed 1); blocking:
    codes of lint findings that stand against it, with `blocking_words`; promo: what makes it an
    offer; attestation: the call's STIR/SHAKEN result, 'failed' when it did not validate;
    elsewhere: other businesses this number was about to be texted by within a day;
    confirmed_by_provider: an opt-out the provider has already confirmed; gave_up_after: how long a
    caller who gave up had waited, in seconds, None when he did not give up.
    """

    to: str
    our_numbers: frozenset[str]
    category: str
    author: str
    purpose: str = "manual"
    asked_at: datetime | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None
    level: int = 0
    blocking: tuple[str, ...] = ()
    blocking_words: str = ""
    promo: str = ""
    attestation: str = ""
    elsewhere: int = 0
    confirmed_by_provider: bool = False
    is_missed: bool = True
    gave_up_after: int | None = None
    may_send: bool = True  # the number's registration
    use_case: str = ""
    lacks_disclosure: bool = False
    throttled_until: datetime | None = None
    is_known: bool = False  # somebody the business knew before this call
    brake: Brake | None = None
    has_joined: bool = False  # to a member's own phone, which said JOIN to alerts and is his still


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the person. Times are aware, None when it never happened."""

    opted_out: bool = False
    untextable: bool = False
    line_type: str = ""
    refused: bool = False
    paused_until: datetime | None = None
    consent_level: int = 0
    consent_at: datetime | None = None
    last_text_back_at: datetime | None = None
    last_inbound_at: datetime | None = None
    member_wrote_at: datetime | None = None
    helped_at: datetime | None = None
    clarified_at: datetime | None = None
    last_marketing_at: datetime | None = None
    marketing_today: int = 0
    exchanges_last_minute: int = 0
    dnc_checked_at: datetime | None = None
    reassigned: str = ""  # answer of the reassigned-numbers database: '', no, yes, no_data
    stated: Place | None = None
    verified: Place | None = None
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clearance:
    """The gate's answer: what, why, by which rules, in a sentence for people.

    row: of the decision table; until: when a held text is asked again (and, where a clock holds it,
    the first minute it may leave); expires: when a held text is dropped.
    """

    result: Result
    code: str
    row: str
    rules: tuple[str, ...]
    sentence: str
    until: datetime | None = None
    expires: datetime | None = None
    level: int = 0
    places: Candidates = field(default=NO_PLACES, repr=False)

    @property
    def may_send(self) -> bool:
        """Whether the text may leave now."""
        return self.result == "send"

    @property
    def rule(self) -> str:
        """The first rule it follows."""
        return self.rules[0] if self.rules else ""

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as it is stored with its text (JSON; times ISO 8601)."""
        return {
            "result": self.result,
            "code": self.code,
            "row": self.row,
            "rules": list(self.rules),
            "sentence": self.sentence,
            "until": self.until.isoformat() if self.until else None,
            "expires": self.expires.isoformat() if self.expires else None,
            "level": self.level,
            "zones": list(self.places.zones),
            "states": list(self.places.states),
            "places_from": self.places.source,
        }
