from typing import Any

from django.db import migrations, models

_TABLE = "tenants_apirequest"
_REFUSED = models.Q(status__gte=400)
_NEWEST = "at DESC, id DESC"
_MADE: tuple[tuple[str, list[str], str, models.Q | None], ...] = (
    ("api_request_of_key", ["key", "-at", "-id"], f"(key_id, {_NEWEST})", None),
    (
        "api_refused_of_business", ["business", "-at", "-id"],
        f"(business_id, {_NEWEST}) WHERE status >= 400", _REFUSED,
    ),
    (
        "api_refused_of_agency", ["agency", "-at", "-id"],
        f"(agency_id, {_NEWEST}) WHERE status >= 400", _REFUSED,
    ),
    ("api_request_named", ["request_id"], "(request_id)", None),
)  # fmt: skip


def built(name: str, fields: list[str], columns: str, condition: models.Q | None) -> Any:
    """Build an index of the requests of all clients while they ask; a half of one is made anew."""
    gone = f"DROP INDEX CONCURRENTLY IF EXISTS public.{name}"
    made = f"CREATE INDEX CONCURRENTLY {name} ON public.{_TABLE} {columns}"
    index = models.Index(fields=fields, name=name, condition=condition)
    return migrations.SeparateDatabaseAndState(
        [migrations.RunSQL([gone, made], gone)],
        [migrations.AddIndex(model_name="apirequest", index=index)],
    )


class Migration(migrations.Migration):
    """What a client narrows its log to is found without reading all of it."""

    atomic = False
    dependencies = [("tenants", "0031_log_names_nobody")]
    operations = [built(*each) for each in _MADE]
