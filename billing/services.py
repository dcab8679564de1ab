"""Counting what was used."""

from __future__ import annotations

from django.db import connection


def count_use(business_id: int, kind: str, key: str, quantity: int) -> None:
    """Record a use once per `key`, in the current transaction; a repeat changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.billing_usagerecord (business_id, kind, key, quantity, occurred_at) "
            "VALUES (%s, %s, %s, %s, now()) ON CONFLICT (key) DO NOTHING",
            [business_id, kind, key, quantity],
        )
