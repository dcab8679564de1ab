"""The queue over HTTP: folders, what is done with conversations, by two at once, and what others see of it."""

from __future__ import annotations

import json
import re
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from inbox import handling
from inbox.activity import Actor
from inbox.handling import HandlingError
from inbox.models import Activity, SavedView, Tag, Team, TeamMember
from inbox.queue.counts import counts
from inbox.queue.drawing import rows_html
from inbox.templatetags.queue import line_words
from messaging import alerts
from messaging.models import Alert, Contact, Conversation
from messaging.people import lock_contact, touch_conversation
from tenants.models import AgendaItem, Role
from tests.inbox.conftest import Member, a_member
from tests.support.hooks import a_caller


@pytest.fixture
def people(plumber, dentist):
    """Five people of the plumber, each with a conversation, the first waiting longest; and one of the dentist."""
    now = timezone.now()
    made = []
    with plumber.scope():
        for place in range(5):
            made.append(_person(f"Person {place}", now - timedelta(minutes=50 - place * 10)))
    with dentist.scope():
        _person("Stranger", now)
    return made


def _person(name, at) -> int:
    from django.db import transaction

    with transaction.atomic():
        contact = lock_contact(a_caller("312"), at, name)
        pk = touch_conversation(
            contact.pk, at=at, line=f"Hello from {name}", direction="in", unread=1
        )
        Conversation.objects.filter(pk=pk).update(waiting_since=at)
    return pk


def names(page: str) -> list[str]:
    return re.findall(r'queue-row__title">([^<]+)<', page)


def state(plumber, pk) -> Conversation:
    with plumber.scope():
        return Conversation.objects.get(pk=pk)


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def asked(member: Member, path: str, data) -> tuple[int, str]:
    """POST as htmx does."""
    answer = member.client.post(path, data, headers={"host": member.host, "hx-request": "true"})
    return answer.status_code, answer.content.decode()


def do(member: Member, do: str, ids, **more) -> str:
    status, page = asked(member, "/inbox/handle/", {"do": do, "id": ids, **more})
    assert status == 200, page
    return page


def test_home_is_what_waits_longest_first(people, owner, other_owner, plumber):
    assert names(owner.get("/")) == [f"Person {n}" for n in range(5)]
    assert names(owner.get("/?sort=newest")) == [f"Person {n}" for n in (4, 3, 2, 1, 0)]
    with plumber.scope():
        Conversation.objects.filter(pk=people[0]).update(waiting_since=None)
        Conversation.objects.filter(pk=people[1]).update(hidden="test")
    assert names(owner.get("/")) == ["Person 2", "Person 3", "Person 4"]
    assert names(owner.get("/?folder=all")) == ["Person 4", "Person 3", "Person 2", "Person 0"]
    assert names(other_owner.get("/")) == ["Stranger"]


def test_a_folder_holds_what_it_says(people, owner, agent, plumber):
    with plumber.scope():
        team = Team.objects.create(name="Dispatch", created_at=timezone.now())
        TeamMember.objects.create(team=team, user=agent.user.pk)
    do(owner, f"assign={agent.user.pk}", people[0])
    do(owner, f"team={team.pk}", people[1])
    do(owner, "close", people[2])
    do(owner, "snooze", people[3], until=(timezone.now() + timedelta(days=2)).isoformat())
    assert names(agent.get("/?folder=mine")) == ["Person 0"] and not names(
        owner.get("/?folder=mine")
    )
    assert names(agent.get(f"/?folder=team&team={team.pk}")) == ["Person 1"]
    assert names(agent.get("/?folder=unassigned")) == ["Person 4"]
    assert names(agent.get("/?folder=closed")) == ["Person 2"]
    assert names(agent.get("/?folder=snoozed")) == ["Person 3"]
    assert names(agent.get("/?folder=all")) == ["Person 4", "Person 1", "Person 0"]
    told = json.loads(agent.get("/inbox/counts/"))
    assert told == {
        "actionable": 3, "mine": 1, "unassigned": 1, "all": 3, "snoozed": 1, "closed": 1,
        "unread": 4, f"team-{team.pk}": 1,
    }  # fmt: skip


def test_a_list_goes_on_where_it_ended_whatever_comes_meanwhile(plumber, owner):
    now = timezone.now()
    with plumber.scope():
        people = Contact.objects.bulk_create(
            Contact(phone=f"+1312555{n:04d}", name=f"P{n}", created_at=now) for n in range(120)
        )
        Conversation.objects.bulk_create(
            # Ten share each moment: only the id tells them apart.
            Conversation(contact=each, last_at=now - timedelta(minutes=n // 10), created_at=now)
            for n, each in enumerate(people)
        )
    page, seen = owner.get("/?folder=all"), []
    while True:
        seen += names(page)
        more = re.search(r'hx-get="(/inbox/list/\?[^"]*after=[^"]+)"', page)
        if not more:
            break
        with plumber.scope():
            _person("Late", timezone.now())  # comes in above, and moves nothing below
        page = owner.get(more[1].replace("&amp;", "&"))
    assert len(seen) == 120 and len(set(seen)) == 120
    assert len(names(owner.get("/inbox/list/?folder=all&upto=100"))) == 100
    owner.get("/inbox/list/?folder=all&after=w1.1", status=422)
    assert names(owner.get("/?folder=all&after=nonsense"))[0] == "Late"


@pytest.mark.parametrize(
    "query",
    ["folder=%00", "folder=team&team=99999999999999999999", "tag=" + "x" * 5000, "words='%25%5C%00|!(",
     "who=-1", "after=%00", "upto=99999", "sort=up", "selected=" + "9" * 30],
)  # fmt: skip
def test_no_address_breaks_the_page(query, people, owner):
    assert "queue-list" in owner.get(f"/?{query}")
    status = owner.client.get(f"/inbox/list/?{query}", headers={"host": owner.host}).status_code
    assert status in (200, 422)


def test_closing_is_handling(people, owner, plumber):
    with plumber.scope():
        contact = Contact.objects.get(conversation=people[0])
        alerts.raise_alert(
            "CALLED_AGAIN", "They called again.", at=timezone.now(), subject=contact.phone,
            contact=contact,
        )  # fmt: skip
        now = timezone.now()
        Conversation.objects.filter(pk=people[0]).update(
            escalated_at=now, voicemail_at=now, failed_at=now, promise_at=now
        )
    page = do(owner, "close", people[0])
    assert "Closed." in page
    closed = state(plumber, people[0])
    assert closed.state == "closed" and closed.closed_at and closed.unread == 0
    assert not any(getattr(closed, name) for name in handling.NEEDS)
    with plumber.scope():
        assert not Alert.objects.filter(resolved_at=None).exists()
        told = Activity.objects.get(conversation=people[0])
    assert (told.kind, told.actor, told.actor_name) == ("closed", owner.user.pk, str(owner.user))
    assert "Nothing to change" in do(owner, "close", people[0])
    # Whoever writes again opens it, as it was before it was closed.
    with plumber.scope():
        touch_conversation(
            closed.contact_id, at=timezone.now(), line="Me again", direction="in", unread=1
        )
    assert "Person 0" in names(owner.get("/?folder=all"))


def test_what_was_done_is_taken_back_unless_somebody_changed_it_since(
    people, owner, agent, plumber
):
    before = state(plumber, people[0])
    token = token_of(do(owner, "close", [people[0], people[1]]))
    with plumber.scope():
        handling.reopen([people[1]], Actor(agent.user.pk, "Ada"), timezone.now())
    assert asked(agent, "/inbox/undo/", {"token": token})[0] == 422  # it is not his to take back
    assert asked(owner, "/inbox/undo/", {"token": token + "x"})[0] == 422
    status, page = asked(owner, "/inbox/undo/", {"token": token})
    assert status == 200 and "Taken back." in page
    again = state(plumber, people[0])
    assert (again.state, again.waiting_since, again.unread) == ("open", before.waiting_since, 1)
    assert state(plumber, people[1]).waiting_since is None  # reopened by another: left as it was
    assert "changed it since" in asked(owner, "/inbox/undo/", {"token": token})[1]


def test_a_snooze_ends_by_itself(people, owner, plumber, work, pass_time):
    with plumber.scope():
        Conversation.objects.filter(pk=people[0]).update(waiting_since=None, last_direction="out")
    do(owner, "snooze", people[0], until=(timezone.now() + timedelta(hours=1)).isoformat())
    work()
    assert state(plumber, people[0]).state == "snoozed"
    pass_time(3601)
    work()  # asked too early by its own clock: it waits on
    assert state(plumber, people[0]).state == "snoozed"
    with plumber.scope():
        Conversation.objects.filter(pk=people[0]).update(snoozed_until=timezone.now())
    AgendaItem.objects.filter(kind="inbox.wake").update(due_at=timezone.now())
    work()
    woken = state(plumber, people[0])
    assert (woken.state, woken.snoozed_until) == ("open", None) and woken.actionable_at is not None
    assert "Follow up" in owner.get("/")
    with plumber.scope():
        kinds = list(Activity.objects.order_by("id").values_list("kind", "actor"))
    assert kinds == [("snoozed", owner.user.pk), ("woken", None)]


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T08:00", "2999-01-01T08:00", "\x00"])
def test_a_snooze_until_never_is_refused(until, people, owner, plumber):
    status, page = asked(owner, "/inbox/handle/", {"do": "snooze", "id": people[0], "until": until})
    assert status == 422 and "hoose a" in page
    assert state(plumber, people[0]).state == "open"


def test_tags_are_given_and_taken_off(people, owner, plumber):
    assert "2 people tagged “leak”." in do(owner, "tag", people[:2], tag=" Leak ")
    assert names(owner.get("/?folder=all&tag=leak")) == ["Person 1", "Person 0"]
    token = token_of(do(owner, "tag", people[1:3], tag="leak"))  # one of them has it already
    asked(owner, "/inbox/undo/", {"token": token})
    with plumber.scope():
        tagged = Contact.objects.filter(tags__contains=["leak"]).order_by("name")
        assert [each.name for each in tagged] == ["Person 0", "Person 1"]
        assert Tag.objects.get().name == "leak"
    do(owner, "untag", people, tag="leak")
    assert names(owner.get("/?folder=all&tag=leak")) == []
    for wrong in ("", "a,b", "test call", "x" * 41):
        assert (
            asked(owner, "/inbox/handle/", {"do": "tag", "id": people[0], "tag": wrong})[0] == 422
        )


def test_what_cannot_be_is_refused(people, owner, dentist, plumber):
    with dentist.scope():
        theirs = Conversation.objects.get().pk
        stranger = a_member(dentist, Role.AGENT, "Zed")
    for do_, ids in (
        ("close", []), ("explode", people[:1]), ("assign=abc", people[:1]),
        (f"assign={stranger.pk}", people[:1]), ("team=999", people[:1]), ("team=", people[:1]),
        ("close", list(range(1, 600))),
    ):  # fmt: skip
        assert asked(owner, "/inbox/handle/", {"do": do_, "id": ids})[0] == 422, do_
    # An id of another business is nobody here.
    if theirs not in people:
        assert "Nothing to change" in do(owner, "close", theirs)
    with dentist.scope():
        assert Conversation.objects.get(pk=theirs).state == "open"
        assert not Activity.objects.exists()
    assert all(state(plumber, pk).state == "open" for pk in people)


def test_without_scripts_one_comes_back_to_where_one_was(people, owner):
    answer = owner.sent("/inbox/handle/", {"do": "close", "id": people[0], "next": "/?folder=all"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/?folder=all"
    assert "Closed." in owner.get("/?folder=all")
    away = owner.sent(
        "/inbox/handle/", {"do": "close", "id": people[1], "next": "https://evil.example/"}
    )
    assert away.headers["Location"] == "/"
    page = owner.post("/inbox/handle/", {"do": "close"}, status=422)
    assert "Choose a conversation first." in page


def at_once(plumber, *acts):
    """Run verbs in threads of their own that begin together; returns what each returned."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            with plumber.scope():
                start.wait()
                results[place] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_who_close_at_once_close_once(people, plumber):
    now = timezone.now()
    for _ in range(5):
        done = at_once(
            plumber,
            lambda: handling.close(people, Actor(1, "Ada"), now),
            lambda: handling.close(people[::-1], Actor(2, "Ben"), now),
        )
        assert sorted(each.count for each in done) == [0, 5]
        with plumber.scope():
            assert Activity.objects.filter(kind="closed").count() == 5
            Activity.objects.all().delete()
            handling.reopen(people, Actor(1, "Ada"), now)
            Activity.objects.all().delete()


def test_two_who_assign_at_once_are_one_after_the_other(people, plumber, agent, manager):
    ada, max_ = Actor(agent.user.pk, "Ada"), Actor(manager.user.pk, "Max")
    done = at_once(
        plumber,
        lambda: handling.assign(people, ada.id, ada, timezone.now()),
        lambda: handling.assign(people[::-1], max_.id, max_, timezone.now()),
    )
    assert [each.count for each in done] == [5, 5]
    with plumber.scope():
        owners = set(Conversation.objects.values_list("assignee", flat=True))
        last = Activity.objects.order_by("-id").first()
    assert owners == {last.actor}  # whoever came second has them all, and the thread says so


def test_a_member_who_left_gets_nothing(people, plumber, agent):
    agent.user.memberships.update(is_active=False)
    with plumber.scope(), pytest.raises(HandlingError) as problem:
        handling.assign(people, agent.user.pk, Actor(1, "Ada"), timezone.now())
    assert problem.value.field == "assignee"


def test_views_are_ones_own_or_everybodys(people, owner, agent, other_owner, plumber):
    owner.post("/inbox/views/", {"name": "Leaks", "query": "folder=all&tag=leak", "shared": "1"})
    agent.post(
        "/inbox/views/", {"name": "My new ones", "query": "folder=mine&sort=waiting", "shared": "1"}
    )
    with plumber.scope():
        assert dict(SavedView.objects.values_list("name", "owner")) == {
            "Leaks": None, "My new ones": agent.user.pk,  # an agent's is his own, whatever he sent
        }  # fmt: skip
        leaks = SavedView.objects.get(name="Leaks").pk
    assert "Leaks" in agent.get("/") and "My new ones" not in owner.get("/")
    assert "Leaks" not in other_owner.get("/")
    agent.sent(f"/inbox/views/{leaks}/delete/")
    assert "Leaks" in owner.get("/")
    owner.sent(f"/inbox/views/{leaks}/delete/")
    assert "Leaks" not in owner.get("/")
    assert "Give it a name" in owner.post("/inbox/views/", {"name": " ", "query": "x"}, status=422)


def test_a_row_is_the_same_for_whoever_looks_and_hidden_ones_have_none(people, plumber):
    with plumber.scope():
        Conversation.objects.filter(pk=people[1]).update(hidden="staff")
        html = rows_html([*people[:2], 10**9], "en", "America/Chicago")
        spanish = rows_html(people[:1], "es", "America/Chicago")
    assert names(html) == ["Person 0"] and f'data-key="c{people[0]}"' in html
    assert "aria-current" not in html and names(spanish) == ["Person 0"]
    assert rows_html([], "en", "UTC") == ""


def test_a_name_is_text(plumber, owner):
    with plumber.scope():
        _person("<script>alert(1)</script>", timezone.now())
        Tag.objects.create(name="<b>", created_at=timezone.now())
        Contact.objects.update(tags=["<b>"])
    page = owner.get("/")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page and "<b>" not in page


def test_the_page_asks_little_of_the_database(people, owner, plumber):
    owner.get("/")
    for path in (
        "/",
        "/?folder=all",
        "/inbox/list/?folder=all",
        "/inbox/counts/",
        "/search/?q=person",
    ):
        with CaptureQueriesContext(connection) as seen:
            owner.get(path)
        asked_ = [each["sql"] for each in seen if "search_path" not in each["sql"]]
        assert len(asked_) <= 12, (path, len(asked_), asked_)


def test_counts_stop_where_they_say_so(people, plumber):
    with plumber.scope():
        found = counts(None)
    assert found.folders["actionable"] == 5 and found.folders["mine"] == 0 and found.teams == {}


@pytest.mark.parametrize(
    ("direction", "line", "shown"),
    [
        ("miss", "Missed call", "Llamada perdida"),
        ("in", "Missed call", "Missed call"),
        ("out", "Missed call", "Missed call"),
        ("call", "Somebody's own words", "Somebody's own words"),
    ],
)
def test_a_line_of_ours_is_said_in_the_reader_s_language_and_nobody_else_s_is(
    direction, line, shown
):
    row = SimpleNamespace(last_direction=direction, last_line=line)
    with translation.override("es"):
        assert line_words(row) == shown
    assert line_words(row) == line
