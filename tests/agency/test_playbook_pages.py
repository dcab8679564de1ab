"""The pages and the API of playbooks and files of businesses: whose they are, and a walk through each."""

from __future__ import annotations

import json
import re
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from inbox.agency.playbooks import applying, moving, pushing, saving
from inbox.agency.playbooks.content import SECTIONS
from inbox.models import Tag
from inbox.settings import services
from tenants import agenda
from tenants.models import (
    AgencyEntry,
    AgencyPlaybook,
    ApiKey,
    Business,
    BusinessImport,
    PlaybookPush,
    PlaybookUse,
)
from tenants.scope import business_scope


@pytest.fixture
def book(north):
    """A playbook of the first agency, with a tag in it."""
    with north.first.scope():
        services.save_tag(None, "north side", "blue", at=timezone.now())
    version, _ = saving.save(
        north.agency, north.first.business, name="Trades", chosen=SECTIONS, by="Ana", door="page",
        at=timezone.now(),
    )  # fmt: skip
    return version.playbook


def tags(business: Business) -> list[str]:
    with business_scope(business.schema_name):
        return list(Tag.objects.values_list("name", flat=True))


def test_saving_looking_applying_and_taking_back_on_the_pages(north, south, work):
    with north.first.scope():
        services.save_tag(None, "north side", "blue", at=timezone.now())
    assert "No playbook yet" in north.boss.get(north.url("playbooks/"))
    form = {"name": "Trades", "business": north.first.business.pk, "sections": ["tags", "hours"]}
    wrong = north.boss.post(north.url("playbooks/new/"), {**form, "name": ""}, 422)
    assert "at most 80 letters" in wrong
    theirs = north.boss.post(
        north.url("playbooks/new/"), {**form, "business": south.first.business.pk}, 422
    )
    assert "Choose one of your businesses" in theirs
    north.boss.post(north.url("playbooks/new/"), form)
    book = AgencyPlaybook.objects.get()
    page = north.helper.get(north.url(f"playbooks/{book.pk}/"))
    assert "Version 1" in page and "north side" in page
    asked = {
        "businesses": [north.second.pk], "sections": ["tags", "hours"], "stage": "all",
    }  # fmt: skip
    assert "Choose from 1 to" in north.boss.post(
        north.url(f"playbooks/{book.pk}/apply/"), {**asked, "businesses": [south.second.pk]}, 422
    )
    north.boss.post(north.url(f"playbooks/{book.pk}/apply/"), asked)
    push = PlaybookPush.objects.get()
    use = PlaybookUse.objects.get()
    page = north.boss.get(north.url(f"playbooks/pushes/{push.pk}/"))
    assert "Nothing has been changed yet" in page and "Harbor Heating" in page
    assert "north side" in north.boss.get(north.url(f"playbooks/pushes/{push.pk}/{use.pk}/"))
    assert tags(north.second) == []
    north.boss.post(north.url(f"playbooks/pushes/{push.pk}/act/"), {"do": "start"})
    work()
    assert tags(north.second) == ["north side"]
    assert "As it was put" in north.boss.get(north.url(f"playbooks/{book.pk}/drift/"))
    with business_scope(north.second.schema_name):
        Tag.objects.update(colour="red")
    assert "Blue" in north.boss.get(north.url(f"playbooks/{book.pk}/drift/"))
    told = north.boss.get(north.url(f"playbooks/{book.pk}/drift.csv"))
    assert north.second.name in told and "Blue" in told and "differs" in told
    north.boss.post(north.url(f"playbooks/{book.pk}/accept/{use.pk}/"))
    assert "As it was put" in north.boss.get(north.url(f"playbooks/{book.pk}/drift/"))
    north.boss.post(
        north.url(f"playbooks/pushes/{push.pk}/act/"), {"do": "take_back", "mode": "all"}
    )
    work()
    assert tags(north.second) == []
    actions = set(AgencyEntry.objects.filter(agency=north.agency).values_list("action", flat=True))
    assert actions >= {"playbook.save", "playbook.push", "playbook.apply", "playbook.take_back"}


def test_another_agency_s_playbooks_and_files_are_as_good_as_none(north, south, book):
    push = pushing.make(
        book.versions.get(),
        [north.second],
        sections=["tags"],
        by="Ana",
        door="page",
        at=timezone.now(),
    )
    use = PlaybookUse.objects.get()
    file = BusinessImport.objects.create(agency=north.agency, file_name="x.csv", made_by="Ana")
    for rest in (
        f"playbooks/{book.pk}/", f"playbooks/{book.pk}/apply/", f"playbooks/{book.pk}/drift/",
        f"playbooks/{book.pk}/drift.csv",
        f"playbooks/{book.pk}/save/", f"playbooks/pushes/{push.pk}/", f"imports/{file.pk}/",
        f"playbooks/pushes/{push.pk}/{use.pk}/", f"imports/{file.pk}/result.csv",
    ):  # fmt: skip
        north.boss.get(north.url(rest))
        south.boss.get(south.url(rest), 404)
        south.boss.get(north.url(rest), 404)
    south.boss.post(south.url(f"playbooks/pushes/{push.pk}/act/"), {"do": "start"}, 404)
    assert "Trades" not in south.boss.get(south.url("playbooks/"))


def test_a_file_is_looked_at_brought_in_and_told_row_by_row(north, south, work):
    lines = b"Name,Time zone,Hours\nHilltop Plumbing,America/Denver,Mon-Fri 8-17\nValley,Mars,\n"
    upload = SimpleUploadedFile("clients.csv", lines, content_type="text/csv")
    assert "Choose a file first" in north.boss.post(north.url("imports/"), {}, 422)
    north.boss.post(north.url("imports/"), {"file": upload})
    brought = BusinessImport.objects.get()
    page = north.boss.get(north.url(f"imports/{brought.pk}/"))
    assert "Write a time zone" in page and "Make 1 business" in page
    north.boss.post(north.url(f"imports/{brought.pk}/act/"), {"do": "start"})
    work()
    assert Business.objects.get(name="Hilltop Plumbing").agency == north.agency
    page = north.boss.get(north.url(f"imports/{brought.pk}/progress/"))
    assert re.search(r">1</strong>\s*of 1 row", page)
    told = north.boss.get(north.url(f"imports/{brought.pk}/result.csv"))
    assert "Hilltop Plumbing" in told and "made" in told
    assert "Name,Your id" in north.boss.get(north.url("imports/template.csv"))


def test_two_playbooks_at_once_at_one_business_are_put_one_after_the_other(north, south, book):
    version = book.versions.get()
    made = [
        pushing.make(
            version, [north.second], sections=["tags"], by="Ana", door="page", at=timezone.now()
        )
        for _ in range(2)
    ]
    uses = list(PlaybookUse.objects.order_by("pk"))
    for use, push in zip(uses, made, strict=True):
        applying.look_at(use)
        pushing.move_on(push.pk)
        pushing.start(push, by="Ana", door="page", at=timezone.now())
    item = [
        agenda.Item(
            n, "housekeeping", moving.APPLY, north.second.pk, north.second.schema_name, str(use.pk),
            timezone.now(), None, 1,
        )
        for n, use in enumerate(uses)
    ]  # fmt: skip
    failed: list[BaseException] = []

    def run(one: agenda.Item) -> None:
        try:
            with business_scope(north.second.schema_name):
                applying.apply(one)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in (*item, *item)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(PlaybookUse.objects.values_list("state", flat=True)) == {"applied"}
    assert tags(north.second) == ["north side"]
    assert sorted(len(use.before) for use in PlaybookUse.objects.all()) == [0, 1]
    assert AgencyEntry.objects.filter(action="playbook.apply").count() == 2


def test_the_api_saves_shows_applies_and_takes_back(north, south, work):
    key = {"Authorization": f"Bearer {ApiKey.issue(north.agency, 'Portal')[1]}"}
    other = {"Authorization": f"Bearer {ApiKey.issue(south.agency, 'Portal')[1]}"}
    mine = {"Authorization": f"Bearer {north.first.api_key}"}

    def ask(method: str, path: str, body=None, headers=key):
        data = (
            {"data": json.dumps(body), "content_type": "application/json"}
            if body is not None
            else {}
        )
        return getattr(Client(), method)(
            f"/api/v1/{path}", headers={**headers, "host": "localhost"}, **data
        )

    with north.first.scope():
        services.save_tag(None, "north side", "blue", at=timezone.now())
    assert ask("get", "playbooks/", headers=mine).status_code == 403
    body = {"name": "Trades", "business": north.first.business.pk, "sections": ["tags"]}
    made = ask("post", "playbooks/", body)
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert ask("get", "playbooks/").json()["results"][0]["latest_version"] == 1
    assert ask("get", f"playbooks/{pk}/", headers=other).status_code == 404
    held = ask("get", f"playbooks/{pk}/versions/1/").json()
    assert held["sections"] == {"tags": {"north side": "blue"}}
    wrong = ask("post", f"playbooks/{pk}/apply/", {"businesses": [south.second.pk]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "businesses")
    push = ask("post", f"playbooks/{pk}/apply/", {"businesses": [north.second.pk]}).json()
    assert (push["state"], push["businesses"]) == ("ready", {"ready": 1})
    [place] = ask("get", f"playbook-pushes/{push['id']}/businesses/").json()["results"]
    assert place["changes"] == ["Tag “north side”: Blue"]
    assert (
        ask("post", f"playbook-pushes/{push['id']}/act/", {"do": "start"}, other).status_code == 404
    )
    assert ask("post", f"playbook-pushes/{push['id']}/act/", {"do": "start"}).status_code == 200
    work()
    assert tags(north.second) == ["north side"]
    refused = ask("post", f"playbook-pushes/{push['id']}/act/", {"do": "pause"})
    assert refused.status_code == 422
    assert ask("post", f"playbook-pushes/{push['id']}/act/", {"do": "take-back"}).status_code == 200
    work()
    assert tags(north.second) == []
    assert ask("get", f"playbook-pushes/{push['id']}/").json()["state"] == "taken_back"
    assert tags(south.second) == []
