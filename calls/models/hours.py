"""When a business is open."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class OpeningHours(models.Model):
    """One span of one weekday (Monday is 0), in the business's own time zone."""

    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name_plural = "opening hours"
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(name="opening_hours_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(
                name="opening_hours_in_order", condition=Q(opens__lt=models.F("closes"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}-{self.closes}"


class Holiday(models.Model):
    """A day on which the business is closed whatever the weekday says."""

    date = models.DateField(unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
