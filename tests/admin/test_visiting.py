"""Support looks into a business: with a reason, written down on all floors, and changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from messaging.models import AuditEntry, Contact, Conversation
from tenants.models import AgencyEntry, Handoff, Membership, Role, SupportEntry, SupportVisit
from tests.admin.conftest import Support, allow
from tests.inbox.conftest import Member

# What stands alone: the page without a connection, the API's document, and what everybody may read.
_BARE = ("/offline/", "/api/docs/", "/sms/")
REASON = "Ticket 4711: no text came"


def way_in(support, biz, status=200, **form):
    page = support.post(f"visit/{biz.business.pk}/", {"reason": REASON, **form}, status)
    found = re.search(r'content="0;url=http://[^/"]+(/enter/[^"]+)"', page)
    return found[1] if found else ""


@pytest.fixture
def visitor(support, plumber):
    """Support, arrived at the plumber's host."""
    allow(support.user, "enter_business")
    member = Member(None, plumber.host)
    answer = member.client.get(way_in(support, plumber), headers={"host": plumber.host})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    return member


def test_a_visit_needs_the_right_and_a_reason(support, plumber):
    path = f"visit/{plumber.business.pk}/"
    assert "needs a right" in support.get(path, 403)
    assert way_in(support, plumber, 403) == ""
    allow(support.user, "enter_business")
    assert "Say why" in support.post(path, {"reason": "x"}, 422)
    assert not SupportVisit.objects.exists() and not Handoff.objects.exists()
    for person in (None, plumber.owner):
        answer = Support(person).client.post(
            f"/admin/{path}", {"reason": REASON}, headers={"host": "localhost"}
        )
        assert answer.status_code == 302 and not Handoff.objects.exists()


def test_it_is_written_down_where_everybody_concerned_can_read_it(
    visitor, support, plumber, dentist
):
    page = visitor.get("/")
    assert "You look into" in page and REASON in page and "End the visit" in page
    entry = SupportEntry.objects.get(action="visit.begin")
    assert (entry.user, entry.business, entry.reason) == (support.user, plumber.business, REASON)
    told = AgencyEntry.objects.get(action="support.enter")
    assert (told.agency, told.business) == (plumber.business.agency, plumber.business)
    with plumber.scope():
        noted = AuditEntry.objects.get(action="support.enter")
        assert "Sam" in noted.actor and noted.detail["reason"] == REASON
    with dentist.scope():
        assert not AuditEntry.objects.exists()
    # The owner reads it on his own page.
    assert "Ticket 4711" in Member(plumber.owner, plumber.host).get("/compliance/privacy/")
    assert visitor.client.get("/", headers={"host": dentist.host}).status_code != 200


def everything(schema: str) -> dict[str, str]:
    """Return what each table of a business holds, as one mark each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s "
            "AND table_type = 'BASE TABLE'",
            [schema],
        )
        tables = [name for (name,) in cursor.fetchall() if name != "messaging_auditentry"]
        marks = {}
        for table in tables:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) "
                f'FROM "{schema}"."{table}" t'
            )
            marks[table] = cursor.fetchone()[0]
    return marks


def every_path(resolver, before=""):
    """Yield every address of a host, its arguments filled in."""
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from every_path(one, route)
        elif isinstance(one, URLPattern):
            filled = re.sub(r"<(?:int:)[^>]+>", "1", route)
            filled = re.sub(r"<uuid:[^>]+>", "01a2032d-5eb5-71db-a439-94f937ddb71a", filled)
            filled = re.sub(r"<[^>]+>|\(\?P<[^)]*\)", "x", filled)
            yield "/" + filled.replace("^", "").replace("\\Z", "").replace("$", "")


def test_looking_changes_nothing(visitor, plumber):
    """Every address of a business's host is opened, an unread conversation among them."""
    with plumber.scope():
        now = timezone.now()
        contact = Contact.objects.create(phone="+13125550111", created_at=now)
        thread = Conversation.objects.create(
            contact=contact, unread=3, last_at=now, created_at=now, waiting_since=now
        )
    opened = sorted(
        path.replace("/c/1/", f"/c/{thread.pk}/")
        for path in set(every_path(get_resolver("config.urls")))
        # Probes, signing out, and the visit's own way in and out.
        if not path.startswith(("/logout/", "/visit/", "/enter/", "/healthz", "/readyz", "/api/"))
    )
    assert f"/c/{thread.pk}/timeline/" in opened
    before = everything(plumber.schema)
    seen = {visitor.client.get(path, headers={"host": plumber.host}).status_code for path in opened}
    after = everything(plumber.schema)
    assert after == before, [name for name in after if after[name] != before[name]]
    assert 200 in seen and 500 not in seen
    with plumber.scope():
        assert Conversation.objects.get(pk=thread.pk).unread == 3


def test_whatever_a_visitor_sends_is_refused(visitor, plumber):
    """Every address of a business's host, by every method that changes something."""
    before, public = everything(plumber.schema), everything("public")
    paths = sorted(set(every_path(get_resolver("config.urls"))))
    assert len(paths) > 100
    for path in paths:
        # The end of the visit is his; the probes answer before there is anybody, and read only.
        if path in ("/visit/end/", "/logout/", "/healthz", "/readyz"):
            continue
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(visitor.client, method)(path, headers={"host": plumber.host})
            assert answer.status_code == 403, (method, path)
            # The API says it in its own words.
            if not path.startswith("/api/"):
                assert "Nothing was changed" in answer.content.decode(), path
    assert everything(plumber.schema) == before
    assert everything("public") == public


def test_looking_at_every_page_changes_nothing(visitor, plumber, dentist):
    before, other = everything(plumber.schema), everything(dentist.schema)
    seen = 0
    for path in sorted(set(every_path(get_resolver("config.urls")))):
        if path.startswith(("/admin/", "/enter/", "/inbox/events/", "/simulator/", "/readyz")):
            continue
        answer = visitor.client.get(path, headers={"host": plumber.host})
        assert answer.status_code < 500, path
        page = answer.content.decode(errors="replace") if not answer.streaming else ""
        if "<!doctype html>" in page[:200].lower() and not path.startswith(_BARE):
            seen += 1
            assert "You look into" in page, path
    assert seen > 30
    assert everything(plumber.schema) == before and everything(dentist.schema) == other


def test_it_ends_by_itself_and_by_a_click(visitor, support, plumber):
    visit = SupportVisit.objects.get()
    assert visit.ends_at - visit.begun_at == timedelta(minutes=30)
    assert "The visit is over" in visitor.post("/visit/end/", status=200)
    visit.refresh_from_db()
    assert visit.ended_at and SupportEntry.objects.filter(action="visit.end").count() == 1
    with plumber.scope():
        assert AuditEntry.objects.filter(action="support.leave").count() == 1
    assert visitor.client.get("/", headers={"host": plumber.host}).status_code == 302
    # Half an hour later nothing is left of another.
    again = Member(None, plumber.host)
    again.client.get(way_in(support, plumber), headers={"host": plumber.host})
    again.get("/contacts/")
    past = timezone.now() - timedelta(minutes=31)
    SupportVisit.objects.filter(ended_at=None).update(
        begun_at=past, ends_at=past + timedelta(minutes=30)
    )
    assert "The visit is over" in again.get("/contacts/", 403)
    assert again.client.get("/", headers={"host": plumber.host}).status_code == 302


def test_it_ends_with_the_right_and_with_the_place_in_support(visitor, support, plumber):
    visitor.get("/")
    support.user.user_permissions.clear()
    assert "The visit is over" in visitor.get("/", 403)


def test_a_visit_of_a_member_reads_only_too(support, plumber):
    """Somebody of support who is a member as well: in a visit he is a visitor."""
    allow(support.user, "enter_business")
    Membership.objects.create(user=support.user, business=plumber.business, role=Role.OWNER)
    member = Member(None, plumber.host)
    member.client.get(way_in(support, plumber), headers={"host": plumber.host})
    assert "Nothing was changed" in member.post("/settings/", {"name": "X"}, 403)


def test_the_way_in_works_once_and_at_its_business(support, plumber, dentist):
    allow(support.user, "enter_business")
    path = way_in(support, plumber)
    elsewhere = Member(None, dentist.host)
    assert elsewhere.client.get(path, headers={"host": dentist.host}).status_code == 404
    first = Member(None, plumber.host)
    assert first.client.get(path, headers={"host": plumber.host}).status_code == 302
    second = Member(None, plumber.host)
    assert second.client.get(path, headers={"host": plumber.host}).status_code == 410
    assert SupportVisit.objects.count() == 1
