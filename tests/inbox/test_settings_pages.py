"""Settings: one's own, and lists of the business."""

from __future__ import annotations

import pytest

from inbox.models import CustomField, MemberSettings, QuickReply, SavedView, Tag, Team
from inbox.settings import chosen
from tenants.models import User

HOSTILE = "<script>alert(1)</script>"
ALL = (
    "",
    "notices/",
    "security/",
    "members/",
    "teams/",
    "replies/",
    "tags/",
    "views/",
    "fields/",
    "welcome/",
)


@pytest.fixture(autouse=True)
def _swept(plumber, dentist):
    yield
    for biz in (plumber, dentist):
        with biz.scope():
            for model in (MemberSettings, Team, QuickReply, Tag, SavedView, CustomField):
                model.objects.all().delete()
        User.objects.filter(pk=biz.owner.pk).update(name="", language="", timezone="")
        biz.owner.refresh_from_db()  # the next test's owner is this very object


@pytest.mark.parametrize("path", ALL)
def test_every_page_opens_for_owner_and_agent(path, owner, agent):
    for member in (owner, agent):
        page = member.get(f"/settings/{path}")
        assert 'aria-current="page"' in page and "<script>" not in page


def profile(**more):
    return {
        "name": "Dana Fox", "language": "en", "timezone": "America/Denver",
        "signature": "Dana, Lakeside", "undo_seconds": "10", **more,
    }  # fmt: skip


def test_a_profile_is_kept(owner, plumber, dentist):
    assert "Saved" in owner.post("/settings/", profile())
    kept = User.objects.get(pk=plumber.owner.pk)
    assert (kept.name, kept.language, kept.timezone) == ("Dana Fox", "en", "America/Denver")
    with plumber.scope():
        mine = MemberSettings.objects.get()
        assert (mine.user, mine.signature, mine.undo_seconds) == (kept.pk, "Dana, Lakeside", 10)
    with dentist.scope():
        assert not MemberSettings.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 121), ("language", "fr"), ("timezone", "Mars/Base"),
        ("timezone", "../etc"), ("signature", "x" * 161), ("undo_seconds", "9999"), ("undo_seconds", "x"),
    ],
)  # fmt: skip
def test_a_wrong_profile_keeps_what_was_typed(field, value, owner, plumber):
    page = owner.post("/settings/", profile(**{field: value}), 422)
    assert "Not saved" in page and "Dana" in page
    with plumber.scope():
        assert not MemberSettings.objects.exists()


def test_all_that_is_wrong_is_said_at_once(owner, plumber):
    page = owner.post("/settings/", profile(name="", signature="x" * 161), 422)
    assert "Write your name" in page and "At most 160 letters" in page
    page = owner.post("/settings/replies/", {"language": "en"}, 422)
    for sentence in ("Give it a short word", "Give it a name", "Write the text."):
        assert sentence in page
    page = owner.post("/settings/fields/", {"label": "", "kind": "choice", "options": "one"}, 422)
    assert "Give the field a name" in page and "two to fifty choices" in page
    hours = {f"{way}-{end}": "25:00" for way in chosen.WAYS for end in ("from", "to")}
    page = owner.post("/settings/notices/", {**hours, "push-on": "on"}, 422)
    assert page.count("Write a time such as 08:00.") == 6
    assert "Choose at least one day" in page
    with plumber.scope():
        assert not QuickReply.objects.exists() and not MemberSettings.objects.exists()


def test_time_zones_stand_once_each_by_their_part_of_the_world(owner, plumber):
    page = owner.get("/settings/")
    assert page.count('value="America/Chicago"') == 1 and "Chicago (Central time)" in page
    assert "Asmara" in page and "Asmera" not in page and "US/Central" not in page
    assert '<optgroup label="Pacific Ocean">' in page and "Louisville, Kentucky" in page
    User.objects.filter(pk=plumber.owner.pk).update(timezone="US/Central")
    assert '<option value="US/Central" selected' in owner.get("/settings/")


def test_another_language_at_once(owner):
    owner.post("/settings/", profile(language="es"))
    answer = owner.client.get("/settings/", headers={"host": owner.host})
    assert answer.headers["Content-Language"] == "es"


def ways(**more):
    data = {"wants": ["mine", "mentions"], "digest": "on"}
    for way in ("push", "email", "sms"):
        data |= {
            f"{way}-on": "on",
            f"{way}-from": "08:00",
            f"{way}-to": "18:00",
            f"{way}-days": ["0", "4"],
        }
    return data | more


def test_notices_are_kept_as_they_are_asked_for(owner, plumber):
    owner.post("/settings/notices/", ways())
    with plumber.scope():
        mine = MemberSettings.objects.get()
    hours = {"on": True, "from": "08:00", "to": "18:00", "days": [0, 4]}
    assert mine.notices == {"digest": True, "push": hours, "email": hours, "sms": hours}
    assert mine.wants == ["mine", "mentions"]


def test_impossible_hours_are_said_at_the_way(owner, plumber):
    page = owner.post("/settings/notices/", ways(**{"email-from": "25:00"}), 422)
    assert "such as 08:00" in page
    assert "at least one day" in owner.post("/settings/notices/", ways(**{"sms-days": []}), 422)
    with plumber.scope():
        assert not MemberSettings.objects.exists()


def test_wanting_all_and_nothing():
    assert chosen.wants(chosen.WANTS) == [] and chosen.wanted([]) == set(chosen.WANTS)
    assert chosen.wants([]) == ["nothing"] and chosen.wanted(["nothing"]) == set()
    assert chosen.wants(["team", "x"]) == ["team"]


def test_teams(owner, agent, plumber, dentist):
    data = {"name": " Evening  shift ", "members": [agent.user.pk, dentist.owner.pk, 99999]}
    assert "Evening shift" in owner.post("/settings/teams/", data)
    with plumber.scope():
        team = Team.objects.get()
        assert [m.user for m in team.members.all()] == [agent.user.pk]
    assert "a team of this name" in owner.post("/settings/teams/", {"name": "Evening shift"}, 422)
    owner.post("/settings/teams/", {"id": team.pk, "name": "Nights"})
    assert "Nobody yet" in owner.get("/settings/teams/")
    owner.post("/settings/teams/", {"id": team.pk, "name": "Nights", "remove": "1"})
    assert "No teams yet" in owner.get("/settings/teams/")
    owner.post("/settings/teams/", {"name": "Nights"})
    with plumber.scope():
        assert Team.objects.count() == 1
    with dentist.scope():
        assert not Team.objects.exists()


def reply(**more):
    return {
        "title": "Hours", "shortcut": "Our Hours", "language": "en",
        "body": "Hi {first_name}, we open at 8.", **more,
    }  # fmt: skip


def test_quick_replies_of_oneself_and_of_everybody(owner, agent, plumber, dentist):
    page = agent.post("/settings/replies/", reply())
    assert "Hi Maria, we open at 8." in page and "/our-hours" in page and "Only you" in page
    agent.post("/settings/replies/", reply(shared="on", shortcut="x"), 422)
    assert "Our Hours" not in owner.get("/settings/replies/")
    owner.post("/settings/replies/", reply(shared="on"))
    with plumber.scope():
        shared, mine = (
            QuickReply.objects.get(owner=None),
            QuickReply.objects.get(owner=agent.user.pk),
        )
    assert "no longer there" in agent.post("/settings/replies/", reply(id=shared.pk, remove="1"))
    assert "Another reply" in owner.post("/settings/replies/", reply(shared="on"), 422)
    page = owner.post("/settings/replies/", reply(shared="on", shortcut="y", preview="1"), 200)
    assert "As Maria gets it" in page
    wrong = owner.post("/settings/replies/", reply(body="Hi {nobody}", shortcut="z"), 422)
    assert "There is no field {nobody}" in wrong and "Hi {nobody}" in wrong
    agent.post("/settings/replies/", reply(id=mine.pk, remove="1"))
    with plumber.scope():
        assert list(QuickReply.objects.values_list("pk", flat=True)) == [shared.pk]
    with dentist.scope():
        assert not QuickReply.objects.exists()


def test_tags_and_fields(owner, plumber, dentist):
    owner.post("/settings/tags/", {"name": "Estimate", "colour": "blue"})
    assert "a tag of this name" in owner.post(
        "/settings/tags/", {"name": "ESTIMATE", "colour": "red"}, 422
    )
    owner.post("/settings/tags/", {"name": "x", "colour": "beige"}, 422)
    with plumber.scope():
        tag = Tag.objects.get()
    owner.post("/settings/tags/", {"id": tag.pk, "colour": "red"})
    assert "tag--red" in owner.get("/settings/tags/")
    owner.post("/settings/tags/", {"id": tag.pk, "remove": "1"})
    owner.post("/settings/fields/", {"label": "Boiler", "kind": "choice", "options": "Gas"}, 422)
    owner.post(
        "/settings/fields/", {"label": "Boiler", "kind": "choice", "options": "Gas\nOil\nGas"}
    )
    owner.post("/settings/fields/", {"label": "Boiler", "kind": "text"})
    with plumber.scope():
        first, second = CustomField.objects.order_by("pk")
        assert (first.key, first.options, second.key) == ("boiler", ["Gas", "Oil"], "boiler_2")
        assert not Tag.objects.exists()
    owner.post("/settings/fields/", {"id": first.pk, "remove": "1"})
    assert "1 field put away" in owner.get("/settings/fields/")
    owner.post("/settings/fields/", {"id": first.pk, "restore": "1"})
    with dentist.scope():
        assert not CustomField.objects.exists()


def test_script_is_text_everywhere(owner):
    owner.post("/settings/", profile(name=HOSTILE, signature=HOSTILE))
    owner.post("/settings/teams/", {"name": HOSTILE})
    owner.post("/settings/replies/", reply(title=HOSTILE, body=HOSTILE, shared="on"))
    owner.post("/settings/tags/", {"name": HOSTILE, "colour": "red"})
    owner.post("/settings/fields/", {"label": HOSTILE, "kind": "text"})
    for path in ALL:
        page = owner.get(f"/settings/{path}")
        assert HOSTILE not in page
    assert "&lt;script&gt;" in owner.get("/settings/tags/")
