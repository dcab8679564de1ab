"""Step: whether carriers accept texts from the number."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from inbox.agency.onboarding import filing
from inbox.agency.onboarding.desk import Desk
from tenants import registration
from tenants.models import MAY_SEND, Registration, SenderKind
from tenants.registration_rules import may_follow


def page(desk: Desk) -> HttpResponse:
    """The state of each number, and what can be done about it."""
    rows = [
        {
            "number": each,
            "may_send": each.registration in MAY_SEND,
            "is_simulated": each.account.provider == "simulator",
            "is_toll_free": each.sender_kind == SenderKind.TOLL_FREE,
            "may_declare": Registration.DECLARED in may_follow(each.registration),
            "tone": _TONES.get(each.registration, ""),
        }
        for each in desk.numbers
    ]
    return desk.page(rows=rows, **filing.context(desk))


def save(desk: Desk) -> HttpResponse:
    """Write down that a number is registered: by the agency's word, or on the simulated network at once."""
    if desk.request.POST.get("act") == "file":
        return filing.file(desk)
    wanted = desk.request.POST.get("number", "")[:20]
    number = next((each for each in desk.numbers if each.e164 == wanted), None)
    if number is None:
        return desk.stay()
    is_simulated = number.account.provider == "simulator"
    after = Registration.APPROVED if is_simulated else Registration.DECLARED
    reason = "The simulated network accepts it." if is_simulated else "The agency says so."
    try:
        registration.change(
            number.pk, after, reason=reason, actor=desk.office.who, at=desk.now
        )  # fmt: skip
    except ValueError:
        messages.error(desk.request, _("That cannot follow on how it stands now."))
    else:
        messages.success(desk.request, _("Texts may leave from it once the business is live."))
    return desk.stay()


_TONES = {
    "approved": "good", "declared": "good", "pending": "accent", "rejected": "bad",
    "suspended": "bad",
}  # fmt: skip
