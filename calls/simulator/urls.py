"""The simulator's page; its other doors stand before Django (calls/simulator/asgi.py)."""

from __future__ import annotations

from django.urls import path

from calls.simulator.views import page

urlpatterns = [path("", page, name="simulator")]
