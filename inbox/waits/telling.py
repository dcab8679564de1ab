"""What is told of a promise that is due soon or was broken, and to whom."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from inbox.models import Promise
from inbox.notices import services as notices
from inbox.waits import ladder
from inbox.waits.climbing import whom_to_tell
from inbox.waits.policy import answering
from inbox.waits.promises import CALL
from messaging.models import Conversation
from tenants import live

_SOON = ladder.Step(0, ("live", "push"), "owner_or_all")


def tell(row: Promise, thread: Conversation, now: datetime) -> None:
    """Tell whoever sees to a person that a promise is due soon, or that it was broken. `now` is aware.

    thread: the conversation the person is shown in; must run in the transaction that noticed it.
    """
    is_broken = row.state == Promise.State.BROKEN
    steps = answering().steps
    step = steps[-1] if is_broken and steps else _SOON
    name = notices.name_of(thread)
    minutes = max(1, int((row.due_at - now).total_seconds() // 60))

    def title() -> str:
        if is_broken:
            return _("A promise to %(name)s was not kept") % {"name": name}
        if row.what == "visit":
            return _("%(name)s expects a visit within %(count)d min") % {
                "name": name, "count": minutes,
            }  # fmt: skip
        if row.what == CALL:
            return _("%(name)s expects a call within %(count)d min") % {
                "name": name, "count": minutes,
            }  # fmt: skip
        return _("%(name)s expects to hear from you within %(count)d min") % {
            "name": name, "count": minutes,
        }  # fmt: skip

    users, must_reach = whom_to_tell(step, thread, now, is_last=is_broken, kind="promise")
    notices.tell(
        "promise", user_ids=users, must_reach=must_reach,
        channels=step.channels, conversation_id=thread.pk, title=title, body=f"“{row.words}”",
        key=f"promise:{row.pk}:{'broken' if is_broken else 'soon'}",
    )  # fmt: skip
    live.changed(thread.pk)
