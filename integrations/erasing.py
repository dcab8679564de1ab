"""This room's part in erasing a person: events told of him lose number, name and words."""

from __future__ import annotations

from collections import Counter

from integrations.models import CrmPush, Delivery, DeliveryState, Event
from messaging.forgetting import Person
from tenants import idempotency
from tenants.models import Business


def erase(person: Person) -> Counter[str]:
    """Take a person out of what was told, or is to be (settings.ERASURE_HANDLERS).

    What waits to be told of him is told no more. What others were told before is theirs to forget.
    """
    found = Event.objects.filter(
        business=person.business_id, data__contact__id=person.contact_id
    ).exclude(data__has_key="erased")
    about = list(found.values_list("pk", flat=True))
    waiting = Delivery.objects.filter(event__in=about)
    waiting.filter(state=DeliveryState.WAITING).update(
        state=DeliveryState.DROPPED, problem="The person was erased."
    )
    waiting.update(answer="")
    CrmPush.objects.filter(event__in=about, state=DeliveryState.WAITING).update(
        state=DeliveryState.DROPPED, problem="The person was erased."
    )
    changed = Event.objects.filter(pk__in=about).update(
        data={"erased": True, "contact": {"id": person.contact_id, "phone": "", "name": ""}}
    )
    business = Business.objects.only("agency").get(pk=person.business_id)
    answers = idempotency.forget_words(business.pk, business.agency_id)
    return Counter({"events": changed, "answers": answers})
