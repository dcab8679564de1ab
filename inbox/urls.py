"""URLs of the inbox."""

from django.urls import path

from inbox import live, views

app_name = "inbox"
urlpatterns = [
    path("", views.home, name="home"),
    path("inbox/list/", views.conversation_list, name="list"),
    path("inbox/events/", live.events, name="events"),
    path("c/<int:conversation_id>/", views.home, name="conversation"),
    path("c/<int:conversation_id>/timeline/", views.timeline, name="timeline"),
    path("c/<int:conversation_id>/reply/", views.reply, name="reply"),
]
