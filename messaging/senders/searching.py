"""Looking for a number that can be bought. Asks the provider: in no transaction."""

from __future__ import annotations

import re

from messaging.numbers import normalise
from messaging.providers.base import ProviderFailed
from messaging.providers.numbering import NumberSearch, OfferedNumber
from messaging.senders.steps import SenderError, account_of, office_of
from tenants.fields import Undecryptable
from tenants.models import Business, PhoneNumber, ProviderStep
from tenants.registration_rules import TOLL_FREE_CODES

_REGION = re.compile(r"[A-Za-z]{2}")
_CONTAINS = re.compile(r"[0-9A-Za-z*]{2,12}")
_LOCALITY = re.compile(r"[^\W\d_][\w .'’-]{1,59}")


def search(
    business: Business,
    *,
    area_code: str = "",
    contains: str = "",
    locality: str = "",
    region: str = "",
    toll_free: bool = False,
    account_id: int | None = None,
) -> list[OfferedNumber]:
    """Return numbers that can be bought for a business, none that anybody here holds or is buying.

    Raises SenderError naming area_code, contains, locality, region, account, or `provider` when
    that did not answer.
    """
    wanted = read(area_code, contains, locality, region, toll_free=toll_free)
    account = account_of(business, account_id)
    try:
        adapter, credentials = office_of(account)
        offered = adapter.search_numbers(credentials, wanted)
    except Undecryptable:
        raise SenderError("account", "the account's token cannot be read; enter it again") from None
    except ProviderFailed as failed:
        raise SenderError("provider", str(failed)) from None
    named = [each.e164 for each in offered]
    taken = set(
        PhoneNumber.objects.filter(e164__in=named, is_active=True).values_list("e164", flat=True)
    )
    keys = [f"number.buy:{e164}" for e164 in named]
    buying = ProviderStep.objects.filter(key__in=keys).exclude(state__in=("cancelled", "refused"))
    taken |= {key.partition(":")[2] for key in buying.values_list("key", flat=True)}
    return [each for each in offered if each.e164 not in taken and normalise(each.e164)]


def read(
    area_code: str, contains: str, locality: str, region: str, *, toll_free: bool
) -> NumberSearch:
    """Return a search as the provider wants it. Raises SenderError naming the field."""
    area_code = area_code.strip()
    contains = re.sub(r"[\s().-]", "", contains)
    locality, region = " ".join(locality.split()), region.strip()
    if area_code and not re.fullmatch(r"[2-9][0-9]{2}", area_code):
        raise SenderError("area_code", "expected three digits, such as 312")
    if toll_free and area_code and area_code not in TOLL_FREE_CODES:
        raise SenderError("area_code", f"expected one of: {', '.join(sorted(TOLL_FREE_CODES))}")
    if area_code in TOLL_FREE_CODES:
        toll_free = True
    if contains and not _CONTAINS.fullmatch(contains):
        raise SenderError("contains", "expected 2 to 12 digits or letters, * for any")
    if locality and not _LOCALITY.fullmatch(locality):
        raise SenderError("locality", "expected the name of a city")
    if region and not _REGION.fullmatch(region):
        raise SenderError("region", "expected the two letters of a state, such as IL")
    return NumberSearch(area_code, contains, locality, region.upper(), toll_free)
