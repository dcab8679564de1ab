"""Each morning: what the day before left behind is told, and old notices are forgotten.

One agenda row a business (inbox.morning). It is asked at the business's own hour, whatever the
clocks did that night; a day is told once by the key of its notices.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from inbox.models import InboxPolicy, Notice, PushSubscription
from inbox.notices import digest, members
from inbox.notices.services import tell
from messaging.forgetting import Person
from tenants import agenda
from tenants.agenda import Later
from tenants.models import Business, Stage
from tenants.playbooks import Playbook
from tenants.scope import business_scope, current_business

KIND = "inbox.morning"
# A digest that comes so late tells of a day that is half over.
USEFUL_FOR = timedelta(hours=4)
KEEP_NOTICES = timedelta(days=90)


def run(item: agenda.Item) -> Later:
    """Agenda: tell the digest if it is its hour, forget old notices, and come again next morning."""
    now, business = timezone.now(), current_business()
    zone, policy = ZoneInfo(business.timezone), _policy()
    due = digest.moment(now.astimezone(zone).date(), policy.digest_at, zone)
    with transaction.atomic():
        Notice.objects.filter(created_at__lt=now - KEEP_NOTICES).delete()
        _forget_strangers(business)
        if policy.digest_on and due <= now < due + USEFUL_FOR:
            _tell(business, zone, now)
    return Later(digest.next_morning(policy.digest_at, zone, now))


def plan(business: Business, now: datetime) -> None:
    """Put a business's next morning on the agenda; again after its hour was changed."""
    with business_scope(str(business.schema_name)):
        at = _policy().digest_at
    due = digest.next_morning(at, ZoneInfo(business.timezone), now)
    agenda.drop(KIND, "daily", business.pk)
    agenda.put(KIND, "daily", lane="housekeeping", business_id=business.pk, due_at=due)


def begin(playbook: Playbook) -> None:
    """Plan the first morning of a new business (settings.BUSINESS_CREATED_HANDLERS)."""
    plan(current_business(), timezone.now())


def prepared() -> None:
    """After an update: every business has its morning (settings.PREPARED_HANDLERS)."""
    now = timezone.now()
    for business in Business.objects.exclude(stage=Stage.GONE).order_by("pk"):
        with transaction.atomic():
            plan(business, now)


def erase(person: Person) -> Counter[str]:
    """Take an erased person's words out of the notices about him (settings.ERASURE_HANDLERS)."""
    found = Notice.objects.filter(conversation__contact=person.contact_id).exclude(
        title="", body=""
    )
    return Counter({"notices": found.update(title="", body="")})


def _tell(business: Business, zone: ZoneInfo, now: datetime) -> None:
    figures = digest.gather(zone, now)
    if figures.is_empty:
        return
    tell(
        "digest", user_ids=members.present(business), channels=("push", "email"), url="/",
        title=lambda: digest.title(business.name), body=lambda: digest.summary(figures),
        key=f"digest:{now.astimezone(zone).date():%Y-%m-%d}",
    )  # fmt: skip


def _forget_strangers(business: Business) -> None:
    """The browsers of those who are members no more hear nothing; nor need we know them."""
    PushSubscription.objects.exclude(user__in=members.present(business)).delete()


def _policy() -> InboxPolicy:
    policy = InboxPolicy.objects.first()
    return policy if policy is not None else InboxPolicy(digest_at=time(8))
