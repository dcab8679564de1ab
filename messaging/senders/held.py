"""Whether an account holds a number that somebody says it has: else anybody could take another's number."""

from __future__ import annotations

from messaging.numbers import normalise
from messaging.providers.base import ProviderFailed
from messaging.senders import steps
from messaging.senders.steps import SenderError
from tenants.fields import Undecryptable
from tenants.models import PhoneNumber, ProviderAccount

_NOT_HELD = (
    "this account does not hold the number; buy it, bring it along, or name the account that has it"
)
_UNREADABLE = "its secret cannot be read any more; connect it again"


class NotAnswered(SenderError):
    """The provider did not say; asked again it may."""


def is_to_be_asked(account: ProviderAccount, e164: str) -> bool:
    """Whether the provider has a say: not for a line we know, nor for what is no number at all.

    Numbers of the simulated network are nobody's.
    """
    if account.provider == "simulator" or not e164 or normalise(e164) != e164:
        return False
    return not PhoneNumber.objects.filter(e164=e164).exists()


def check(account: ProviderAccount, e164: str) -> None:
    """Ask the provider, in no transaction. Raises SenderError naming number or account, NotAnswered."""
    try:
        adapter, credentials = steps.office_of(account)
        found = adapter.find_number(credentials, e164)
    except Undecryptable:
        raise SenderError("account", _UNREADABLE) from None
    except ProviderFailed as failed:
        status = failed.http_status
        is_passing = status is None or status == 429 or status >= 500
        refusal = NotAnswered if is_passing else SenderError
        raise refusal("number", f"whether the account holds it is not known: {failed}") from None
    if found is None:
        raise SenderError("number", _NOT_HELD)
