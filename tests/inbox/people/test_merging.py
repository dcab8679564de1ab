"""Two contacts that are one person: shown as one, each number with its own consent, undone exactly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inbox.models import Activity, Merge, Wait
from inbox.people import merging
from inbox.people.merging import MergeRefused
from inbox.people.numbers import chosen, numbers_of
from inbox.waits import services as waits
from messaging import erasure
from messaging.models import AuditEntry, ConsentEvent, Contact, Conversation, Message
from messaging.people import lock_contact
from messaging.services import NotAllowed, send_as
from tests.inbox.people.conftest import ADA
from tests.support.hooks import a_caller


def everything(contact: Contact, thread: Conversation) -> dict[str, object]:
    """What a contact and its conversation say, but for what a merge may touch of neither."""
    row = Contact.objects.filter(pk=contact.pk).values().get()
    return row | {f"thread_{k}": v for k, v in
                  Conversation.objects.filter(pk=thread.pk).values().get().items()}  # fmt: skip


def test_nothing_moves_and_undo_restores_exactly(two, dentist):
    with two.biz.scope():
        before = everything(two.kept, two.shown), everything(two.folded, two.hidden)
        texts = set(Message.objects.values_list("pk", "conversation_id"))
        consent = list(ConsentEvent.objects.order_by("pk").values_list("pk", "contact_id"))
        row = two.merge()
        assert set(Message.objects.values_list("pk", "conversation_id")) == texts
        assert list(ConsentEvent.objects.order_by("pk").values_list("pk", "contact_id")) == consent
        kept = two.kept
        assert (kept.name, kept.email, kept.tags) == (
            "Dana Reyes", "dana@reyes.example", ["estimate"],
        )  # fmt: skip
        assert kept.fields == {"boiler": "Vitodens"}
        assert two.folded.merged_into_id == kept.pk
        assert (two.hidden.hidden, two.shown.hidden) == ("merged", "")
        assert two.shown.last_line == "From the office" and two.shown.unread == 2
        assert two.merge().pk == row.pk  # once more is no error
        undone = merging.undo(row.pk, actor=ADA, at=timezone.now())
        assert undone.kept_since == ()
        assert (everything(two.kept, two.shown), everything(two.folded, two.hidden)) == before
        assert Wait.objects.filter(ended_at=None).count() == 2
        with pytest.raises(MergeRefused, match="apart already"):
            merging.undo(row.pk, actor=ADA, at=timezone.now())
        kinds = list(Activity.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["merged", "unmerged", "unmerged"]
        assert AuditEntry.objects.filter(action__startswith="contact.").count() == 2
    with dentist.scope():
        assert not Merge.objects.exists() and not Activity.objects.exists()


def test_what_was_changed_since_stays(two):
    with two.biz.scope():
        row = two.merge()
        kept = two.kept
        Contact.objects.filter(pk=kept.pk).update(
            email="new@reyes.example", tags=["estimate", "vip"]
        )
        undone = merging.undo(row.pk, actor=ADA, at=timezone.now())
        assert undone.kept_since == ("email",)
        assert (two.kept.email, two.kept.tags, two.kept.fields) == (
            "new@reyes.example",
            ["vip"],
            {},
        )
        assert two.folded.email == "dana@reyes.example" and two.folded.tags == ["estimate"]


def test_chains_loops_and_the_impossible_are_refused_with_words(two, twilio, work):
    third = a_caller("630")
    twilio.text(third, "Third")
    work()
    with two.biz.scope():
        other = Contact.objects.get(phone=third)

        def refused(kept: int, folded: int) -> str:
            with pytest.raises(MergeRefused) as problem:
                merging.merge(kept, folded, actor=ADA, at=timezone.now())
            return problem.value.sentence

        assert "same contact" in refused(two.kept.pk, two.kept.pk)
        assert "no longer there" in refused(two.kept.pk, 10**15)
        two.merge()
        assert "the other way round" in refused(two.folded.pk, two.kept.pk)
        assert "shown with somebody else" in refused(two.folded.pk, other.pk)
        assert "merged with somebody else" in refused(other.pk, two.folded.pk)
        assert "has other numbers merged into it" in refused(other.pk, two.kept.pk)
        Conversation.objects.filter(contact=other).update(hidden="staff")
        assert "own phone" in refused(two.kept.pk, other.pk)
        # A third number of the same person is fine.
        Conversation.objects.filter(contact=other).update(hidden="")
        merging.merge(two.kept.pk, other.pk, actor=ADA, at=timezone.now())
        assert len(numbers_of(two.kept)) == 3
        assert Merge.objects.filter(undone_at=None).count() == 2


def test_two_members_merge_at_once(two):
    with two.biz.scope():
        a, b = two.kept.pk, two.folded.pk

    def one_way() -> str:
        return _tried(two, a, b)

    def other_way() -> str:
        return _tried(two, b, a)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(each) for each in (one_way, other_way, one_way, other_way)]
        outcomes = [each.result(30) for each in asked]
    with two.biz.scope():
        assert Merge.objects.filter(undone_at=None).count() == 1
        assert sorted(outcomes) == ["merged", "merged", "refused", "refused"]
        merged = Contact.objects.filter(merged_into__isnull=False).get()
        row = Merge.objects.get(undone_at=None)
        assert merged.pk == row.folded_id and merged.merged_into_id == row.kept_id


def _tried(two, kept: int, folded: int) -> str:
    try:
        with two.biz.scope():
            merging.merge(kept, folded, actor=ADA, at=timezone.now())
    except MergeRefused:
        return "refused"
    finally:
        connection.close()
    return "merged"


def test_a_text_to_the_folded_number_surfaces_where_it_is_shown(two, twilio, work, owner):
    with two.biz.scope():
        two.merge()
        Conversation.objects.filter(pk=two.shown.pk).update(
            state="closed", closed_at=timezone.now(), unread=0, waiting_since=None
        )
        with transaction.atomic():
            waits.end_all([two.shown.pk, two.hidden.pk], Wait.Ended.CLOSED, timezone.now())
    twilio.text(two.folded_phone, "Are you coming today?")
    work()
    with two.biz.scope():
        shown, hidden = two.shown, two.hidden
        assert (shown.state, shown.unread, shown.last_line) == ("open", 1, "Are you coming today?")
        assert shown.waiting_since is not None and shown.actionable_at == shown.waiting_since
        assert (hidden.hidden, hidden.unread, hidden.state) == ("merged", 0, "closed")
        text = Message.objects.get(body="Are you coming today?")
        assert text.conversation_id == hidden.pk  # it stays with its number
        wait = Wait.objects.get(ended_at=None)
        assert wait.conversation_id == shown.pk and wait.began_at == text.created_at
        shown_id, hidden_id = shown.pk, hidden.pk
    page = owner.get(f"/c/{hidden_id}/")
    assert f'data-conversation="{shown_id}"' in page and "Are you coming today?" in page
    assert "From my cell" in page and "From the office" in page


def test_a_missed_call_of_the_folded_number_surfaces_as_well(two, twilio, work):
    with two.biz.scope():
        two.merge()
        Conversation.objects.filter(pk=two.shown.pk).update(
            state="closed", closed_at=timezone.now(), unread=0, waiting_since=None
        )
    call = twilio.call(two.folded_phone)
    call.arrives()
    call.dial_ends("no-answer")
    work()
    call.ends()
    work()
    with two.biz.scope():
        assert two.shown.state == "open" and two.shown.last_at >= two.hidden.last_at
        assert two.shown.unread == 1 and two.hidden.unread == 0
        # The rule texted the number that called, by that number's own consent.
        text = Message.objects.filter(author="rule").order_by("-created_at").first()
        assert text is None or text.their_number == two.folded_phone


def test_an_answer_by_either_number_ends_the_waiting(two):
    with two.biz.scope():
        two.merge()
        assert two.shown.waiting_since is not None
        assert Wait.objects.filter(conversation=two.shown, ended_at=None).count() == 1
        send_as(two.folded_phone, "On our way", author="person", author_name="Ada", author_user=7)
        shown = two.shown
        assert shown.waiting_since is None and shown.unread == 0 and shown.last_line == "On our way"
        wait = Wait.objects.get(conversation=two.shown)
        assert not Wait.objects.filter(ended_at=None).exists()
        assert (wait.ended_how, wait.answered_by_name) == ("answered", "Ada")


def test_an_opt_out_holds_for_its_own_number_alone(two, twilio, work, owner, dentist):
    with two.biz.scope():
        two.merge()
        shown_id = two.shown.pk
    twilio.text(two.folded_phone, "STOP")
    work()
    with two.biz.scope():
        assert two.folded.opted_out_at is not None and two.kept.opted_out_at is None
        with pytest.raises(NotAllowed):
            send_as(two.folded_phone, "Hello?", author="person")
        assert (
            send_as(two.kept_phone, "Hello there", author="person").their_number == two.kept_phone
        )
        default = next(each for each in numbers_of(two.kept) if each.is_default)
        assert default.phone == two.kept_phone
        folded, kept = two.folded, two.kept
    page = owner.get(f"/c/{shown_id}/")
    assert "opted out: no texts to that number." in page and 'name="whom"' in page
    # Chosen all the same, it is refused and nothing goes to the other number instead.
    before = _sent(two)
    answer = owner.sent(f"/c/{shown_id}/reply/", {"body": "Please answer", "whom": str(folded.pk)})
    assert answer.status_code == 422 and "Please answer" in answer.content.decode()
    assert _sent(two) == before
    person = owner.get(f"/contacts/{kept.pk}/")
    assert "opted out: no texts to that number." in person
    listed = owner.get("/contacts/")
    assert "One number opted out" in listed
    assert "One number opted out" in owner.get("/contacts/", show="opted-out")
    with dentist.scope():
        assert not Message.objects.exists()


def _sent(two) -> list[str]:
    with two.biz.scope():
        found = Message.objects.filter(direction="out", author="person").order_by("pk")
        return list(found.values_list("their_number", flat=True))


def test_a_reply_goes_to_the_number_that_is_chosen(two, owner):
    with two.biz.scope():
        two.merge()
        shown_id, folded, kept = two.shown.pk, two.folded, two.kept
        stranger = lock_elsewhere(two)
    page = owner.get(f"/c/{shown_id}/")
    # They wrote from the office last: that is where an answer goes.
    assert f'<option value="{folded.pk}" selected>' in page
    assert (
        owner.sent(
            f"/c/{shown_id}/reply/", {"body": "To the office", "whom": str(folded.pk)}
        ).status_code
        == 303
    )
    assert (
        owner.sent(
            f"/c/{shown_id}/reply/", {"body": "To the cell", "whom": str(kept.pk)}
        ).status_code
        == 303
    )
    for nobody in (str(stranger.pk), "x", "9" * 30):
        answer = owner.sent(f"/c/{shown_id}/reply/", {"body": "To nobody", "whom": nobody})
        assert answer.status_code == 422 and "no longer this person" in answer.content.decode()
    assert _sent(two) == [folded.phone, kept.phone]
    with two.biz.scope():
        assert chosen(kept, "") == kept and chosen(kept, str(stranger.pk)) is None


def lock_elsewhere(two) -> Contact:
    with transaction.atomic():
        return lock_contact(a_caller("847"), timezone.now(), "Somebody else")


def test_erasing_one_number_leaves_the_other(two, owner):
    with two.biz.scope():
        two.merge()
        kept, folded = two.kept, two.folded
    page = owner.get(f"/contacts/{kept.pk}/")
    assert "1 other number is the same person" in page
    with two.biz.scope():
        erasure.erase(folded.pk, actor="Ada", door="page", at=timezone.now())
        row = Merge.objects.get()
        assert "dana@reyes.example" not in str(row.gained)
        assert folded.phone not in str(Activity.objects.values_list("detail", flat=True))
        gone = Contact.objects.get(pk=folded.pk)
        assert (gone.email, gone.fields, gone.company) == ("", {}, "")
        assert two.kept.name == "Dana Reyes" and two.kept.erased_at is None
        assert [each.phone for each in numbers_of(two.kept)] == [two.kept_phone]
    assert "Dana Reyes" in owner.get(f"/contacts/{kept.pk}/")


def test_erasing_the_kept_one_lets_the_others_stand_alone(two):
    with two.biz.scope():
        two.merge()
        kept = two.kept.pk
        erasure.erase(kept, actor="Ada", door="page", at=timezone.now())
        assert two.folded.merged_into_id is None and two.hidden.hidden == ""
        assert Message.objects.filter(conversation=two.hidden, body="From the office").exists()
        assert Merge.objects.get().undone_at is not None
        assert Contact.objects.get(pk=kept).email == ""


def test_somebody_nobody_wrote_with_is_merged_and_taken_apart(two):
    with two.biz.scope():
        with transaction.atomic():
            bare = lock_contact(a_caller("847"), timezone.now(), "Dana R.")
        row = merging.merge(bare.pk, two.folded.pk, actor=ADA, at=timezone.now())
        shown = Conversation.objects.get(contact=bare)
        assert (shown.hidden, shown.state, shown.last_line) == ("", "open", "From the office")
        merging.undo(row.pk, actor=ADA, at=timezone.now())
        shown.refresh_from_db()
        assert shown.state == "closed" and two.hidden.state == "open"


def test_who_looks_alike_is_suggested(two, owner):
    with two.biz.scope():
        Contact.objects.filter(phone=two.kept_phone).update(email="DANA@reyes.example")
        kept, folded = two.kept, two.folded
    page = owner.get(f"/contacts/{kept.pk}/")
    assert "Perhaps the same person" in page and "Same e-mail address" in page
    assert "Same e-mail address" in owner.get(f"/contacts/{kept.pk}/merge/")
    page = owner.post(f"/contacts/{kept.pk}/merge/", {"other": str(folded.pk)})
    assert "you can take it apart at any time" in page and "Take apart" in page
    assert "Perhaps the same person" not in page
    for other in ("", "x", str(kept.pk), "9" * 18):
        assert "Not merged." in owner.post(f"/contacts/{kept.pk}/merge/", {"other": other}, 422)
    found = owner.get("/contacts/", q=folded.phone[-7:])
    assert "Dana Reyes" in found and "and 1 other number" in found
    with two.biz.scope():
        row = Merge.objects.get()
    page = owner.post(f"/contacts/merges/{row.pk}/undo/")
    assert "is a person of its own again" in page
    assert "apart already" in owner.post(f"/contacts/merges/{row.pk}/undo/")


def test_an_opt_out_by_phone_says_which_numbers_are_left(two, owner):
    with two.biz.scope():
        two.merge()
        kept, folded = two.kept, two.folded
    page = owner.post(f"/contacts/{kept.pk}/opt-out/")
    assert "They still get texts at" in page
    with two.biz.scope():
        assert two.kept.opted_out_at is not None and two.folded.opted_out_at is None
    assert "They still get texts at" not in owner.post(f"/contacts/{folded.pk}/opt-out/")
