"""The people a business talks to, and its one thread with each."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Least

from tenants.models import E164


class PlaceSource(models.TextChoices):
    """How we know where a person is (compliance.md R-TZ-2)."""

    STATED = "stated", "Said so"
    VERIFIED = "verified", "Verified address"


class Contact(models.Model):
    """A person behind a number. Its row is the lock that orders everything sent to that person."""

    phone = models.CharField(max_length=16, validators=[E164])
    name = models.CharField(max_length=120, blank=True)
    # When a rule, and when a member or API client, last texted this person: what a decision asks.
    last_text_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_person_text_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Derived from the ledger in the same transaction; the ledger is the proof.
    opted_out_at = models.DateTimeField(null=True, blank=True)
    # Until when nothing but a clarification goes out: a reply could be read as an opt-out.
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    # The best lasting step of the consent ladder (compliance.md 1.2) and the ledger row that gave
    # it. What a single call allows is the call's, not the person's.
    consent_level = models.PositiveSmallIntegerField(default=0, editable=False)
    consent_event = models.BigIntegerField(null=True, blank=True, editable=False)
    consent_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When this person last texted us, and was last told by us who we are and how to stop.
    last_inbound_at = models.DateTimeField(null=True, blank=True, editable=False)
    introduced_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Where this person says, or we have verified, that he is; '' when only the area code is known.
    state = models.CharField(max_length=2, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    place_source = models.CharField(max_length=8, blank=True, choices=PlaceSource.choices)
    place_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Never texted by a rule: family, suppliers, staff.
    ignored_at = models.DateTimeField(null=True, blank=True)
    # Somebody a person should call back at once, whatever the rules say of others.
    vip_at = models.DateTimeField(null=True, blank=True)
    tags = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True
    )
    # What the business knows beside the number: e-mail, firm, and its own fields by their keys.
    email = models.EmailField(blank=True, default="", db_default="")
    company = models.CharField(max_length=120, blank=True, default="", db_default="")
    fields = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True
    )
    # The language texts to this person are written in, '' for the business's own.
    language = models.CharField(max_length=5, blank=True, default="", db_default="")
    # What another system calls this person, '' where none told us; whoever brings people in by API
    # finds them again by it.
    external_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    # The same person under another number: shown there, while consent stays with each number.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    # What kind of line it is, by a lookup (telephony.md 2.8); '' until asked.
    line_type = models.CharField(max_length=20, blank=True, default="", db_default="")
    line_type_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Set when a provider said that this number cannot get texts (landline, unknown handset).
    untextable_at = models.DateTimeField(null=True, blank=True)
    # Erased: profile and texts are gone, `phone` is no number any more (messaging/erasure.py).
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="contact_phone", fields=["phone"]),
            models.UniqueConstraint(
                name="contact_external_id", fields=["external_id"], condition=~Q(external_id="")
            ),
        ]
        indexes = [
            # used by: finding people by a part of their name, firm, address or number
            GinIndex(name="contact_name_parts", fields=["name"], opclasses=["gin_trgm_ops"]),
            GinIndex(name="contact_phone_parts", fields=["phone"], opclasses=["gin_trgm_ops"]),
            GinIndex(name="contact_company_parts", fields=["company"], opclasses=["gin_trgm_ops"]),
            GinIndex(name="contact_email_parts", fields=["email"], opclasses=["gin_trgm_ops"]),
            # used by: the API's list of people, newest first
            models.Index(name="contact_newest", fields=["-created_at", "-id"]),
            # used by: the list of people, and everybody with a tag
            models.Index(name="contact_list", fields=["name", "id"]),
            GinIndex(name="contact_tags", fields=["tags"], opclasses=["jsonb_path_ops"]),
            # used by: the list of people narrowed to some of them
            models.Index(
                name="contact_opted_out", fields=["name", "id"],
                condition=Q(opted_out_at__isnull=False),
            ),
            models.Index(
                name="contact_vip", fields=["name", "id"], condition=Q(vip_at__isnull=False)
            ),
            models.Index(
                name="contact_ignored", fields=["name", "id"],
                condition=Q(ignored_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name or self.phone


# Conversations that stand in the queue.
_SHOWN = Q(hidden="")
_OPEN = Q(hidden="", state="open")


class Conversation(models.Model):
    """The one thread with a contact, with what a list of threads needs to show.

    What makes it wait for somebody stands in columns of their own, each the moment since when:
    `actionable_at` is the earliest of them while the conversation is open, else NULL.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SNOOZED = "snoozed", "Snoozed"
        CLOSED = "closed", "Closed"

    class Hidden(models.TextChoices):
        """Why a conversation stands in no queue; '' for one that does."""

        TEST = "test", "A test caller"
        STAFF = "staff", "A member's own phone"
        MERGED = "merged", "Shown with the person it was merged into"

    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="conversation")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    hidden = models.CharField(
        max_length=6, choices=Hidden.choices, blank=True, default="", db_default=""
    )
    unread = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    last_line = models.CharField(max_length=200, blank=True)
    last_direction = models.CharField(max_length=4, default="call")  # in, out, call, miss
    created_at = models.DateTimeField()
    # Who sees to it: a user's id (users live on the public floor), a team's id (inbox.Team).
    assignee = models.BigIntegerField(null=True, blank=True)
    team = models.BigIntegerField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # Since when: they wrote and nobody answered; our text did not arrive; a voicemail is unheard;
    # an alert about them is open; something that was promised is due.
    waiting_since = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    voicemail_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    promise_at = models.DateTimeField(null=True, blank=True)
    actionable_at = models.GeneratedField(
        expression=models.Case(
            models.When(
                _OPEN,
                then=Least(
                    "waiting_since", "failed_at", "voicemail_at", "escalated_at", "promise_at"
                ),
            ),
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    class Meta:
        indexes = [
            # used by: every conversation there is, newest first
            models.Index(name="conversation_list", fields=["-last_at", "-id"]),
            models.Index(
                name="conversation_unread", fields=["-last_at"], condition=Q(unread__gt=0)
            ),
            # used by: the folders, in their orders
            models.Index(
                name="conversation_actionable", fields=["actionable_at", "id"],
                condition=Q(actionable_at__isnull=False),
            ),
            models.Index(name="conversation_shown", fields=["-last_at", "-id"], condition=_SHOWN),
            models.Index(name="conversation_open", fields=["-last_at", "-id"], condition=_OPEN),
            models.Index(
                name="conversation_mine", fields=["assignee", "-last_at", "-id"],
                condition=_OPEN & Q(assignee__isnull=False),
            ),
            models.Index(
                name="conversation_team", fields=["team", "-last_at", "-id"],
                condition=_OPEN & Q(team__isnull=False),
            ),
            models.Index(
                name="conversation_unassigned", fields=["-last_at", "-id"],
                condition=_OPEN & Q(assignee=None, team=None),
            ),
            models.Index(
                name="conversation_snoozed", fields=["snoozed_until", "id"],
                condition=Q(hidden="", state="snoozed"),
            ),
            models.Index(
                name="conversation_closed", fields=["-last_at", "-id"],
                condition=Q(hidden="", state="closed"),
            ),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                name="conversation_snoozed_until_when",
                condition=~Q(state="snoozed") | Q(snoozed_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Conversation with {self.contact}"
