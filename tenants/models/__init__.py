"""The public floor: who is who, which number is whose, what arrived, and what waits."""

from tenants.models.businesses import (
    Agency,
    Business,
    CompiledHours,
    Domain,
    LedgerRoot,
    RulesetSeen,
)
from tenants.models.call_logs import CallLog, LoggedCall
from tenants.models.keys import ApiKey
from tenants.models.numbers import (
    MAY_SEND,
    Answering,
    Forwarding,
    PhoneNumber,
    ProviderAccount,
    Registration,
    RegistrationChange,
    RingOrder,
    SenderKind,
)
from tenants.models.people import AGENCY_ROLES, Invitation, Membership, Role, User, UserManager
from tenants.models.sources import CallSource, NumberFact
from tenants.models.traffic import AgendaItem, AgendaState, EventState, ProviderEvent
from tenants.models.values import E164, new_id, new_mark_key

__all__ = [
    "AGENCY_ROLES",
    "E164",
    "MAY_SEND",
    "Agency",
    "AgendaItem",
    "AgendaState",
    "Answering",
    "ApiKey",
    "Business",
    "CallLog",
    "CallSource",
    "CompiledHours",
    "Domain",
    "EventState",
    "Forwarding",
    "Invitation",
    "LedgerRoot",
    "LoggedCall",
    "Membership",
    "NumberFact",
    "PhoneNumber",
    "ProviderAccount",
    "ProviderEvent",
    "Registration",
    "RegistrationChange",
    "RingOrder",
    "Role",
    "RulesetSeen",
    "SenderKind",
    "User",
    "UserManager",
    "new_id",
    "new_mark_key",
]
