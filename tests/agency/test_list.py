"""The list of businesses: whose it is, what is found, in what order, and its file."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from inbox.agency.businesses.selection import Selection, from_query, sorted_by, to_query
from tenants.models import AgencyEntry, Business, BusinessHealth, Stage


def healthy(business: Business, **figures) -> None:
    BusinessHealth.objects.update_or_create(
        business=business, defaults={"computed_at": timezone.now(), **figures}
    )


def names(page: str) -> list[str]:
    return re.findall(r'title="(?:Open this business|Go on setting it up)">([^<]+)<', page)


@pytest.fixture
def rows(north, south):
    """The first agency's two: one is well and busy, one is in trouble."""
    healthy(
        north.first.business, calls=40, missed=12, texts=12, replies=6, text_p50_ms=1200,
        text_p95_ms=4100, spend_cents=4900, margin_cents=2000, registration="approved",
        forwarding="reached",
    )  # fmt: skip
    healthy(
        north.second, calls=3, missed=3, waiting=2, problems=["forwarding_lost", "waits_too_long"],
        oldest_waiting_at=timezone.now() - timedelta(hours=9), trouble=90, forwarding="lost",
    )  # fmt: skip
    healthy(south.second, calls=9)


def test_an_agency_sees_its_own_and_trouble_first(rows, north, south):
    page = north.boss.get(north.url())
    assert names(page) == ["Harbor Heating", "Lakeside Plumbing"]
    assert "Its missed calls no longer reach us" in page and "2 people wait for an answer" in page
    assert "50 %" in page and "1.2" in page and "$49.00" in page and "$20.00" in page
    assert "Mesa Molars" not in page and "Desert Dental" not in page
    assert names(south.helper.get(south.url())) == ["Desert Dental", "Mesa Molars"]
    # Another agency's portal is as good as none, nor is it anybody's who is no member.
    north.boss.get(south.url(), 404)
    north.boss.get(south.url("businesses.csv"), 404)


def test_it_is_searched_filtered_and_ordered(rows, north):
    Business.objects.filter(pk=north.second.pk).update(external_id="CRM-77")
    for words in ("harbor", "crm-77", "(312) 555-0300", "5550300"):
        assert names(north.boss.get(north.url(), q=words)) == ["Harbor Heating"], words
    assert "Nothing found" in north.boss.get(north.url(), q="molars")
    assert names(north.boss.get(north.url(), show="trouble")) == ["Harbor Heating"]
    assert names(north.boss.get(north.url(), sort="calls"))[0] == "Lakeside Plumbing"
    assert names(north.boss.get(north.url(), sort="-calls"))[0] == "Harbor Heating"
    assert names(north.boss.get(north.url(), sort="rate"))[0] == "Lakeside Plumbing"
    Business.objects.filter(pk=north.second.pk).update(stage=Stage.DRAFT)
    page = north.boss.get(north.url(), show="draft")
    assert names(page) == ["Harbor Heating"] and "Its missed calls" not in page
    assert names(north.boss.get(north.url(), show="live")) == ["Lakeside Plumbing"]
    # An address that says nonsense shows the list.
    assert len(names(north.boss.get(north.url(), show="x", sort="'--", page="-1"))) == 2


def test_its_file_holds_no_formula_and_is_noted(rows, north, south):
    Business.objects.filter(pk=north.second.pk).update(name="=HYPERLINK(1)", external_id="@x")
    found = list(csv.DictReader(io.StringIO(north.boss.get(north.url("businesses.csv")))))
    assert [row["name"] for row in found] == ["'=HYPERLINK(1)", "Lakeside Plumbing"]
    assert found[0]["external_id"] == "'@x" and found[0]["numbers"] == "+13125550300"
    assert (found[1]["replied_percent"], found[1]["spend_month"]) == ("50", "49.00")
    entry = AgencyEntry.objects.get(action="businesses.export")
    assert (entry.agency, entry.detail) == (north.agency, {"rows": 2})
    only = north.boss.get(north.url("businesses.csv"), q="lakeside")
    assert len(list(csv.DictReader(io.StringIO(only)))) == 1


def statements(member, url: str) -> tuple[str, list[str]]:
    """Return a page and what it asked the database."""
    asked: list[str] = []

    def note(execute, statement, *rest):
        asked.append(statement)
        return execute(statement, *rest)

    with connection.execute_wrapper(note):
        return member.get(url), asked


def test_a_page_costs_the_same_however_many_businesses_there_are(rows, north):
    north.boss.get(north.url())
    _, few = statements(north.boss, north.url())
    made = [
        Business(agency=north.agency, name=f"Firm {n:03}", timezone="UTC", schema_name=f"never_{n}")
        for n in range(60)
    ]
    Business.objects.bulk_create(made)
    try:
        page, many = statements(north.boss, north.url())
        assert 3 <= len(many) == len(few) <= 12
        assert len(names(page)) == 50 and "page=2" in page
        assert len(names(north.boss.get(north.url(), page="2"))) == 12
    finally:
        Business.objects.filter(schema_name__startswith="never_")._raw_delete("default")


def test_an_agency_without_businesses_is_told_the_next_step(north, south):
    Business.objects.filter(agency=south.agency).update(agency=north.agency)
    assert "No business yet" in south.boss.get(south.url())


@pytest.mark.parametrize(
    "query", [{}, {"show": "trouble", "q": "a b", "sort": "-name", "page": "3"}]
)
def test_an_address_says_what_was_selected(query):
    selection = from_query(query)
    assert (
        from_query(
            dict(
                pair.split("=") for pair in to_query(selection).replace("+", " ").split("&") if pair
            )
        )
        == selection
    )
    other = sorted_by(selection, "calls")
    assert (other.sort, other.down, other.page) == ("calls", True, 1)
    assert not sorted_by(Selection(sort="calls"), "calls").down
