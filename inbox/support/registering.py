"""A number's registration as carriers have it beside what we filed, and joining it to its campaign again.

Asking is done at once, in no transaction. A repair wants the step `a2p.number:` anew, which the
agenda does as it did the first time (messaging/senders/filing.py): it looks for the number in the
campaign's messaging service, and joins it where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from messaging import audit
from messaging.providers.base import ProviderFailed
from messaging.providers.checking import Setting
from messaging.senders import filing, steps
from messaging.senders.dossier import NUMBER, TOLL_FREE
from messaging.senders.steps import SenderError
from tenants import support_record
from tenants.fields import Undecryptable
from tenants.models import PhoneNumber, ProviderStep, StepState, User


@dataclass(frozen=True, slots=True)
class Registered:
    """How a line's registration stands. note: what there is to say of it; can_join: a repair may help."""

    settings: tuple[Setting, ...] = ()
    note: str = ""
    can_join: bool = False

    @property
    def wrong(self) -> tuple[Setting, ...]:
        """What is not as it should be."""
        return tuple(each for each in self.settings if not each.is_right)


def check(line: PhoneNumber) -> Registered:
    """Ask the provider how one line is registered. In no transaction; never raises for the provider."""
    rows = steps.latest(line.business, "")
    ids = {row.key: row.external_id for row in rows if row.external_id}
    filed = [row for row in rows if row.key == TOLL_FREE + line.e164 or row.key.startswith("a2p.")]
    if not filed or _is_elsewhere(line):
        return Registered(note=_not_filed(line))
    try:
        adapter, account = steps.office_of(line.account)
        if not adapter.registers:
            return Registered(note="This provider takes registrations in its own portal.")
        standing = adapter.filed_standing(account, line.e164, ids)
    except Undecryptable:
        return Registered(note="The account's token cannot be read with our keys.")
    except KeyError:
        return Registered(note=f"Nobody here speaks to {line.account.provider}.")
    except ProviderFailed as failed:
        return Registered(note=str(failed))
    said = {setting.name: setting for setting in standing.settings}
    brand, campaign = said.get("Brand"), said.get("Campaign")
    can_join = (
        standing.is_joined is False and line.is_active
        and campaign is not None and campaign.said not in ("FAILED", "SUSPENDED", "not there")
    )  # fmt: skip
    return Registered(standing.settings, _note(line, brand, campaign, filed), can_join)


def _is_elsewhere(line: PhoneNumber) -> bool:
    """Whether what was filed for the business is not about this line: it is in somebody's own campaign."""
    own = (NUMBER + line.e164, TOLL_FREE + line.e164)
    if any(steps.find(line.business, key) is not None for key in own):
        return False
    return line.registration == "declared" or line.sender_kind != "local"


def _not_filed(line: PhoneNumber) -> str:
    if line.campaign_id or line.registration == "declared":
        campaign = f"Campaign {line.campaign_id}" if line.campaign_id else "Its registration"
        return f"{campaign} was declared, not filed here: look at it in the provider's console."
    return "Nothing was filed for this number here."


def _note(
    line: PhoneNumber, brand: Setting | None, campaign: Setting | None, filed: list[ProviderStep]
) -> str:  # fmt: skip
    """Return what no repair of ours mends, in a sentence."""
    for what in (brand, campaign):
        if what is not None and what.said in ("FAILED", "SUSPENDED", "not there"):
            return (
                f"{what.name}: carriers say {what.said}. No repair mends that: the agency corrects the "
                "business's facts and files it again."
            )  # fmt: skip
    if any(row.state == StepState.REFUSED for row in filed):
        return (
            "A part was refused; the steps below say why. The agency corrects it and files again."
        )
    if line.registration != "approved" and campaign is not None and campaign.is_right:
        return f"Carriers approved the campaign, and here the number is “{line.get_registration_display()}”."
    return ""


def join(line: PhoneNumber, by: User, reason: str, at: datetime) -> None:
    """Want a line joined to its campaign anew. Raises ReasonMissing, SenderError.

    In one transaction with who wanted it, in support's record and the business's audit log. Must run
    in the business's schema.
    """
    why = support_record.reason_in(reason)
    if _is_elsewhere(line):
        raise SenderError("number", "no campaign is filed for it in its account")
    with transaction.atomic():
        if not filing.join_again(line, by=support_record.who(by), at=at):
            return
        support_record.note(
            by, "repair.registration", at=at, business=line.business, subject=line.e164, reason=why
        )
        audit.note(
            "support.repair", actor=support_record.who(by), door="admin", at=at,
            subject=line.e164, detail={"reason": why, "what": NUMBER.rstrip(":")},
        )  # fmt: skip
