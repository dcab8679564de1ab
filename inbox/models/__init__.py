"""What people add to a conversation, what waits for them, and how they are told."""

from inbox.models.alerting import (
    AlertHook,
    InboxPolicy,
    Notice,
    Promise,
    PushSubscription,
    StaffPhone,
    Wait,
)
from inbox.models.members import MemberSettings, QuickReply, SavedView, Team, TeamMember
from inbox.models.threads import Activity, CustomField, Mention, Merge, Note, SearchEntry, Tag

__all__ = [
    "Activity",
    "AlertHook",
    "CustomField",
    "InboxPolicy",
    "MemberSettings",
    "Mention",
    "Merge",
    "Note",
    "Notice",
    "Promise",
    "PushSubscription",
    "QuickReply",
    "SavedView",
    "SearchEntry",
    "StaffPhone",
    "Tag",
    "Team",
    "TeamMember",
    "Wait",
]
