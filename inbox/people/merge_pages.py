"""Merging from a person's page: choosing the other number, merging, and taking apart again. Thin."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from inbox.compliance.reading import title_of
from inbox.frame import frame
from inbox.models import CustomField, Merge
from inbox.people import merging, reading
from inbox.people.about import alike
from inbox.people.merging import MergeRefused
from inbox.people.person import who
from inbox.search.asking import asked
from inbox.views import member_zone
from messaging.models import Contact

_MOST = 20


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def merge(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Find the other number of a person (GET), and show it with him (POST)."""
    member_zone(request)
    person = get_object_or_404(Contact, pk=contact_id, erased_at=None)
    if request.method == "GET":
        return _page(request, person)
    given = request.POST.get("other", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        return _page(request, person, _("Choose who the other number belongs to."), 422)
    try:
        row = merging.merge(person.pk, int(given), actor=who(request), at=timezone.now())
    except MergeRefused as refused:
        return _page(request, person, refused.sentence, 422)
    told = _("Merged. %(number)s is shown here now; you can take it apart at any time.")
    messages.success(request, told % {"number": merging.called(row.folded)})
    return _numbers(person.pk)


@require_POST
@login_required
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take two numbers apart again."""
    row = get_object_or_404(Merge, pk=merge_id)
    try:
        done = merging.undo(row.pk, actor=who(request), at=timezone.now())
    except MergeRefused as refused:
        messages.error(request, refused.sentence)
        return _numbers(row.kept_id)
    told = _("Taken apart. %(number)s is a person of its own again.")
    told = told % {"number": merging.called(row.folded)}
    if done.kept_since:
        labels = dict(CustomField.objects.values_list("key", "label"))
        labels |= {
            "name": _("name"), "email": _("e-mail"), "company": _("firm"),
            "language": _("language"),
        }  # fmt: skip
        stays = ", ".join(str(labels.get(name, name)) for name in done.kept_since)
        told += " " + _("Changed since, and therefore left as it is: %(what)s.") % {"what": stays}
    messages.success(request, told)
    return _numbers(row.kept_id)


def _numbers(contact_id: int) -> HttpResponse:
    return redirect(reverse("inbox:contact", args=[contact_id]) + "#numbers")


def _page(
    request: HttpRequest, person: Contact, error: str = "", status: int = 200
) -> HttpResponse:
    looked = asked(request.GET.get("q", ""))
    rows = []
    if not looked.is_empty:
        found = reading.page(reading.Choice(looked), size=_MOST)
        rows = [(row, "") for row in found.rows if row.contact.pk != person.pk]
    elif not looked.text:
        why = {contact.pk: words for contact, words in alike(person)}
        rows = [(row, why[row.contact.pk]) for row in reading.rows_of(list(why))]
    page = frame(
        request, "contacts", "merge", person=person, title=title_of(person), looked=looked,
        rows=rows, error=error,
    )  # fmt: skip
    return render(request, "inbox/people/merge.html", page, status=status)
