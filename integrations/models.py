"""Whom we tell of what happens, and what became of telling them. On the public floor.

An endpoint may be an agency's, which hears of all its businesses: so endpoints and deliveries stand
outside any one schema. What is told never holds a secret.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from tenants.fields import EncryptedTextField
from tenants.models import Agency, ApiKey, Business, new_id


class Endpoint(models.Model):
    """An address of a client that wants events: a business's or an agency's, never both."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(
        Business, null=True, blank=True, on_delete=models.PROTECT, related_name="endpoints"
    )
    agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="endpoints"
    )
    # An address may hold a secret in its path or query.
    url = EncryptedTextField()
    # What is shown of it: scheme and host.
    shown_url = models.CharField(max_length=200)
    description = models.CharField(max_length=120, blank=True, default="", db_default="")
    # `whsec_` and base64 (telephony.md 6.3); both sign until the old one's time is over.
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(blank=True, default="", db_default="")
    previous_until = models.DateTimeField(null=True, blank=True)
    # Names of the event catalogue (integrations/catalogue.py); empty means all of them.
    events = models.JSONField(default=list, blank=True)
    # "hand" (settings or API), or who subscribed by REST Hooks: "zapier", "make", "n8n", "other".
    source = models.CharField(max_length=10, default="hand", db_default="hand")
    subscribed_by = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.PROTECT, related_name="subscriptions"
    )
    is_active = models.BooleanField(default=True, db_default=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    # Why: "gone" (410), "failing" (nothing got through for days), "member", "unsubscribed".
    disabled_why = models.CharField(max_length=20, blank=True, default="", db_default="")
    # Set at the first failure after a success, cleared by the next success.
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    # How long its answers take of late, milliseconds; 0: nobody knows (integrations/shares.py).
    took_ms = models.PositiveIntegerField(default=0, db_default=0)
    # It did not answer, asked for a pause, or took very long: until then nobody knocks, afterwards one at a time.
    rests_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="endpoint_has_one_owner",
                condition=Q(business__isnull=False, agency__isnull=True)
                | Q(business__isnull=True, agency__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.shown_url


class Event(models.Model):
    """Something that happened at a business, as it is told to everybody who wants to hear of it.

    Written in the transaction in which it happened, once per `key`; kept thirty days.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No constraint in the database: see tenants.models.ProviderEvent.business.
    business = models.ForeignKey(
        Business, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    type = models.CharField(max_length=40)
    # What happened, once: such as "call.missed:CA1…".
    key = models.CharField(max_length=160)
    # The version of the payload's schema.
    version = models.PositiveSmallIntegerField(default=1, db_default=1)
    data = models.JSONField()
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="event_once", fields=["business", "key"])]
        indexes = [
            # used by: polling fall-back and samples, newest first
            models.Index(name="event_of_business", fields=["business", "type", "-id"]),
            # used by: the list of all events, newest first
            models.Index(name="event_newest", fields=["business", "-occurred_at", "-id"]),
            # used by: the same of all businesses of an agency
            models.Index(name="event_newest_of_all", fields=["-occurred_at", "-id"]),
            # used by: forgetting old ones
            models.Index(name="event_created", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class DeliveryState(models.TextChoices):
    """What became of telling one endpoint of one event."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    GAVE_UP = "gave_up", "Gave up"
    DROPPED = "dropped", "Dropped: the endpoint was switched off"


class Delivery(models.Model):
    """One event on its way to one endpoint.

    One agenda row an endpoint (`integrations.endpoint`) hands over what is due of it, a few at a time:
    an endpoint that hangs holds up itself alone.
    """

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    # No constraint in the database: every call of an agency's businesses would lock the same row.
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_constraint=False
    )
    state = models.CharField(
        max_length=10,
        choices=DeliveryState.choices,
        default=DeliveryState.WAITING,
        db_default="waiting",
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField()
    # Of the last attempt: HTTP status (0: none), milliseconds, and what stood in the way, in words.
    status = models.PositiveSmallIntegerField(default=0, db_default=0)
    took_ms = models.PositiveIntegerField(default=0, db_default=0)
    problem = models.CharField(max_length=200, blank=True, default="", db_default="")
    answer = models.CharField(max_length=500, blank=True, default="", db_default="")
    last_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # Sent again by hand is a new attempt of the same row.
            models.UniqueConstraint(name="delivery_once", fields=["event", "endpoint"])
        ]
        indexes = [
            # used by: what is due of an endpoint, oldest first
            models.Index(
                name="delivery_due", fields=["endpoint", "due_at"], condition=Q(state="waiting")
            ),
            # used by: an endpoint's delivery log, newest first
            models.Index(name="delivery_log", fields=["endpoint", "-id"]),
            # used by: the same by the API
            models.Index(name="delivery_newest", fields=["endpoint", "-created_at", "-id"]),
            # used by: what did not get through, among all that did
            models.Index(
                name="delivery_lost",
                fields=["endpoint", "-created_at", "-id"],
                condition=Q(state__in=("gave_up", "dropped")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class CrmConnection(models.Model):
    """A business's connection to a CRM: one of each kind, its token encrypted."""

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="crm_connections")
    # A key of integrations.crm.CONNECTORS, such as "hubspot".
    kind = models.CharField(max_length=20)
    token = EncryptedTextField()
    # What of it may be shown: the account's name or portal id.
    account = models.CharField(max_length=120, blank=True, default="", db_default="")
    # The connector's own choices and what it learnt (such as the property it made).
    settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True, db_default=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_problem = models.CharField(max_length=300, blank=True, default="", db_default="")
    # It did not answer, or asked for a pause.
    rests_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="crm_connection_once", fields=["business", "kind"])
        ]

    def __str__(self) -> str:
        return f"{self.business}: {self.kind}"


class CrmPush(models.Model):
    """One thing that a CRM is told: asked again from the agenda until it took it."""

    # No constraint in the database: see Delivery.endpoint.
    connection = models.ForeignKey(
        CrmConnection, on_delete=models.PROTECT, related_name="pushes", db_constraint=False
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="pushes")
    state = models.CharField(
        max_length=10,
        choices=DeliveryState.choices,
        default=DeliveryState.WAITING,
        db_default="waiting",
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(default=timezone.now, db_default=Now())
    problem = models.CharField(max_length=300, blank=True, default="", db_default="")
    # What it is called over there, so that a repeat changes the same thing.
    remote_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "CRM pushes"
        constraints = [
            models.UniqueConstraint(name="crm_push_once", fields=["connection", "event"])
        ]
        indexes = [
            # used by: what is due of a connection, oldest first
            models.Index(
                name="crm_push_due", fields=["connection", "due_at"], condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection} {self.event_id}"
