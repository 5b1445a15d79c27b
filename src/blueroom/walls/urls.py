"""The addresses of walls."""

from __future__ import annotations

from django.urls import path

from blueroom.walls import views

urlpatterns = [
    path("w/<str:secret>/", views.wall, name="wall"),
    path("w/<str:secret>/ticket", views.ticket, name="wall_ticket"),
]
