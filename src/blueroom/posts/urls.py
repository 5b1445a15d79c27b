"""The addresses of posts' pages."""

from __future__ import annotations

from django.urls import path

from blueroom.posts import views

urlpatterns = [
    path(
        "sessions/<slug:slug>/channels/<slug:network>/", views.switch_channel, name="switch_channel"
    ),
]
