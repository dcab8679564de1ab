"""URLs of the rules, below rules/ of the inbox."""

from django.urls import path

from inbox.rules import pages, publishing, texts, trying

urlpatterns = [
    path("", pages.overview, name="rules"),
    path("change/", pages.change, name="rules-change"),
    path("add/", pages.add, name="rules-add"),
    path("edit/<slug:ident>/", pages.edit, name="rules-edit"),
    path("discard/", pages.discard, name="rules-discard"),
    path("suggested/<int:draft_id>/take/", pages.take, name="rules-take"),
    path("suggested/<int:draft_id>/dismiss/", pages.dismiss, name="rules-dismiss"),
    path("review/", publishing.review, name="rules-review"),
    path("versions/", publishing.versions, name="rules-versions"),
    path("versions/<int:number>/", publishing.version, name="rules-version"),
    path("what-if/", trying.what_if, name="rules-what-if"),
    path("what-if/pin/", trying.pin_imagined, name="rules-pin-imagined"),
    path("pinned/", trying.pinned, name="rules-pinned"),
    path("pinned/call/<int:call_id>/", trying.pin_call, name="rules-pin-call"),
    path("pinned/<int:pin_id>/unpin/", trying.unpin, name="rules-unpin"),
    path("texts/new/", texts.text, name="rules-text-new"),
    path("texts/<slug:key>/", texts.text, name="rules-text"),
]
