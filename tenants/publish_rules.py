"""What a draft must have before it goes live, and what it should have. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# In the order of the wizard; each may be done before or after any other.
STEPS = ("facts", "playbook", "number", "consent", "registration", "team", "test", "live")
_ADDRESS = ("street", "city", "region", "postcode")


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing. blocking: it does not go live without; else it is only said."""

    step: str
    field: str
    sentence: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A number of the draft in use. may_send: carriers accept its texts; forwarding: unknown, reached, lost."""

    e164: str
    may_send: bool
    rings: bool
    forwards_from: str = ""
    forwarding: str = "unknown"
    is_simulated: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a draft. filled: names of the facts that are there; members, invited: how many."""

    filled: frozenset[str]
    has_hours: bool
    rules_on: bool
    lines: tuple[Line, ...]
    posture_fits: bool
    members: int
    invited: int
    tested: bool
    number_on_its_way: bool = False


def gaps(known: Known) -> tuple[Gap, ...]:
    """Return everything that is missing, in the order of STEPS, what blocks first within a step."""
    found = [*_facts(known), *_playbook(known), *_number(known)]
    if not known.posture_fits:
        found.append(Gap("consent", "posture", "The agency requires a stricter choice.", True))
    if known.lines and not any(line.may_send for line in known.lines):
        found.append(
            Gap(
                "registration", "registration",
                "Carriers do not accept texts of its number yet. Calls are answered meanwhile, and "
                "nobody is texted.",
                False,
            )
        )  # fmt: skip
    if not known.members and not known.invited:
        found.append(
            Gap("team", "owner_email", "Nobody of the business is invited yet.", False)
        )  # fmt: skip
    if known.lines and not known.tested:
        found.append(Gap("test", "test", "No test call has passed yet.", False))
    return tuple(found)


def blocking(known: Known) -> tuple[Gap, ...]:
    """Return what stands against going live."""
    return tuple(gap for gap in gaps(known) if gap.blocking)


def _facts(known: Known) -> list[Gap]:
    found = []
    if "legal_name" not in known.filled:
        found.append(
            Gap("facts", "legal_name", "The legal name is missing: texts are sent in it.", True)
        )
    registered = bool(known.lines) and all(line.may_send for line in known.lines)
    missing = [name for name in _ADDRESS if name not in known.filled]
    if missing and not registered:
        found.append(
            Gap("facts", missing[0], "The address is incomplete: registrations ask for it.", False)
        )
    if "ein" not in known.filled and not registered:
        found.append(
            Gap("facts", "ein", "The EIN is missing: most registrations ask for it.", False)
        )
    if not known.has_hours:
        found.append(
            Gap("facts", "hours", "It has no opening hours, so it counts as always closed.", False)
        )
    return found


def _playbook(known: Known) -> list[Gap]:
    if known.rules_on:
        return []
    sentence = "No rule that texts is switched on: missed calls would stay unanswered."
    return [Gap("playbook", "rules", sentence, True)]


def _number(known: Known) -> list[Gap]:
    if not known.lines:
        sentence = "It has no number yet."
        if known.number_on_its_way:
            sentence = "Its number is on its way and not here yet."
        return [Gap("number", "number", sentence, True)]
    line = known.lines[0]
    if line.forwards_from and line.forwarding != "reached" and not line.is_simulated:
        sentence = "No call to the business's own number has reached this line yet."
        return [Gap("number", "forwarding", sentence, False)]
    if not line.rings and not line.forwards_from:
        sentence = "No phone of the staff rings, and no number is forwarded: callers hear the greeting at once."
        return [Gap("number", "forward_to", sentence, False)]
    return []
