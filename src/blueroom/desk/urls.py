"""The desk's addresses."""

from __future__ import annotations

from django.urls import path

from blueroom.desk import views

urlpatterns = [
    path("desk/<slug:slug>/", views.desk, name="desk"),
    path("desk/<slug:slug>/briefing/", views.briefing, name="briefing"),
    path("desk/<slug:slug>/ticket", views.ticket, name="desk_ticket"),
    path("desk/<slug:slug>/panic-ticket", views.fresh_panic_ticket, name="desk_panic_ticket"),
]
