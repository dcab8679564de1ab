"""People a business talks to, what was said, and the proof of what they allowed."""

from messaging.models.attachments import Attachment
from messaging.models.consent import ConsentDetail, ConsentEvent, ErasedPerson, LedgerHead
from messaging.models.imports import ContactImport
from messaging.models.people import Contact, Conversation, PlaceSource
from messaging.models.records import Alert, AuditEntry, LegalHold, Policy, Refusal
from messaging.models.texts import Message, MessageTemplate, TemplateVersion

__all__ = [
    "Alert",
    "Attachment",
    "AuditEntry",
    "ConsentDetail",
    "ConsentEvent",
    "Contact",
    "ContactImport",
    "Conversation",
    "ErasedPerson",
    "LedgerHead",
    "LegalHold",
    "Message",
    "MessageTemplate",
    "PlaceSource",
    "Policy",
    "Refusal",
    "TemplateVersion",
]
