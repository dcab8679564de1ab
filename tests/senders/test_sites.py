"""A business's website is read as a reviewer finds it, and never a machine inside."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from messaging.senders import buying, filing, sites
from messaging.senders.filing import NotReady, StillLooking
from messaging.senders.preflight import preflight
from tenants.models import AgendaItem, BusinessFacts, ProviderStep, User
from tests.senders.conftest import NEW, others_untouched
from tests.senders.test_filing import FACTS
from tests.support.endpoints import listening_client

PAGE = (
    b"<html><style>.privacy{}</style><body><h1>Lakeside Plumbing</h1><script>var x='hidden'</script>"
    b"<a href='/privacy'>Policy</a></body></html>"
)


@pytest.fixture
def site(settings):
    """The business's website on this machine."""
    settings.NOTICES_MAY_BE_PRIVATE = True
    with listening_client() as served:
        served.answers, served.body = [200] * 9, PAGE
        yield served


@pytest.fixture
def ready(plumber, office, work, site):
    """The plumber with all facts, whose website is on this machine, and a number to register."""
    BusinessFacts.objects.create(business=plumber.business, **FACTS | {"website": site.url})
    buying.buy(plumber.business, NEW, by="Ann")
    work()
    return plumber


def codes(business) -> list[str]:
    return [each.code for each in preflight(business).findings if each.code.startswith("SITE")]


def test_what_is_said_is_read_with_its_links_and_without_its_scripts():
    said = sites.words_of(PAGE)
    assert "Lakeside Plumbing" in said and "/privacy" in said
    assert "hidden" not in said and ".privacy{" not in said
    assert len(sites.words_of(b"word " * 100_000)) <= 40_000


def test_the_website_is_looked_at_once_and_nothing_is_against_it(ready, dentist, work, site):
    first = preflight(ready.business)
    assert first.looking and not site.got
    work()
    assert codes(ready.business) == [] and not preflight(ready.business).looking
    work()
    assert len(site.got) == 1, "it is remembered"
    filing.submit(ready.business, by="Ann")
    assert sites.known(dentist.business, site.url) is None
    others_untouched(dentist)


def test_nothing_is_filed_before_the_first_look(ready, dentist, work, site):
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(email="agency@northwind.example"))
    page = f"/agency/{ready.business.agency_id}/onboarding/{ready.business.pk}/registration/"
    key = {"authorization": f"Bearer {ready.api_key}", "idempotency-key": "once"}

    def asked(method: str = "post"):
        return getattr(Client(headers={"host": "localhost"}), method)(
            "/api/v1/registration/", headers=key, content_type="application/json"
        )

    early = asked()
    assert AgendaItem.objects.filter(kind=sites.KIND).count() == 1, "it is on its way"
    with pytest.raises(StillLooking):
        filing.submit(ready.business, by="Ann")
    assert early.status_code == 409 and early.json()["errors"][0]["code"] == "site_first"
    assert asked("get").json()["looking"] is True
    client.post(page, {"act": "file"})
    assert "looked at first" in client.get(page).content.decode()
    assert not ProviderStep.objects.filter(key__startswith="a2p").exists()
    work()
    assert asked("get").json()["looking"] is False
    assert asked().status_code == 202
    assert ProviderStep.objects.filter(business=ready.business, key="a2p.brand").exists()
    others_untouched(dentist)


def test_what_a_reviewer_misses_is_named(ready, dentist, work, site):
    site.body = b"<p>Under construction</p>"
    preflight(ready.business)
    work()
    assert codes(ready.business) == ["SITE_NAMELESS", "SITE_NO_PRIVACY"]
    others_untouched(dentist)


@pytest.mark.parametrize(
    ("status", "code", "files"),
    [(404, "SITE_SILENT", False), (500, "SITE_SILENT", False), (401, "SITE_SILENT", False),
     (403, "SITE_GUARDED", True), (429, "SITE_GUARDED", True)],
)  # fmt: skip
def test_a_site_that_says_nothing_is_not_filed(status, code, files, ready, dentist, work, site):
    site.answers = [status] * 9
    preflight(ready.business)
    work()
    assert codes(ready.business) == [code]
    if files:
        filing.submit(ready.business, by="Ann")
    else:
        with pytest.raises(NotReady) as refused:
            filing.submit(ready.business, by="Ann")
        assert {each.field for each in refused.value.findings} == {"website"}
    others_untouched(dentist)


def test_redirects_are_followed_a_few_steps(site):
    site.headers, site.answers = {"Location": "/home"}, [301, 302, 200]
    assert "Lakeside" in (sites.visit(site.url).words or "")
    assert [told.path for told in site.got] == ["/in", "/home", "/home"]
    site.answers = [302] * 20
    assert sites.visit(site.url).words is None
    assert len(site.got) == 3 + 4


def test_machines_inside_are_never_asked(site, settings):
    settings.NOTICES_MAY_BE_PRIVATE = False
    inside = (site.url, "http://169.254.169.254/latest/", "https://10.0.0.1/", "http://[::1]/", "file:///etc/passwd")  # fmt: skip
    for url in inside:
        look = sites.visit(url)
        assert look.words is None and not look.guarded, url
    assert site.got == []


def test_the_page_says_that_it_looks_and_then_what_it_found(ready, dentist, work, site):
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(email="agency@northwind.example"))
    url = f"/agency/{ready.business.agency_id}/onboarding/{ready.business.pk}/registration/"
    said = client.get(url).content.decode()
    assert "is being looked at" in said and "every 5s" in said
    assert AgendaItem.objects.get(kind=sites.KIND).business_id == ready.business.pk
    site.answers = [404]
    work()
    said = client.get(url).content.decode()
    assert "The website does not answer." in said and "every 5s" not in said


def test_one_that_was_mended_is_looked_at_again(ready, dentist, work, site):
    gone = sites.Look(site.url, timezone.now() - sites.KEPT)
    sites.keep(ready.business, gone)
    assert codes(ready.business) == ["SITE_SILENT"]
    work()
    assert codes(ready.business) == []
    others_untouched(dentist)
