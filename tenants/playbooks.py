"""Ready packs: opening hours, texts and the default rule of a kind of business. Pure data.

The texts stay within compliance.md 1.3: brand, acknowledgement, open question, way out; no offer,
no link. "Sorry we missed your call" is sent only where that is literally true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time

WEEKDAYS = (0, 1, 2, 3, 4)
STOP_LINE = "Reply STOP to opt out."
# Without á, í, ó, ú: they are not in the alphabet a text has 160 letters of (GSM-7); é and ñ are.
STOP_LINE_ES = "Responda STOP para no recibir mensajes."


@dataclass(frozen=True, slots=True)
class Playbook:
    """What a new business of one kind starts with. Hours are local; Monday is 0."""

    key: str
    name: str
    text_open: str
    text_closed: str
    # The same for people whose language is Spanish (Contact.language).
    text_open_es: str
    text_closed_es: str
    hours: tuple[tuple[int, time, time], ...]
    greeting: str = ""
    cool_down_hours: int = 12
    outcomes: tuple[str, ...] = field(
        default=(
            "no_answer",
            "busy",
            "unreachable",
            "declined",
            "caller_hung_up",
            "forwarded",
            "not_accepted",
        )
    )

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text of the pack, in both languages."""
        return (self.text_open, self.text_closed, self.text_open_es, self.text_closed_es)


def _week(
    opens: int, closes: int, days: tuple[int, ...] = WEEKDAYS
) -> tuple[tuple[int, time, time], ...]:
    return tuple((day, time(opens), time(closes)) for day in days)


_ALL = [
    Playbook(
        "general",
        "Any business",
        "{business}: Sorry we missed your call. How can we help? Reply here and we'll get right back to you. "
        + STOP_LINE,
        "{business}: Sorry we missed your call, we're closed right now. How can we help? We're back {next_open}. "
        + STOP_LINE,
        "{business}: Perdimos su llamada, lo sentimos. ¿En qué le podemos ayudar? Responda a este mensaje y le contestamos pronto. "
        + STOP_LINE_ES,
        "{business}: Perdimos su llamada, ahora estamos cerrados. ¿En qué le podemos ayudar? Volvemos {next_open}. "
        + STOP_LINE_ES,
        _week(9, 17),
    ),
    Playbook(
        "plumbing",
        "Plumbing and HVAC",
        "{business}: Sorry we missed your call, we're out on a job. What's going on, and what's the address? "
        + STOP_LINE,
        "{business}: Sorry we missed your call. Tell us what's going on and we'll get back to you {next_open}. If water is running, shut the main valve. "
        + STOP_LINE,
        "{business}: Perdimos su llamada, estamos en un trabajo. ¿Qué pasa y en qué domicilio? "
        + STOP_LINE_ES,
        "{business}: Perdimos su llamada. Cuente lo que pasa y le contestamos {next_open}. Si sale agua, cierre la llave principal. "
        + STOP_LINE_ES,
        _week(7, 18) + _week(8, 14, (5,)),
    ),
    Playbook(
        "dental",
        "Dental practice",
        "{business}: Sorry we missed your call. Please reply with a good time to call you back. Texts aren't secure, so no health details please. "
        + STOP_LINE,
        "{business}: Sorry we missed your call, we're closed. We're back {next_open}. Reply with a good time to call; no health details please. "
        + STOP_LINE,
        "{business}: Perdimos su llamada, lo sentimos. Responda con una buena hora para llamarle. Los mensajes no son privados: sin datos de salud, por favor. "
        + STOP_LINE_ES,
        "{business}: Perdimos su llamada, estamos cerrados. Volvemos {next_open}. Responda con una buena hora; sin datos de salud, por favor. "
        + STOP_LINE_ES,
        _week(8, 17),
    ),
    Playbook(
        "legal",
        "Law office",
        "{business}: Sorry we missed your call. What's the best time to reach you? Please don't share details of your matter by text. "
        + STOP_LINE,
        "{business}: Sorry we missed your call, our office is closed. We're back {next_open}. Reply with the best time to reach you. "
        + STOP_LINE,
        "{business}: Perdimos su llamada, lo sentimos. ¿A qué hora le podemos llamar? No mande detalles de su asunto, por favor. "
        + STOP_LINE_ES,
        "{business}: Perdimos su llamada, la oficina ya no atiende hoy. Volvemos {next_open}. Responda con una buena hora para llamarle. "
        + STOP_LINE_ES,
        _week(9, 18),
    ),
]
PLAYBOOKS: dict[str, Playbook] = {playbook.key: playbook for playbook in _ALL}
