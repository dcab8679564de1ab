from django.db import migrations, models

INDEXES = (
    ("event", "event_newest_of_all", ["-occurred_at", "-id"], "(occurred_at DESC, id DESC)"),
    (
        "delivery", "delivery_newest", ["endpoint", "-created_at", "-id"],
        "(endpoint_id, created_at DESC, id DESC)",
    ),
)  # fmt: skip


def built(model: str, name: str, fields: list[str], columns: str) -> object:
    """Build an index of a table of all businesses while it is used; a half of one is made anew."""
    gone = f"DROP INDEX CONCURRENTLY IF EXISTS public.{name}"
    made = f"CREATE INDEX CONCURRENTLY {name} ON public.integrations_{model} {columns}"
    return migrations.SeparateDatabaseAndState(
        [migrations.RunSQL([gone, made], gone)],
        [migrations.AddIndex(model_name=model, index=models.Index(fields=fields, name=name))],
    )


class Migration(migrations.Migration):
    """Nobody waits for them."""

    atomic = False
    dependencies = [("integrations", "0004_how_long_answers_take")]
    operations = [built(*each) for each in INDEXES]
