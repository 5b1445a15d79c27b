"""The addresses of walls."""

from __future__ import annotations

from django.urls import path

from blueroom.walls import heat_views, views

urlpatterns = [
    path("w/<str:secret>/", views.wall, name="wall"),
    path("w/<str:secret>/ticket", views.ticket, name="wall_ticket"),
    path("w/<str:secret>/points", heat_views.points, name="wall_points"),
]
