"""URL of the search."""

from django.urls import path

from inbox.search import pages

urlpatterns = [path("", pages.search, name="search")]
