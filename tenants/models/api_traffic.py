"""What clients of the API asked: their own log, and answers that a repeated request gets again."""

from __future__ import annotations

from django.db import models

from tenants.models.businesses import Agency, Business
from tenants.models.keys import ApiKey


class ApiRequest(models.Model):
    """One request of a client, as he may read it himself: no body, no secret, no number in the path.

    Kept fourteen days.
    """

    # No constraints in the database: see ProviderEvent.business.
    key = models.ForeignKey(
        ApiKey, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    business = models.ForeignKey(
        Business, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    agency = models.ForeignKey(
        Agency, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    # What the answer's X-Request-Id said.
    request_id = models.CharField(max_length=32)
    method = models.CharField(max_length=8)
    # The path without its query; numbers in it are replaced.
    path = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    # The code of the first error, '' for none.
    code = models.CharField(max_length=60, blank=True, default="")
    took_ms = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by: the log of a business and of an agency, newest first
            models.Index(name="api_request_of_business", fields=["business", "-at", "-id"]),
            models.Index(name="api_request_of_agency", fields=["agency", "-at", "-id"]),
            # used by: the same of one key
            models.Index(name="api_request_of_key", fields=["key", "-at", "-id"]),
            # used by: what was refused or failed, among all that was answered
            models.Index(
                name="api_refused_of_business",
                fields=["business", "-at", "-id"],
                condition=models.Q(status__gte=400),
            ),
            models.Index(
                name="api_refused_of_agency",
                fields=["agency", "-at", "-id"],
                condition=models.Q(status__gte=400),
            ),
            # used by: one request by what its answer was called
            models.Index(name="api_request_named", fields=["request_id"]),
            # used by: forgetting old ones
            models.Index(name="api_request_at", fields=["at"]),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class IdempotentAnswer(models.Model):
    """The answer to a request that carried an Idempotency-Key: a repeat gets it again, for a day.

    The row is written before the work, in its transaction; one without a status is still being
    worked on.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    wanted = models.CharField(max_length=255)  # the header, as the client chose it
    # SHA-256 of method, path and body: the same key for something else is a mistake.
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="idempotent_answer_once", fields=["key", "wanted"])
        ]
        indexes = [
            # used by: forgetting old ones
            models.Index(name="idempotent_answer_at", fields=["created_at"])
        ]

    def __str__(self) -> str:
        return self.wanted
