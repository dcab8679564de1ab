"""The public floor: who is who, which number is whose, what arrived, and what waits."""

from tenants.models.agencies import (
    AgencyEntry,
    AgencyPlaybook,
    AgencyPlaybookVersion,
    BusinessFacts,
    BusinessHealth,
    BusinessImport,
    BusinessImportRow,
    Handoff,
    PlaybookUse,
    ProviderStep,
    StepState,
)
from tenants.models.api_traffic import ApiRequest, IdempotentAnswer
from tenants.models.apps import AppConsent, MarketplaceApp
from tenants.models.businesses import (
    Agency,
    AgencyDomain,
    Business,
    CompiledHours,
    Domain,
    LedgerRoot,
    RulesetSeen,
    Stage,
)
from tenants.models.call_logs import CallLog, LoggedCall
from tenants.models.departures import Departure
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
from tenants.models.pushes import PlaybookPush
from tenants.models.sources import CallSource, NumberFact
from tenants.models.support import PlatformBrake, SupportEntry, SupportVisit
from tenants.models.traffic import AgendaItem, AgendaState, EventState, ProviderEvent
from tenants.models.values import E164, new_id, new_mark_key

__all__ = [
    "AGENCY_ROLES",
    "E164",
    "MAY_SEND",
    "Agency",
    "AgencyDomain",
    "AgencyEntry",
    "AgencyPlaybook",
    "AgencyPlaybookVersion",
    "AgendaItem",
    "AgendaState",
    "Answering",
    "ApiKey",
    "ApiRequest",
    "AppConsent",
    "Business",
    "BusinessFacts",
    "BusinessHealth",
    "BusinessImport",
    "BusinessImportRow",
    "CallLog",
    "CallSource",
    "CompiledHours",
    "Departure",
    "Domain",
    "EventState",
    "Forwarding",
    "Handoff",
    "IdempotentAnswer",
    "Invitation",
    "LedgerRoot",
    "LoggedCall",
    "MarketplaceApp",
    "Membership",
    "NumberFact",
    "PhoneNumber",
    "PlatformBrake",
    "PlaybookPush",
    "PlaybookUse",
    "ProviderAccount",
    "ProviderEvent",
    "ProviderStep",
    "Registration",
    "RegistrationChange",
    "RingOrder",
    "Role",
    "RulesetSeen",
    "SenderKind",
    "Stage",
    "StepState",
    "SupportEntry",
    "SupportVisit",
    "User",
    "UserManager",
    "new_id",
    "new_mark_key",
]
