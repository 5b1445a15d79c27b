"""The addresses of walls."""

from __future__ import annotations

from django.urls import path

from blueroom.walls import heat_views, relay_views, views

urlpatterns = [
    path("w/<str:secret>/", views.wall, name="wall"),
    path("w/<str:secret>/ticket", views.ticket, name="wall_ticket"),
    path("w/<str:secret>/points", heat_views.points, name="wall_points"),
    path("w/<str:secret>/report", views.report, name="wall_report"),
    path("w/<str:secret>/relays/<int:relay_id>", relay_views.wall_relay, name="wall_relay"),
    path("o/<str:secret>/", views.overlay, name="overlay"),
    path("o/<str:secret>/feed.json", views.feed, name="overlay_feed"),
    path("pair/", views.pair, name="pair"),
    path("remote/<slug:slug>/", views.remote, name="remote"),
    path("remote/<slug:slug>/relays/<int:relay_id>", relay_views.remote_relay, name="remote_relay"),
    path("remote/<slug:slug>/ticket", views.remote_ticket, name="remote_ticket"),
]
