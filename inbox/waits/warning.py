"""What is said to whoever writes a ready text that promises more than the opening hours keep."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.waits.policy import answering
from inbox.waits.preview import moment
from inbox.waits.promise_check import out_of_hours


def promise_warning(body: str) -> str:
    """Return a sentence where a rule's text could promise something for a closed hour, else ''."""
    if not body.strip():
        return ""
    rules = answering()
    found = out_of_hours(body, rules.hours, timezone.now())
    if found is None:
        return ""
    at, promise = found
    return _(
        "A promise nobody may be there to keep: sent on %(at)s, “%(words)s” means %(due)s, when you "
        "are closed. Let a rule use it in opening hours alone, or say {next_open}."
    ) % {
        "at": moment(at, rules.hours, at), "words": promise.words,
        "due": moment(promise.due_at, rules.hours, promise.due_at),
    }  # fmt: skip
