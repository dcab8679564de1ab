"""What is overwritten when a person is erased: texts, webhooks, alerts, holds, the ledger's details.

The verb that begins it is messaging/erasure.py; upper rooms take part through
settings.ERASURE_HANDLERS.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import Q
from django.utils.module_loading import import_string

from messaging.models import Alert, Conversation, LegalHold, Message, Refusal
from messaging.retained import without_their_words
from messaging.scrub import NOBODY, Scrubber, without_person, without_quotes
from messaging.stored_webhooks import rewrite, rewrite_given_up
from tenants import live

NAME = "Erased person"
WHY = "This person was erased."


@dataclass(frozen=True, slots=True)
class Person:
    """Who is being erased, for every room's part in it.

    placeholder: what stands where the number stood; phone and who: '' and nobody when the number
    is not known any more, on a later look.
    """

    contact_id: int
    business_id: int
    placeholder: str
    at: datetime
    phone: str = field(default="", repr=False)
    who: Scrubber = NOBODY
    our_numbers: frozenset[str] = frozenset()

    def forget_webhooks(self, provider: str, subjects: list[str]) -> int:
        """Take the person out of the stored webhooks about these calls or texts; returns how many."""
        return rewrite(self.business_id, provider, subjects, self._change(), self.who)

    def forget_given_up(self) -> int:
        """Take the person out of the webhooks that could not be processed; returns how many."""
        return rewrite_given_up(self.business_id, self._change(), self.who)

    def _change(self) -> partial[dict[str, object]]:
        return partial(
            without_person, ours=self.our_numbers, placeholder=self.placeholder, who=self.who
        )


def forget(person: Person) -> Counter[str]:
    """Overwrite what each room keeps about the person's texts and calls; may be done again."""
    counts: Counter[str] = Counter()
    counts["texts"] = _forget_texts(person)
    counts["blocked texts"] = _forget_refusals(person)
    providers: dict[str, list[str]] = {}
    known = Message.objects.filter(conversation__contact=person.contact_id, provider_id__gt="")
    for provider, provider_id in known.values_list("provider", "provider_id"):
        providers.setdefault(provider, []).append(str(provider_id))
    for provider, subjects in providers.items():
        counts["webhooks"] += person.forget_webhooks(provider, subjects)
    for path in settings.ERASURE_HANDLERS:
        counts.update(import_string(path)(person))
    conversation = Conversation.objects.filter(contact=person.contact_id)
    conversation.update(last_line="", unread=0)
    for pk in conversation.values_list("pk", flat=True):
        live.changed(pk)
    return counts


def _forget_texts(person: Person) -> int:
    texts = Message.objects.filter(conversation__contact=person.contact_id)
    for text in texts.only(
        "body", "clearances", "error_code", "error_sentence", "client_token"
    ).iterator():
        token = text.client_token
        if token and person.who.text(token, text.body) != token:
            token = f"erased:{text.pk}"
        clearances, sentence = without_their_words(text)
        clearances = person.who.value(clearances, text.body)
        sentence = person.who.text(sentence, text.body)
        changed = (clearances, sentence, token)
        if changed != (text.clearances, text.error_sentence, text.client_token):
            Message.objects.filter(pk=text.pk).update(
                clearances=clearances, error_sentence=sentence, client_token=token
            )
    texts.filter(author="contact").update(author_name="")
    # A second look changes nothing. One that retention had blanked still names the number.
    return texts.exclude(their_number=person.placeholder).update(
        body="", body_hash="", media=[], their_number=person.placeholder, erased_at=person.at
    )


def _forget_refusals(person: Person) -> int:
    count = 0
    for refusal in Refusal.objects.filter(contact=person.contact_id):
        clearance = person.who.value(without_quotes(refusal.clearance), refusal.body)
        if refusal.body or clearance != refusal.clearance:
            refusal.body, refusal.clearance = "", clearance
            refusal.save(update_fields=["body", "clearance"])
            count += 1
    return count


def forget_what_names(person: Person, mark: str, name: str, actor: str) -> Counter[str]:
    """Take number and name out of what is found by them alone: done once, while they are known."""
    counts: Counter[str] = Counter()
    with connection.cursor() as cursor:
        # Under any contact this number ever had. The ledger keeps the hashes, and still verifies.
        cursor.execute(
            "DELETE FROM messaging_consentdetail d USING messaging_consentevent e "
            "WHERE e.id = d.event_id AND e.phone_mark = %s",
            [mark],
        )
        counts["ledger details"] = cursor.rowcount
    counts["webhooks"] = person.forget_given_up()
    counts["alerts"] = _forget_alerts(person, name, actor)
    for hold in LegalHold.objects.filter(phone_mark=mark):  # all lifted, else we were not here
        hold.phone, hold.reason = "", person.who.text(hold.reason)
        hold.save(update_fields=["phone", "reason"])
    # Support's log names rows as they were called when they were changed.
    LogEntry.objects.filter(
        content_type__app_label="messaging",
        content_type__model="contact",
        object_id=str(person.contact_id),
        object_repr__in=[person.phone, name or person.phone],
    ).update(object_repr=NAME)
    return counts


def _forget_alerts(person: Person, name: str, actor: str) -> int:
    about = Q(contact=person.contact_id) | Q(subject__contains=person.phone[-4:])
    about |= Q(sentence__contains=person.phone[-4:]) | Q(fix__contains=person.phone[-4:])
    if name:
        about |= Q(sentence__icontains=name) | Q(fix__icontains=name) | Q(subject__icontains=name)
    count = 0
    for alert in Alert.objects.filter(about):
        theirs = alert.contact_id == person.contact_id
        subject = person.who.text(alert.subject)
        sentence = WHY if theirs else person.who.text(alert.sentence)
        fix = "" if theirs else person.who.text(alert.fix)
        if (subject, sentence, fix) == (alert.subject, alert.sentence, alert.fix):
            continue
        if (theirs or subject != alert.subject) and alert.resolved_at is None:
            alert.resolved_at, alert.resolved_by = person.at, actor[:120]
        alert.subject, alert.sentence, alert.fix = subject, sentence, fix
        alert.save(update_fields=["subject", "sentence", "fix", "resolved_at", "resolved_by"])
        count += 1
    return count
