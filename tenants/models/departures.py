"""A business that leaves: asked for, exported, and deleted once its days of grace are over."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.models.businesses import Business
from tenants.models.values import new_id


class Departure(models.Model):
    """One leaving of a business. What proves its consents outlives its schema, as a file of hashes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="departures")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    # The stage before, which comes back when somebody changes his mind.
    was = models.CharField(max_length=8)
    due_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    # From here on nobody can change his mind: files are being deleted.
    begun_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # The export: a path of the file storage, '' until it is made and after it is kept no longer.
    export = models.CharField(max_length=200, blank=True, default="", db_default="")
    export_bytes = models.BigIntegerField(default=0, db_default=0)
    export_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    export_made_at = models.DateTimeField(null=True, blank=True)
    # The ledger's rows, without numbers and words: a path, and where the chain ended.
    ledger = models.CharField(max_length=200, blank=True, default="", db_default="")
    ledger_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    # Why it is not deleted yet although it is due, in words for the agency.
    problem = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="departure_open_once",
                fields=["business"],
                condition=Q(undone_at=None, done_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.business} leaves on {self.due_at:%Y-%m-%d}"
